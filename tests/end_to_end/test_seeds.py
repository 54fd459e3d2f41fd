"""`lookalike fit --seeds 2`: the same run twice, with other chance in the training alone."""

import json

import pytest

import lookalike

pytestmark = pytest.mark.slow

SHARED = {"ingest", "label", "split", "evaluate-reference"}
BRIEFLY = ("--set", "evaluate.robustness_queries=0", "--set", "evaluate.forgetting=false")


@pytest.fixture(scope="module")
def typed(command, photos, quick):
    return command("fit", photos, "--name", "lucky", "--seeds", 2, *quick, *BRIEFLY)


@pytest.fixture(scope="module")
def pair(typed, runs):
    assert typed.returncode == 0, typed.stderr
    return [lookalike.get_run(name, runs) for name in ("lucky", "lucky-seed-1")]


def test_what_comes_before_the_training_and_the_reference_is_taken_from_the_first_run(pair):
    cached = {event["step"] for event in pair[1].events() if event["status"] == "cached"}
    done = {event["step"] for event in pair[1].events() if event["status"] == "finished"}
    assert cached >= SHARED
    assert done >= {"train", "evaluate-candidate", "compare"}
    assert not cached & {"train", "evaluate-candidate", "compare"}


def test_the_pictures_and_the_split_are_the_same_and_the_training_is_another(pair):
    first, second = (run.backend.folder(run.name) for run in pair)
    for name in ("table.parquet", "quarantine.parquet", "leaks.parquet"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    losses = [[row.get("loss") for row in run.history()] for run in pair]
    assert losses[0] != losses[1]
    assert pair[0].metrics()["before"] == pair[1].metrics()["before"]


def test_each_run_has_a_report_of_its_own(pair):
    assert pair[0].report != pair[1].report
    assert pair[0].report.read_bytes() != pair[1].report.read_bytes()


def test_the_table_comes_last_and_fits_the_terminal(typed, pair):
    lines = [line.rstrip() for line in typed.stdout.splitlines()]
    at = lines.index("map_at_r over 2 seeds")
    assert [line.split()[0] for line in lines[at + 1 : at + 6]] == ["Run", "lucky", "lucky-seed-1", "mean", "standard"]
    assert lines[at + 6 :] == [f"report   {pair[1].report}"]
    assert max(map(len, lines[at : at + 6])) <= 80


def test_a_finished_run_is_gone_on_with_at_once_and_tells_the_same_as_json(command, photos, quick, pair):
    again = command("fit", photos, "--name", "lucky", "--seeds", 2, "--resume", "--json", *quick, *BRIEFLY)
    assert again.returncode == 0, again.stderr
    told = json.loads(again.stdout)
    assert (told["name"], told["seeds"]) == ("lucky", pair[0].spread().facts())
