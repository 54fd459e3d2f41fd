"""`lookalike releases` and `lookalike lineage` as they are typed, on a registry that holds three releases."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from published import Made, make_release

from lookalike_components.registry import promote_anyway, read_champion

Typed = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def releases(runs: Path, tmp_path: Path) -> list[str]:
    """Three releases in the runs folder: the second beat the first and is the champion, the third was never one."""
    artifacts = str(runs)
    first = make_release(tmp_path / "made", "first").published(artifacts)
    promote_anyway(artifacts, first, by="photos-1", reason="better")
    second = make_release(tmp_path / "made", "second", parent=first).published(artifacts)
    promote_anyway(artifacts, second, by="photos-2", reason="better")
    return [first, second, make_release(tmp_path / "made", "third", parent=second).published(artifacts)]


@pytest.fixture
def typed(runs: Path) -> Typed:
    def type_(*arguments: object) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "LOOKALIKE_RUNS": str(runs), "COLUMNS": "80", "LOGNAME": "ada"}
        command = [sys.executable, "-m", "lookalike", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    return type_


def test_the_list_names_every_release_and_the_champion(typed: Typed, releases: list[str]) -> None:
    lines = typed("releases", "list").stdout.splitlines()
    assert {line.split()[0] for line in lines[1:]} == {digest[:12] for digest in releases}
    assert f"{datetime.now():%Y-%m-%d}" in lines[1]  # by the clock on the wall, as in the list of runs
    reigns = [line for line in lines[1:] if len(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", line)) == 2]
    assert [line.split()[0] for line in reigns] == [releases[1][:12]]
    assert max(map(len, lines)) <= 80


def test_the_list_as_json_says_which_is_the_champion(typed: Typed, releases: list[str]) -> None:
    rows = json.loads(typed("releases", "list", "--json").stdout)
    assert {row["digest"]: row["champion"] for row in rows} == dict(zip(releases, [False, True, False], strict=True))


def test_a_store_without_releases_says_how_to_get_one(typed: Typed, tmp_path: Path) -> None:
    done = typed("releases", "list", "--artifacts", tmp_path / "empty")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"no releases in {tmp_path / 'empty'} yet; `lookalike fit --challenge` keeps the first\n"


def test_a_release_is_shown_with_its_lineage_and_its_terms(typed: Typed, releases: list[str]) -> None:
    shown = json.loads(typed("releases", "show").stdout)
    assert (shown["manifest"]["digest"], shown["champion"]) == (releases[1], True)
    assert shown["lineage"]["parent_release"] == releases[0]
    assert [term["by"] for term in shown["terms"]] == ["photos-2"]


def test_a_promotion_by_hand_is_in_the_history(typed: Typed, releases: list[str], runs: Path) -> None:
    done = typed("releases", "promote", releases[2][:10], "--reason", "the others see in the dark")
    assert done.stdout == f"{releases[2]}\n"
    term = read_champion(str(runs))[0].term
    assert (term.release, term.reason, term.by.split("@")[0]) == (releases[2], "the others see in the dark", "ada")


def test_a_rollback_prints_the_release_that_is_the_champion_again(typed: Typed, releases: list[str]) -> None:
    assert typed("releases", "rollback").stdout == f"{releases[0]}\n"
    again = typed("releases", "rollback")
    assert again.returncode == 2
    assert f"before {releases[0][:12]}" in again.stderr


def test_the_lineage_is_a_table_for_each_ancestor(typed: Typed, releases: list[str]) -> None:
    told = typed("lineage", releases[2][:8]).stdout
    titles = [line.split() for line in told.splitlines() if line.startswith("release ")]
    assert titles == [["release", digest[:12]] for digest in reversed(releases)]
    assert told.count("parent release") == 3


def test_the_lineage_of_a_runs_own_folder_is_told_too(typed: Typed, releases: list[str], tmp_path: Path) -> None:
    refused: Made = make_release(tmp_path / "made", "refused", parent=releases[1])
    told = json.loads(typed("lineage", refused.release, "--json").stdout)
    assert [one["release"] for one in told] == [refused.digest, releases[1], releases[0]]


def test_an_unknown_release_is_the_users_error(typed: Typed, releases: list[str]) -> None:
    done = typed("lineage", "ffff0000")
    assert done.returncode == 2
    assert "has no release ffff0000; `lookalike releases list" in done.stderr


def test_where_runs_are_on_a_cluster_the_releases_have_to_be_named(
    typed: Typed, releases: list[str], runs: Path
) -> None:
    there = ["--artifacts", str(runs)]
    first = releases[0]
    elsewhere = {**os.environ, "LOOKALIKE_RUNS": "https://kubeflow.example.com/pipeline", "COLUMNS": "80"}

    def type_(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lookalike", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=elsewhere, check=False)

    refused = type_("releases", "list")
    assert (refused.returncode, refused.stderr) == (
        2,
        "error: runs are at https://kubeflow.example.com/pipeline, where no releases lie; "
        "pass --artifacts gs://bucket/prefix\n",
    )
    assert type_("lineage", first[:8], *there).stdout == typed("lineage", first[:8]).stdout
