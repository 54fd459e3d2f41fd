"""Runs that challenge each other: the first champion, a better one, a worse one, the way back, and a lost race."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

import lookalike
from lookalike.backends import Status
from lookalike_components.dataset import read_table
from lookalike_components.registry import freeze, read_champion, read_lineage, read_manifest, release_uri

pytestmark = pytest.mark.slow

Challenge = Callable[..., CompletedProcess[str]]
BY_LITTLE = ("--set", "compare.confidence=0.5")  # 72 queries prove no small gain
FROM_THE_CHAMPION = ("--set", "champion.train_from=champion")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def challenge(command: Challenge, photos: Path, quick: list[object], store: str) -> Challenge:
    """Starts a run that challenges the champion of the store: ``challenge(name, *flags)``.

    One that goes on from the champion does not name the model, which the champion brings along.
    """
    nameless = quick[quick.index("--epochs") :]

    def start(name: str, *flags: object) -> CompletedProcess[str]:
        given = nameless if set(FROM_THE_CHAMPION) <= set(flags) else quick
        return command("fit", photos, "--challenge", "--artifacts", store, "--name", name, *given, *BY_LITTLE, *flags)

    return start


@pytest.fixture(scope="module")
def releases(command: Challenge, store: str) -> Challenge:
    return lambda *arguments: command(*arguments, "--artifacts", store)


def reigning(store: str) -> str:
    champion, _ = read_champion(store)
    assert champion is not None
    return champion.release


def encoder_of(store: str, release: str) -> str:
    return read_manifest(release_uri(store, release)).encoder.digest


@pytest.fixture(scope="module")
def first(challenge: Challenge, store: str) -> str:
    """The release that won against the pretrained encoder."""
    done = challenge("first", "--epochs", 8)
    assert done.returncode == 0, done.stderr
    return reigning(store)


@pytest.fixture(scope="module")
def better(first: str, challenge: Challenge, store: str) -> str:
    """The release that won against the first."""
    done = challenge("better", "--epochs", 16, *FROM_THE_CHAMPION)
    assert done.returncode == 0, done.stderr
    return reigning(store)


@pytest.fixture(scope="module")
def worse(better: str, challenge: Challenge) -> CompletedProcess[str]:
    """A challenger that has hardly learned anything."""
    return challenge("worse", "--epochs", 1)


@pytest.fixture(scope="module")
def lost(worse: Any, first: str, better: str, challenge: Challenge, releases: Challenge, store: str, runs: Path) -> Any:
    """A run whose champion changed while it trained: it began after a rollback, which was then undone."""
    assert releases("releases", "rollback").stdout == f"{first}\n"
    challenge("lost", "--epochs", 18, *FROM_THE_CHAMPION, "--detach")
    run = lookalike.get_run("lost", runs)
    next(event for event in run.events(follow=True) if (event["step"], event["status"]) == ("train", "started"))
    assert releases("releases", "promote", better[:10], "--reason", "as it was").stdout == f"{better}\n"
    return run.wait()


def test_the_first_challenger_is_judged_against_the_pretrained_encoder(first: str, store: str, runs: Path) -> None:
    assert read_lineage(release_uri(store, first)).parent_release == ""
    assert first == read_manifest(str(runs / "first" / "release")).digest
    assert "champion" not in str(lookalike.get_run("first", runs).verdict()["reasons"])


def test_a_better_one_takes_its_place(first: str, better: str, store: str, runs: Path) -> None:
    assert better != first
    made_of = read_lineage(release_uri(store, better))
    assert (made_of.parent_release, made_of.parent_encoder) == (first, encoder_of(store, first))
    assert made_of.settings != read_lineage(release_uri(store, first)).settings
    reasons = lookalike.get_run("better", runs).verdict()["reasons"]
    assert f"the encoder to beat was the champion's, {encoder_of(store, first)[:12]}" in reasons


def test_all_are_judged_on_the_same_pictures(worse: Any, runs: Path) -> None:
    tables = [read_table(runs / name / "table.parquet") for name in ("first", "better", "worse")]
    assert len({freeze(table)[0] for table in tables}) == 1


def test_what_was_measured_of_the_champion_is_measured_of_it_again(worse: Any, runs: Path) -> None:
    crowned, challenged = (lookalike.get_run(name, runs).metrics() for name in ("better", "worse"))
    assert challenged["before"] == pytest.approx(crowned["after"], abs=1e-6)


def test_a_worse_one_is_refused_and_the_champion_stays(
    worse: CompletedProcess[str], better: str, store: str, releases: Challenge
) -> None:
    assert worse.returncode == 3, worse.stderr
    assert "verdict  refused: " in worse.stdout
    listed = json.loads(releases("releases", "list", "--json").stdout)
    assert [(one["digest"], one["champion"]) for one in listed][-1] == (better, True)
    assert len(listed) == 2


def test_the_second_run_moves_no_picture(better: str, runs: Path) -> None:
    (ingested,) = [
        event["facts"]
        for event in lookalike.get_run("better", runs).events()
        if (event["step"], event["status"]) == ("ingest", "finished")
    ]
    assert ingested["moved"] == 0


def test_the_service_reads_the_release_where_it_is_kept(better: str, store: str, runs: Path) -> None:
    service = (runs / "better" / "inferenceservice.yaml").read_text()
    assert f"storageUri: {Path(release_uri(store, better)).as_uri()}" in service


def test_a_run_that_lost_the_race_says_so_and_changes_nothing(lost: Any, better: str, store: str) -> None:
    record = lost.record()
    assert (record.status, record.exit_code) == (Status.FAILED, 1)
    assert f"promote: the champion of {store} changed while this run challenged the one before" in record.error
    assert reigning(store) == better


def test_resumed_it_challenges_the_new_champion(lost: Any, better: str, challenge: Challenge, store: str) -> None:
    resumed = challenge("lost", "--epochs", 18, *FROM_THE_CHAMPION, "--resume")
    assert resumed.returncode in {0, 3}, resumed.stderr
    cached = [line.split()[0] for line in resumed.stderr.splitlines() if "cached" in line]
    assert cached[:3] == ["ingest", "label", "split"]
    assert f"the encoder to beat was the champion's, {encoder_of(store, better)[:12]}" in lost.verdict()["reasons"]


def test_the_lineage_of_the_champion_leads_back_to_the_first(
    first: str, better: str, lost: Any, releases: Challenge
) -> None:
    told = releases("lineage", better[:8]).stdout
    assert told.index(f"release {better[:12]}") < told.index(f"release {first[:12]}")
    assert f"parent release   {first[:12]}" in told
    (second, root) = json.loads(releases("lineage", better[:8], "--json").stdout)
    assert (second["release"], root["release"]) == (better, first)


def test_a_release_shows_its_terms(lost: Any, better: str, releases: Challenge) -> None:
    shown = json.loads(releases("releases", "show", better[:8]).stdout)
    assert [term["reason"] for term in shown["terms"]][:2] == ["better than the encoder before", "as it was"]
    assert shown["terms"][0]["by"].startswith("better of 20")
