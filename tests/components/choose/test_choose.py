"""Of the backbones whose weights can be had, the one that finds most without training is taken."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from torchvision.models import mobilenet_v2, resnet18

from lookalike_components import choose as component
from lookalike_components.choose.choose import choose
from lookalike_components.choose.config import CANDIDATES, ChooseConfig
from lookalike_components.dataset import ShardWriter, write_table
from lookalike_components.encoder import folder
from lookalike_components.encoder.backbones import BACKBONES
from lookalike_components.encoder.model import build
from lookalike_components.errors import LookalikeError, UserError

NAMES = ["resnet18", "mobilenet_v2", "resnet50", "vit_tiny_patch16_224.augreg_in21k"]


@pytest.fixture(autouse=True)
def without_a_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty cache, and every download goes to a port where nobody listens."""
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights of two untrained networks in the cache, which are held to no digest."""
    folder = tmp_path / "cache" / "weights"
    folder.mkdir(parents=True)
    for name, network in (("resnet18", resnet18), ("mobilenet_v2", mobilenet_v2)):
        torch.manual_seed(0)
        torch.save(network().state_dict(), folder / BACKBONES[name].address.rsplit("/", 1)[-1])
        monkeypatch.setitem(BACKBONES, name, replace(BACKBONES[name], sha256=""))


@pytest.fixture
def table_of(photos: Path, tmp_path: Path):
    """Writes a table of drawn photographs, four labels a subset, six pictures each; gives its path."""

    def make(*subsets: str) -> Path:
        paths = sorted(photos.rglob("*.png"))[: 24 * len(subsets)]
        with ShardWriter(tmp_path / "store") as writer:
            places = [writer.add(path.read_bytes(), "PNG") for path in paths]
        rows = [
            {
                **{"image_id": place.image_id, "uri": path.name, "position": number, "shard": place.shard},
                **{"offset": place.offset, "nbytes": place.nbytes, "format": "PNG", "width": 48, "height": 48},
                **{"perceptual_hash": None, "label": path.parent.name, "subset": subsets[number // 24]},
            }
            for number, (path, place) in enumerate(zip(paths, places, strict=True))
        ]
        write_table(pd.DataFrame(rows), tmp_path / "table.parquet")
        return tmp_path / "table.parquet"

    return make


def config(**settings: object) -> ChooseConfig:
    return ChooseConfig(**{"model": "auto", "input_size": 32, "candidates": NAMES, **settings})


def test_a_name_is_passed_on_and_nothing_is_read(tmp_path: Path):
    chosen = choose(tmp_path / "none.parquet", tmp_path / "scores.json", ChooseConfig(model="resnet101"))
    assert chosen == ("resnet101", {})
    assert json.loads((tmp_path / "scores.json").read_text())["model"] == "resnet101"


@pytest.mark.usefixtures("cached")
def test_the_best_of_those_that_can_be_had_is_taken(table_of, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    chosen = choose(table_of("validation", "query"), tmp_path / "scores.json", config())
    said = json.loads((tmp_path / "scores.json").read_text())
    scores = {score["model"]: score for score in said["scores"]}
    assert (said["images"], said["labels"], list(scores)) == (24, 4, NAMES)
    measured = {name: score["map_at_r"] for name, score in scores.items() if "map_at_r" in score}
    assert set(measured) == {"resnet18", "mobilenet_v2"}
    assert chosen.model == said["model"] == max(measured, key=measured.get)
    assert "could not be fetched" in scores["resnet50"]["left_out"]
    assert "resnet50 is left out: the weights of resnet50 could not be fetched" in capsys.readouterr().err


@pytest.mark.usefixtures("cached")
def test_training_labels_choose_where_there_are_no_others(table_of, tmp_path: Path):
    choose(table_of("train", "query"), tmp_path / "scores.json", config(images=12))
    assert json.loads((tmp_path / "scores.json").read_text())["images"] == 12


@pytest.mark.usefixtures("cached")
def test_a_candidate_that_cannot_take_the_input_size_is_left_out(table_of, tmp_path: Path):
    choose(table_of("validation"), tmp_path / "scores.json", config(input_size=40, candidates=[NAMES[-1], "resnet18"]))
    left_out = json.loads((tmp_path / "scores.json").read_text())["scores"][0]["left_out"]
    assert "cuts pictures into patches of 16 px but the input size is 40" in left_out


@pytest.mark.usefixtures("cached")
@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ({"dimension": 1000}, "dimension is 1000, but resnet18 gives 512 numbers"),
        ({"matryoshka": [64, 512]}, "matryoshka has the length 512, but an embedding has 512 numbers"),
    ],
)
def test_a_candidate_that_cannot_be_trained_so_is_left_out(table_of, tmp_path: Path, shape, reason: str):
    chosen = choose(table_of("validation"), tmp_path / "scores.json", config(candidates=NAMES[:2], **shape))
    assert chosen.model == "mobilenet_v2"
    assert json.loads((tmp_path / "scores.json").read_text())["scores"][0]["left_out"].startswith(reason)


def test_where_no_candidate_can_be_trained_so_nothing_runs():
    with pytest.raises(UserError) as error:
        ChooseConfig.from_arguments({"model": "auto", "pooling": "gem", "candidates": ["convnext_tiny.in12k"]})
    assert str(error.value) == (
        "model is auto, but no candidate can be trained so (convnext_tiny.in12k cannot be pooled by gem; choose one of "
        "avg); name others"
    )


@pytest.mark.parametrize("model", ["auto", "resnet50"])
def test_where_training_goes_on_from_an_encoder_its_backbone_is_taken(weights: Path, tmp_path: Path, model: str):
    folder.save(build("resnet18", str(weights), 32), tmp_path / "encoder")
    asked = ChooseConfig.from_arguments({"model": model, "start_from": str(tmp_path / "encoder")})
    assert choose(tmp_path / "none.parquet", tmp_path / "scores.json", asked) == ("resnet18", {})


def test_without_any_weights_the_sentence_says_why(table_of, tmp_path: Path):
    with pytest.raises(
        LookalikeError, match=r"^model is auto, but no candidate could be measured \(the weights of res"
    ):
        choose(table_of("validation"), tmp_path / "scores.json", config(candidates=["resnet50"]))


def test_without_labels_the_sentence_says_so(table_of, tmp_path: Path):
    with pytest.raises(UserError, match=r"has no two labels with two pictures each to compare backbones on; name a"):
        choose(table_of("query"), tmp_path / "scores.json", config())


def test_every_default_candidate_may_be_used_for_anything():
    assert all(BACKBONES[name].is_permissive for name in CANDIDATES)


def test_weights_and_auto_do_not_go_together():
    with pytest.raises(UserError) as error:
        ChooseConfig.from_arguments({"model": "auto", "weights": "resnet18.pth"})
    assert str(error.value) == "weights are given, but model is auto; name the model that the weights are of"


def test_the_component_has_the_settings_and_their_defaults():
    inputs = {name: what.default for name, what in component.component_spec.inputs.items() if name != "table"}
    fields = {name: field.get_default() for name, field in ChooseConfig.model_fields.items()}
    assert inputs == fields


def test_a_model_that_is_named_is_written_down_without_loading_torch(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from lookalike_components.choose.choose import choose\n"
        "from lookalike_components.choose.config import ChooseConfig\n"
        f"print(choose('no such table', {str(tmp_path / 'scores')!r}, ChooseConfig(model='resnet18')).model)\n"
        "print(sorted({'torch', 'faiss', 'timm'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["resnet18", "[]"]
    assert json.loads((tmp_path / "scores").read_text())["model"] == "resnet18"
