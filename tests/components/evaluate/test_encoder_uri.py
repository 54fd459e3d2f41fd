"""The encoder to beat lies in a registry, wherever that is."""

import json
from pathlib import Path

import pytest

from lookalike_components.encoder import folder
from lookalike_components.encoder.model import build
from lookalike_components.errors import UserError
from lookalike_components.evaluate.config import EvaluateConfig
from lookalike_components.evaluate.evaluate import evaluate
from lookalike_components.storage import upload_folder

QUICK = {"robustness_queries": 0, "forgetting": False}


@pytest.fixture(scope="module")
def encoder(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("champion") / "encoder"
    folder.save(build("resnet18", str(weights), 32), path)
    return path


def told(evaluation: Path) -> dict[str, object]:
    """All that was measured of the encoder, less the time that it took."""
    facts = json.loads((evaluation / "evaluation.json").read_text())
    return {name: value for name, value in facts.items() if name != "cost"}


@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_an_encoder_by_uri_is_measured_like_one_that_is_handed_over(
    first_of_each_asks: Path, encoder: Path, tmp_path: Path, place: str, request: pytest.FixtureRequest
) -> None:
    uri = str(encoder)
    if place == "bucket":
        uri = f"{request.getfixturevalue('bucket')}/encoders/1"
        upload_folder(encoder, uri)
    evaluate(first_of_each_asks, tmp_path / "given", EvaluateConfig(k=1, **QUICK), encoder)
    evaluate(first_of_each_asks, tmp_path / "named", EvaluateConfig(k=1, encoder_uri=uri, **QUICK))
    assert told(tmp_path / "named") == told(tmp_path / "given")
    assert told(tmp_path / "named")["encoder"]["digest"] == folder.digest(encoder)


def test_an_encoder_that_is_gone_is_named(first_of_each_asks: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="gone does not exist"):
        evaluate(first_of_each_asks, tmp_path / "named", EvaluateConfig(k=1, encoder_uri=str(tmp_path / "gone")))
