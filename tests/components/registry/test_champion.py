import json
import subprocess
import sys

import pytest

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.registry import (
    champion_uri,
    frozen_uri,
    promote,
    promote_anyway,
    read_champion,
    read_test_set,
    rollback,
)
from lookalike_components.storage import write_bytes

CHALLENGE = """
import sys
from lookalike_components.errors import LookalikeError
from lookalike_components.registry import promote
sys.stdout.write("ready\\n")
sys.stdout.flush()
sys.stdin.readline()
artifacts, release, version = sys.argv[1:]
try:
    promote(artifacts, release, version, by=release[:4], reason="faster")
except LookalikeError as error:
    sys.exit(str(error))
"""


def releases(artifacts):
    return [term.release for term in read_champion(artifacts)[0].history]


def test_an_empty_store_has_no_champion(artifacts):
    assert read_champion(artifacts) == (None, "")


def test_the_first_release_becomes_the_champion_with_its_encoder_and_test_set(artifacts, make):
    digest = make("first").published(artifacts)
    promote(artifacts, digest, "", by="run-1", reason="better")
    champion, version = read_champion(artifacts)
    assert version
    assert (champion.release, champion.term.by, champion.term.reason) == (digest, "run-1", "better")
    assert len(read_test_set(frozen_uri(artifacts, champion.test_set))) == 6


def test_the_winner_takes_the_place_of_the_champion_it_was_measured_against(artifacts, make):
    first, second = make("first").published(artifacts), make("second").published(artifacts)
    promote(artifacts, first, "", by="run-1", reason="better")
    promote(artifacts, second, read_champion(artifacts)[1], by="run-2", reason="better")
    assert releases(artifacts) == [first, second]


def test_who_challenged_an_earlier_champion_does_not_win(artifacts, make):
    first, second, third = (make(name).published(artifacts) for name in ("first", "second", "third"))
    promote(artifacts, first, "", by="run-1", reason="better")
    _, seen_by_both = read_champion(artifacts)
    promote(artifacts, second, seen_by_both, by="run-2", reason="better")
    with pytest.raises(LookalikeError, match="changed while this run challenged the one before") as error:
        promote(artifacts, third, seen_by_both, by="run-3", reason="better")
    assert error.value.exit_code == 1
    assert releases(artifacts) == [first, second]


def test_of_two_first_challengers_one_wins(artifacts, make):
    first, second = make("first").published(artifacts), make("second").published(artifacts)
    promote(artifacts, first, "", by="run-1", reason="better")
    with pytest.raises(LookalikeError, match="changed while"):
        promote(artifacts, second, "", by="run-2", reason="better")


def test_processes_that_finish_together_cannot_both_win(artifacts, make):
    first, *others = (make(name).published(artifacts) for name in ("first", "a", "b", "c", "d"))
    promote(artifacts, first, "", by="run-1", reason="better")
    _, version = read_champion(artifacts)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", CHALLENGE, artifacts, digest, version],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for digest in others
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("\n")
        racer.stdin.flush()
    told = [racer.communicate()[1] for racer in racers]
    winners = [digest for digest, racer in zip(others, racers, strict=True) if racer.returncode == 0]
    assert len(winners) == 1, told
    assert releases(artifacts) == [first, *winners]
    assert sum("changed while" in sentence for sentence in told) == 3


def test_promoting_the_champion_again_changes_nothing(artifacts, make):
    first = make("first").published(artifacts)
    promote(artifacts, first, "", by="run-1", reason="better")
    before = read_champion(artifacts)
    promote(artifacts, first, "an older version", by="run-1", reason="better")
    assert read_champion(artifacts) == before


def test_what_is_not_published_cannot_be_promoted(artifacts):
    with pytest.raises(UserError, match=r"is no release with a manifest\.json"):
        promote_anyway(artifacts, "0" * 64, by="me", reason="")
    assert read_champion(artifacts) == (None, "")


def test_a_rollback_goes_back_one_champion_at_a_time(artifacts, make):
    first, second, third = (make(name).published(artifacts) for name in ("first", "second", "third"))
    for digest in (first, second, third):
        promote_anyway(artifacts, digest, by="me", reason="")
    assert rollback(artifacts, by="me").release == second
    assert rollback(artifacts, by="me").release == first
    assert releases(artifacts) == [first, second, third, second, first]
    with pytest.raises(UserError, match=f"no release was the champion of {artifacts} before {first[:12]}"):
        rollback(artifacts, by="me")


def test_a_rollback_undoes_a_promotion_by_hand_too(artifacts, make):
    first, second = (make(name).published(artifacts) for name in ("first", "second"))
    for digest in (first, second, first):
        promote_anyway(artifacts, digest, by="me", reason="")
    assert [rollback(artifacts, by="me").release for _ in range(2)] == [second, first]
    with pytest.raises(UserError, match="no release was the champion"):
        rollback(artifacts, by="me")


def test_a_rollback_without_a_champion_says_how_to_get_one(artifacts):
    with pytest.raises(UserError, match="has no champion; run `lookalike fit --challenge`"):
        rollback(artifacts, by="me")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"release": "", "encoder": "", "test_set": "", "history": []}']
)
def test_a_damaged_file_is_told_of_and_left_alone(artifacts, content):
    write_bytes(champion_uri(artifacts), content)
    with pytest.raises(LookalikeError, match=r"champion\.json.*restore an older version of the file"):
        read_champion(artifacts)


@pytest.mark.parametrize(
    ("release", "before", "told"),
    [
        ("other", -1, "release is not that of the last term in history"),
        ("same", 0, "a term in history does not lead back to one before it"),
    ],
)
def test_a_file_that_contradicts_itself_is_told_of(artifacts, release, before, told):
    term = {"release": "same", "since": "2026-11-24T16:04:45+00:00", "by": "", "reason": "", "before": before}
    content = {"release": release, "encoder": "", "test_set": "", "history": [term]}
    write_bytes(champion_uri(artifacts), json.dumps(content).encode())
    with pytest.raises(LookalikeError, match=told):
        read_champion(artifacts)


def test_the_file_of_a_newer_version_is_not_to_be_removed(artifacts):
    write_bytes(champion_uri(artifacts), b'{"schema_version": 2, "and": "more"}')
    with pytest.raises(LookalikeError) as error:
        read_champion(artifacts)
    assert str(error.value) == (
        f"{champion_uri(artifacts)} was written by a newer version of lookalike (schema_version 2); upgrade lookalike"
    )


def test_the_file_is_readable_by_people(artifacts, make, tmp_path):
    promote_anyway(artifacts, make("first").published(artifacts), by="me", reason="for a start")
    champion, _ = read_champion(artifacts)
    assert json.loads(champion.model_dump_json())["history"][0]["reason"] == "for a start"
