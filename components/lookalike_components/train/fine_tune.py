"""Fine-tunes a pretrained encoder on the training images of a table, and watches it on the validation labels."""

import statistics
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from lookalike_components.dataset import read_table
from lookalike_components.encoder import folder
from lookalike_components.encoder.backbones import backbone
from lookalike_components.encoder.model import build
from lookalike_components.encoder.weights import file_digest
from lookalike_components.errors import UserError
from lookalike_components.progress import Facts, record, say, track
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective import Objective
from lookalike_components.train.pictures import Pictures, decode
from lookalike_components.train.training import Batch, Training, seed_everything
from lookalike_components.train.validation import validate


def fine_tune(table_path: str | Path, encoder_path: str | Path, history_path: str | Path, config: TrainConfig) -> Facts:
    """Trains on the rows of subset ``train`` and writes the encoder as it is after the last epoch.

    Args:
        table_path: Image table with labels and subsets; the rows of ``query`` and ``index`` are not looked at.
        encoder_path: Where the encoder's folder is to appear.
        history_path: JSON Lines file that gets a row before training and one after every epoch.
        config: What is trained, from which weights, and how.

    Returns:
        ``steps`` taken, mean ``loss`` of the last epoch, and R@1 and MAP@R on the validation labels, before and after.

    Raises:
        UserError: A name or an option is unknown, the table has too little to train on, or there is something at
            ``encoder_path`` already.
        LookalikeError: The weights could not be had, or the loss became infinite.
    """
    folder.check_is_new(encoder_path)
    table = read_table(table_path)
    shape = _classes(table, table_path), config.dimension or backbone(config.model).dimension
    seed_everything(config.seed)
    objective = Objective(config.loss, config.loss_options, config.miner, config.miner_options, shape)
    encoder = build(config.model, config.weights, config.input_size, config.resize, config.dimension)
    encoder.config = encoder.config.model_copy(update={"data": file_digest(Path(table_path))})
    with TemporaryDirectory(prefix="lookalike-train-") as scratch:
        pictures = decode(table, "train", encoder.config, scratch)
        validation = decode(table, "validation", encoder.config, scratch)
        training = Training(encoder, objective, pictures, config)
        history = list(_recorded(_epochs(training, validation, config), Path(history_path), config))
    folder.save(encoder, encoder_path)
    return _facts(history)


def _classes(table: pd.DataFrame, path: str | Path) -> int:
    rows = table[table["subset"] == "train"]
    if unlabelled := int(rows["label"].isna().sum()):
        raise UserError(f"{unlabelled:,} training images in {path} have no label; run the steps label and split first")
    if (classes := rows["label"].nunique()) < 2:
        raise UserError(f"training needs images of 2 labels or more, but {path} has {classes} in its subset train")
    return int(classes)


def _epochs(training: Training, validation: Pictures, config: TrainConfig) -> Iterator[Facts]:
    """Trains epoch by epoch; each row of history is made when it is asked for."""
    steps = training.steps_per_epoch * config.epochs
    batches = track(training.batches(config.epochs), steps, "steps")
    for epoch in range(config.epochs + 1):
        row = {"epoch": epoch, "step": epoch * training.steps_per_epoch, "steps": steps}
        row |= _train(training, batches) if epoch else _untrained(training)
        yield row | {"validation": validate(training.encoder, validation, config.k)}


def _untrained(training: Training) -> Facts:
    return {"loss": None, "learning_rate": training.learning_rate, "seconds": 0.0, "images_per_second": 0.0}


def _train(training: Training, batches: Iterator[Batch]) -> Facts:
    """Takes the steps of one epoch."""
    rate, started = training.learning_rate, time.monotonic()
    loss = statistics.fmean(training.step(batch) for batch in islice(batches, training.steps_per_epoch))
    seconds = time.monotonic() - started
    speed = training.steps_per_epoch * training.batch_size / seconds
    return {"loss": loss, "learning_rate": rate, "seconds": seconds, "images_per_second": speed}


def _recorded(rows: Iterator[Facts], history: Path, config: TrainConfig) -> Iterator[Facts]:
    for row in rows:
        record(history, row)
        say(_line(row, config.epochs))
        yield row


def _line(row: Facts, epochs: int) -> str:
    """A row of history for people: ``epoch 2 of 5: loss 0.412, validation R@1 0.731, MAP@R 0.520, 128 images/s``."""
    parts = [] if row["loss"] is None else [f"loss {row['loss']:.3f}"]
    if row["validation"]:
        parts.append("validation R@1 {recall_at_1:.3f}, MAP@R {map_at_r:.3f}".format_map(row["validation"]))
    parts += [f"{row['images_per_second']:.0f} images/s"] if row["epoch"] else []
    return f"epoch {row['epoch']} of {epochs}: {', '.join(parts) or 'no validation labels'}"


def _facts(history: list[Facts]) -> Facts:
    first, last = history[0], history[-1]
    facts = {"steps": last["step"], "loss": last["loss"]}
    for name in ("recall_at_1", "map_at_r"):
        if name in last["validation"]:
            facts |= {f"{name}_before": first["validation"][name], f"{name}_after": last["validation"][name]}
    return facts
