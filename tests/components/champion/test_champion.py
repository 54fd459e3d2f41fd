from pathlib import Path

import pytest
from published import make_release

from lookalike_components.champion.champion import Standing, look_up
from lookalike_components.champion.config import ChampionConfig
from lookalike_components.errors import UserError
from lookalike_components.progress import RUN
from lookalike_components.registry import encoder_uri, frozen_uri, promote_anyway, read_champion


@pytest.fixture
def artifacts(tmp_path: Path) -> str:
    return str(tmp_path / "artifacts")


@pytest.fixture
def crowned(artifacts: str, tmp_path: Path) -> list[str]:
    """Two releases, of which the second is the champion."""
    digests = [make_release(tmp_path / "made", name).published(artifacts) for name in ("first", "second")]
    for number, digest in enumerate(digests, start=1):
        promote_anyway(artifacts, digest, by=f"run-{number}", reason="better")
    return digests


def looked_up(artifacts: str, **settings: str) -> Standing:
    return look_up(ChampionConfig(challenge=True, artifacts=artifacts, **settings))


def test_without_a_challenge_nothing_is_looked_at(tmp_path: Path) -> None:
    assert look_up(ChampionConfig(artifacts=str(tmp_path / "nowhere"))) == Standing()
    assert not (tmp_path / "nowhere").exists()


def test_the_first_challenger_has_the_pretrained_encoder_to_beat(artifacts: str) -> None:
    assert looked_up(artifacts) == Standing()


def test_the_champion_is_to_be_beaten_on_its_test_set(artifacts: str, crowned: list[str]) -> None:
    champion, version = read_champion(artifacts)
    assert looked_up(artifacts) == Standing(
        release=crowned[1],
        version=version,
        encoder=encoder_uri(artifacts, champion.encoder),
        start_from="",
        test_set=frozen_uri(artifacts, champion.test_set),
    )
    assert (Path(looked_up(artifacts).encoder) / "encoder.safetensors").read_bytes() == b"second"


def test_training_goes_on_from_the_champion_where_that_is_wanted(artifacts: str, crowned: list[str]) -> None:
    found = looked_up(artifacts, train_from="champion")
    assert found.start_from == found.encoder != ""


def test_a_new_test_set_is_left_to_the_split(artifacts: str, crowned: list[str]) -> None:
    assert looked_up(artifacts, test_set="new").test_set == ""


def test_a_challenge_without_a_store_is_refused() -> None:
    with pytest.raises(UserError, match="a challenge needs the place where the champion is kept; pass --artifacts"):
        looked_up("")


def test_a_run_that_goes_on_after_its_promotion_does_not_challenge_itself(
    artifacts: str, crowned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RUN, "run-2")
    found = looked_up(artifacts)
    assert found.release == crowned[0]
    assert (Path(found.encoder) / "encoder.safetensors").read_bytes() == b"first"
    assert found.version == read_champion(artifacts)[1]


def test_the_first_champion_that_goes_on_has_the_pretrained_encoder_to_beat_again(
    artifacts: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote_anyway(artifacts, make_release(tmp_path / "made", "first").published(artifacts), by="run-1", reason="")
    monkeypatch.setenv(RUN, "run-1")
    assert looked_up(artifacts) == Standing(version=read_champion(artifacts)[1])


@pytest.mark.parametrize("lost", ["encoder", "test_set"])
def test_what_is_gone_of_the_champion_is_told_before_anything_is_trained(
    artifacts: str, crowned: list[str], lost: str
) -> None:
    place = Path(getattr(looked_up(artifacts), lost))
    place.rename(place.with_name("elsewhere"))
    with pytest.raises(
        UserError, match=f"the champion {crowned[1][:12]} cannot be challenged: {place}.* is gone; restore"
    ):
        looked_up(artifacts)
    if lost == "test_set":
        assert looked_up(artifacts, test_set="new").release == crowned[1]
