"""Training without labels, on views; and on pairs, where only some pictures are known to belong together."""

from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.dataset import read_table, write_table
from lookalike_components.encoder.folder import load
from lookalike_components.encoder.model import build
from lookalike_components.errors import UserError
from lookalike_components.label.config import LabelConfig
from lookalike_components.label.label import label
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.fine_tune import fine_tune
from lookalike_components.train.pictures.pictures import decode
from lookalike_components.train.selection.validation import validate


@pytest.fixture
def config(weights: Path) -> TrainConfig:
    settings = {"model": "resnet18", "input_size": 32, "classes_per_batch": 16, "images_per_class": 2, "steps": 2}
    return TrainConfig(weights=str(weights), **settings)


@pytest.fixture
def unlabelled(rows: pd.DataFrame, tmp_path: Path) -> Path:
    """The same pictures, none of which anybody labelled."""
    write_table(rows.assign(label=rows["image_id"]), tmp_path / "unlabelled.parquet")
    return tmp_path / "unlabelled.parquet"


def test_the_rule_none_is_enough_to_learn_from_views(
    unlabelled: Path, tmp_path: Path, config: TrainConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = fine_tune(unlabelled, tmp_path / "encoder", tmp_path / "history.jsonl", config)
    assert facts["steps"] == 2
    assert 0 < facts["recall_at_1_before"] < 1
    assert "the training images have no labels: what belongs together are views of one image" in capsys.readouterr().err


def test_without_augmentation_there_are_no_views_to_learn_from(
    unlabelled: Path, tmp_path: Path, config: TrainConfig
) -> None:
    plain = config.model_copy(update={"augmentation": "none"})
    with pytest.raises(UserError, match="augmentation"):
        fine_tune(unlabelled, tmp_path / "encoder", tmp_path / "history.jsonl", plain)


@pytest.mark.slow
def test_views_teach_what_finds_other_pictures_of_the_same_thing(
    rows: pd.DataFrame, unlabelled: Path, tmp_path: Path, config: TrainConfig
) -> None:
    """The labels are looked at only here, on pictures that were not trained on; hue counts, light does not."""
    light = {"brightness": 0.8, "contrast": 0.8, "grey": 0.0, "hue": 0.0}
    settings = {"steps": 40, "validate_every": 40, "keep": "last", "learning_rate": 1e-3, "augmentation_options": light}
    longer = config.model_copy(update=settings)
    fine_tune(unlabelled, tmp_path / "encoder", tmp_path / "history.jsonl", longer)
    trained, untrained = load(tmp_path / "encoder"), build("resnet18", config.weights, 32)
    labelled = decode(rows, "validation", trained.config, 32, tmp_path, config)
    after, before = (validate(encoder, labelled, 3).means["map_at_r"] for encoder in (trained, untrained))
    assert after > before + 0.1


def test_pairs_alone_are_enough(rows: pd.DataFrame, tmp_path: Path, config: TrainConfig) -> None:
    """Each picture is paired with one other; the labels of the rest are not told."""
    write_table(rows.assign(label=None), tmp_path / "images.parquet")
    uris = rows["uri"].tolist()
    pairs = pd.DataFrame({"left": uris[::2], "right": uris[1::2]})
    pairs.to_csv(tmp_path / "pairs.csv", index=False)
    label(
        tmp_path / "images.parquet",
        tmp_path / "labelled.parquet",
        LabelConfig(rule="pairs", table=str(tmp_path / "pairs.csv")),
    )
    table = read_table(tmp_path / "labelled.parquet")
    write_table(table.assign(subset=rows["subset"]), tmp_path / "table.parquet")
    facts = fine_tune(tmp_path / "table.parquet", tmp_path / "encoder", tmp_path / "history.jsonl", config)
    assert table["label"].nunique() == 24
    assert facts["steps"] == 2
