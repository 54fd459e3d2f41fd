"""Training lifts retrieval on labels that it never saw, tells so while it runs, and repeats itself by its seed."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lookalike_components.dataset import read_table, write_table
from lookalike_components.encoder import folder
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.fine_tune import fine_tune


@pytest.fixture
def config(weights: Path) -> TrainConfig:
    settings = {"model": "resnet18", "input_size": 32, "epochs": 2, "classes_per_batch": 4, "learning_rate": 1e-3}
    # An untrained network has no statistics or lower stages that would be worth keeping.
    settings |= {"images_per_class": 4, "freeze": 0, "freeze_batch_norm": False, "interpolations": [1.0]}
    return TrainConfig(weights=str(weights), variants=[], **settings)


@pytest.fixture
def run(table: Path, tmp_path: Path, config: TrainConfig) -> dict[str, Any]:
    """Facts and history of one training."""
    facts = fine_tune(table, tmp_path / "encoder", tmp_path / "history.jsonl", config)
    return {"facts": facts, "history": history(tmp_path / "history.jsonl")}


def history(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_facts_tell_the_way_from_before_to_after(run: dict[str, Any]):
    first, last = run["history"][0]["validation"], run["history"][-1]["validation"]
    assert run["facts"] == {
        "steps": 4,
        "loss": run["history"][-1]["loss"],
        "best_step": run["history"][-1]["kept"],
        "recall_at_1_before": first["recall_at_1"],
        "recall_at_1_after": last["recall_at_1"],
        "map_at_r_before": first["map_at_r"],
        "map_at_r_after": last["map_at_r"],
    }


def test_the_history_has_a_row_before_training_one_after_each_epoch_and_one_about_what_was_kept(run: dict[str, Any]):
    places = [(row["epoch"], row["step"], row["steps"], "kept" in row) for row in run["history"]]
    assert places == [(0, 0, 4, False), (1, 2, 4, False), (2, 4, 4, False), (2, 4, 4, True)]
    assert run["history"][0]["loss"] is None
    assert run["history"][1]["loss"] > 0
    assert run["history"][1]["learning_rate"] == 1e-3
    assert run["history"][1]["images_per_second"] == pytest.approx(32 / run["history"][1]["seconds"])


@pytest.mark.slow
def test_training_finds_more_pictures_of_unseen_labels(table: Path, tmp_path: Path, config: TrainConfig):
    longer = config.model_copy(update={"epochs": 15})
    facts = fine_tune(table, tmp_path / "encoder", tmp_path / "history.jsonl", longer)
    assert facts["map_at_r_after"] > facts["map_at_r_before"] + 0.1


def test_the_encoder_names_the_table_that_it_was_trained_on(run: dict[str, Any], table: Path, tmp_path: Path):
    config = folder.read_config(tmp_path / "encoder")
    assert config.data == hashlib.sha256(table.read_bytes()).hexdigest()
    assert config.parent == ""


def test_the_seed_fixes_the_encoder(run: dict[str, Any], table: Path, tmp_path: Path, config: TrainConfig):
    fine_tune(table, tmp_path / "again", tmp_path / "again.jsonl", config)
    fine_tune(table, tmp_path / "other", tmp_path / "other.jsonl", config.model_copy(update={"seed": 1}))
    assert folder.digest(tmp_path / "again") == folder.digest(tmp_path / "encoder")
    assert folder.digest(tmp_path / "other") != folder.digest(tmp_path / "encoder")


def test_test_images_are_not_looked_at(table: Path, tmp_path: Path, config: TrainConfig):
    rows = read_table(table)
    rows.loc[rows["label"] == "thing-11", ["subset", "shard"]] = ["query", "/nowhere.tar"]
    write_table(rows, table)
    assert fine_tune(table, tmp_path / "encoder", tmp_path / "history.jsonl", config)["steps"] == 4


def test_without_validation_labels_only_the_loss_is_told(
    table: Path, tmp_path: Path, config: TrainConfig, capsys: pytest.CaptureFixture[str]
):
    rows = read_table(table)
    write_table(rows[rows["subset"] == "train"], table)
    facts = fine_tune(table, tmp_path / "encoder", tmp_path / "history.jsonl", config)
    assert set(facts) == {"steps", "loss", "best_step"}
    assert "step 0 of 4: no validation labels\n" in capsys.readouterr().err


def test_the_log_has_a_line_for_each_epoch(
    run: dict[str, Any], table: Path, tmp_path: Path, config: TrainConfig, capsys
):
    fine_tune(table, tmp_path / "again", tmp_path / "again.jsonl", config)
    row = history(tmp_path / "again.jsonl")[1]
    found = row["validation"]
    expected = (
        f"step 2 of 4: loss {row['loss']:.3f}, validation R@1 {found['recall_at_1']:.3f}, "
        f"MAP@R {found['map_at_r']:.3f}, {row['images_per_second']:.0f} images/s\n"
    )
    assert expected in capsys.readouterr().err


def test_no_checkpoint_is_left_when_the_encoder_is_there(table: Path, tmp_path: Path, config: TrainConfig):
    often = config.model_copy(update={"checkpoint_every": 1})
    fine_tune(table, tmp_path / "new" / "encoder", tmp_path / "history.jsonl", often)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["encoder"]


def test_a_history_of_before_is_replaced(table: Path, tmp_path: Path, config: TrainConfig):
    (tmp_path / "history.jsonl").write_text("{}\n")
    fine_tune(table, tmp_path / "encoder", tmp_path / "history.jsonl", config)
    assert history(tmp_path / "history.jsonl")[0]["step"] == 0


def refused(rows: pd.DataFrame, table: Path, tmp_path: Path, config: TrainConfig) -> str:
    write_table(rows, table)
    with pytest.raises(UserError) as error:
        fine_tune(table, tmp_path / "encoder", tmp_path / "history.jsonl", config)
    assert not (tmp_path / "encoder").exists()
    return str(error.value)


def test_one_label_is_too_few(rows: pd.DataFrame, table: Path, tmp_path: Path, config: TrainConfig):
    message = refused(rows[rows["label"] == "thing-00"], table, tmp_path, config)
    assert message == f"training needs images of 2 labels or more, but {table} has 1 in its subset train"


def test_training_images_need_labels(rows: pd.DataFrame, table: Path, tmp_path: Path, config: TrainConfig):
    message = refused(rows.assign(label=None), table, tmp_path, config)
    assert message == f"32 training images in {table} have no label; run the steps label and split first"


def test_a_folder_in_use_is_refused_before_the_training(table: Path, tmp_path: Path, config: TrainConfig):
    (tmp_path / "something").touch()
    with pytest.raises(UserError) as error:
        fine_tune(table, tmp_path, tmp_path / "history.jsonl", config)
    assert str(error.value) == f"{tmp_path} is not empty; save the encoder to a new folder"


def test_a_training_that_diverges_leaves_no_encoder(table: Path, tmp_path: Path, config: TrainConfig):
    wild = config.model_copy(
        update={"optimizer": "SGD", "learning_rate": 1e30, "loss": "TripletMarginLoss", "miner": ""}
    )
    with pytest.raises(LookalikeError, match=r"^the loss became nan in step 2, "):
        fine_tune(table, tmp_path / "encoder", tmp_path / "history.jsonl", wild)
    assert not (tmp_path / "encoder").exists()
