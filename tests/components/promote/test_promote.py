from pathlib import Path

import pytest
from published import Made, make_release

from lookalike_components.errors import LookalikeError
from lookalike_components.progress import RUN
from lookalike_components.promote.config import PromoteConfig
from lookalike_components.promote.promote import promote
from lookalike_components.registry import list_releases, promote_anyway, read_champion, release_uri


@pytest.fixture
def artifacts(tmp_path: Path) -> str:
    return str(tmp_path / "artifacts")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return make_release(tmp_path / "made", "challenger")


def promoted(made: Made, **settings: object) -> tuple[str, dict[str, object]]:
    return promote(made.release, made.encoder, made.table, PromoteConfig(**settings))


def test_without_a_challenge_nothing_is_kept(made: Made, artifacts: str) -> None:
    assert promoted(made, artifacts=artifacts) == ("", {})
    assert not Path(artifacts).exists()


def test_a_winner_is_kept_and_becomes_the_champion(made: Made, artifacts: str) -> None:
    uri, facts = promoted(made, challenge=True, artifacts=artifacts, run="finetune-x7k2p")
    assert uri == Path(release_uri(artifacts, made.digest)).as_uri()
    assert facts["champion"] == made.digest[:12]
    term = read_champion(artifacts)[0].term
    assert (term.release, term.by) == (made.digest, "finetune-x7k2p")


def test_in_a_bucket_the_cluster_reads_it_there(made: Made, bucket: str) -> None:
    uri, _ = promoted(made, challenge=True, artifacts=bucket)
    assert uri == f"{bucket}/releases/{made.digest}"


def test_a_local_run_is_named_by_its_backend(made: Made, artifacts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUN, "photos-1 of yesterday")
    promoted(made, challenge=True, artifacts=artifacts, run="finetune-x7k2p")
    assert read_champion(artifacts)[0].term.by == "photos-1 of yesterday"


def test_where_the_cluster_reads_can_be_said(made: Made, artifacts: str) -> None:
    assert promoted(made, storage_uri="gs://elsewhere/release")[0] == "gs://elsewhere/release"
    assert promoted(made, challenge=True, artifacts=artifacts, storage_uri="gs://a/b")[0] == "gs://a/b"


def test_a_lost_race_leaves_the_other_champion_in_place(made: Made, artifacts: str, tmp_path: Path) -> None:
    other = make_release(tmp_path / "made", "other").published(artifacts)
    promote_anyway(artifacts, other, by="run-1", reason="faster")
    with pytest.raises(LookalikeError, match=r"changed while .*; run again, or .* --resume \(a local run only\)"):
        promoted(made, challenge=True, artifacts=artifacts, version="")
    assert read_champion(artifacts)[0].release == other
    assert made.digest in [one.digest for one in list_releases(artifacts)]


def test_a_second_try_of_the_same_task_changes_nothing(made: Made, artifacts: str) -> None:
    first = promoted(made, challenge=True, artifacts=artifacts)
    before = read_champion(artifacts)
    assert promoted(made, challenge=True, artifacts=artifacts) == first
    assert read_champion(artifacts) == before
