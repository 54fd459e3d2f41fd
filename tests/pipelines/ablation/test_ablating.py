import signal
import subprocess
import sys
import time

import pytest

from lookalike.ablation import ablate
from lookalike.ablation.tables import markdown, terminal_table
from lookalike_components.errors import LookalikeError, UserError

PARTS = ["rate_8e-4", "MultiSimilarityMiner", "no_miner"]


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    return tmp_path_factory.mktemp("ablation")


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def outcome(few_photos, brief, output, told):
    return ablate(few_photos, output=output, parts=PARTS, number_of_folds=2, say=told.append, **brief)


@pytest.mark.slow
def test_each_part_is_trained_on_each_fold(outcome):
    assert [row.part.name for row in outcome.rows] == ["pretrained", "rate_8e-4", "MultiSimilarityMiner"]
    assert {place for row in outcome.rows for place in row.measured} == {(1, 0), (2, 0)}
    assert (outcome.labels, outcome.folds, outcome.seeds) == (8, 2, 1)


@pytest.mark.slow
def test_what_the_recipe_has_already_is_not_trained(outcome):
    assert outcome.left_out == {"no_miner": "so it is in the recipe"}


@pytest.mark.slow
def test_it_says_how_much_there_is_to_do_and_how_long_the_rest_will_take(outcome, told):
    assert told[0] == "8 trainings, 8 of them still to do"
    assert told[1].startswith("recipe, fold 1, seed 0: MAP@R ")
    assert "min for the other 7" in told[1]
    assert told[-1].endswith("; all done")


@pytest.mark.slow
def test_a_rerun_trains_what_is_missing(outcome, few_photos, brief, output):
    lines = (output / "results.jsonl").read_text().splitlines()
    (output / "results.jsonl").write_text("\n".join(lines[:-1]))
    said = []
    again = ablate(few_photos, output=output, parts=PARTS, number_of_folds=2, say=said.append, **brief)
    assert said[0] == "8 trainings, 1 of them still to do"
    assert len(said) == 2
    assert [row.difference for row in again.rows] == [row.difference for row in outcome.rows]


@pytest.mark.slow
def test_a_part_that_fails_leaves_the_others_alone(outcome, few_photos, brief, output, tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "mine:\n"
        "  lost: {switches: other weights, settings: {weights: nowhere.pth}}\n"
        "  fast: {switches: the rate, settings: {learning_rate: 8.0e-4}}\n"
    )
    found = ablate(few_photos, output=output, parts_from=mine, number_of_folds=2, **brief)
    assert [row.part.name for row in found.rows] == ["pretrained", "fast"]
    assert found.left_out["lost"].startswith("nowhere.pth does not exist")


def test_a_recipe_that_fails_ends_it(few_photos, brief, tmp_path):
    settings = {**brief, "encoder": {**brief["encoder"], "weights": "nowhere.pth"}}
    with pytest.raises(LookalikeError, match=r"^nowhere\.pth does not exist"):
        ablate(few_photos, output=tmp_path, number_of_folds=2, **settings)


def test_a_model_that_is_yet_to_be_chosen_is_refused(few_photos, tmp_path):
    with pytest.raises(UserError, match=r"^an ablation needs a model by its name, and encoder\.model is auto"):
        ablate(few_photos, output=tmp_path, model="auto")


@pytest.mark.slow
def test_the_terminal_gets_80_columns(outcome):
    from rich.console import Console

    console = Console(width=80, record=True)
    console.print(terminal_table(outcome))
    shown = console.export_text()
    assert "MultiSimilarityMiner" in shown
    assert "…" not in shown


@pytest.mark.slow
def test_documents_get_a_row_a_part_with_both_intervals(outcome):
    lines = markdown(outcome).splitlines()
    assert lines[0].startswith("The recipe: MAP@R ")
    assert lines[-1].startswith("| `MultiSimilarityMiner` | its miner | ")
    assert {line.count("|") for line in lines[2:]} == {9}


@pytest.mark.slow
def test_facts_are_plain_data(outcome):
    facts = outcome.facts()
    assert facts["recipe"]["trainings"] == 2
    assert [part["name"] for part in facts["parts"]] == ["pretrained", "rate_8e-4", "MultiSimilarityMiner"]
    assert set(facts["parts"][0]["difference"]["map_at_r"]) == {"mean", "low", "high"}


@pytest.mark.slow
def test_another_ablation_in_the_same_folder_is_refused_and_one_that_is_stopped_takes_its_training_along(
    few_photos, brief, tmp_path
):
    command = [sys.executable, "-m", "lookalike", "ablate", few_photos, "--folds", "2", "--output", tmp_path]
    settings = [f"{section}.{name}={value!r}" for section, given in brief.items() for name, value in given.items()]
    command += [part for setting in [*settings, "train.steps=100000"] for part in ("--set", setting)]
    with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True) as running:
        log = tmp_path / "trainings.log"
        while not log.exists() or not log.read_text():
            assert running.poll() is None
            time.sleep(0.1)
        with pytest.raises(UserError, match=r"^another ablation works in "):
            ablate(few_photos, output=tmp_path, number_of_folds=2, **brief)
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=60) == 143
    size = log.stat().st_size
    assert not _processes_with(str(tmp_path))
    assert log.stat().st_size == size


def _processes_with(argument):
    import psutil

    return [one for one in psutil.process_iter(["cmdline"]) if argument in " ".join(one.info["cmdline"] or [])]
