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
from lookalike_components.errors import UserError
from lookalike_components.progress import Facts, record, say, track
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.keeping.history import facts_of, line_of
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.pictures.pictures import Pictures, decode
from lookalike_components.train.start import dimension, fetch_weights, parent_of, starting_encoder
from lookalike_components.train.training import Batch, Training, seed_everything
from lookalike_components.train.selection.validation import validate
from lookalike_components.train.distributed.world import ALONE, World


def fine_tune(
    table_path: str | Path,
    encoder_path: str | Path,
    history_path: str | Path,
    config: TrainConfig,
    world: World = ALONE,
) -> Facts:
    """Trains on the rows of subset ``train`` and writes the encoder as it is after the last epoch.

    Runs in this process alone, or in each of those of ``world``; then the leader writes and speaks for all.

    Args:
        table_path: Image table with labels and subsets; the rows of ``query`` and ``index`` are not looked at.
        encoder_path: Where the encoder's folder is to appear.
        history_path: JSON Lines file that gets a row before training and one after every epoch.
        config: What is trained, from which weights, and how.
        world: The processes that share the work.

    Returns:
        ``steps`` taken, mean ``loss`` of the last epoch, and R@1 and MAP@R on the validation labels, before and after.

    Raises:
        UserError: A name or an option is unknown, the table has too little to train on, or there is something at
            ``encoder_path`` already.
        LookalikeError: The weights could not be had, or the loss became infinite.
    """
    folder.check_is_new(encoder_path)
    table = read_table(table_path)
    classes = _classes(table, table_path)
    seed_everything(config.seed)
    with parent_of(config) as parent:
        shape = classes, dimension(config, parent)
        objective = Objective(config.loss, config.loss_options, config.miner, config.miner_options, shape)
        world.once_a_machine(lambda: fetch_weights(config))
        encoder = starting_encoder(config, parent, table_path)
    with TemporaryDirectory(prefix="lookalike-train-") as scratch:
        pictures = decode(table, "train", encoder.config, scratch, world)
        validation = decode(table, "validation", encoder.config, scratch, world)
        training = Training(encoder, objective, pictures, config, world)
        rows = _epochs(training, validation, config)
        history = list(_recorded(rows, Path(history_path), config) if world.leads else rows)
    if world.leads:
        folder.save(encoder, encoder_path)
    return facts_of(history)


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
    batches = training.batches(config.epochs)
    batches = track(batches, steps, "steps") if training.world.leads else batches
    for epoch in range(config.epochs + 1):
        row = {"epoch": epoch, "step": epoch * training.steps_per_epoch, "steps": steps}
        row |= _train(training, batches) if epoch else _untrained(training)
        yield row | {"validation": validate(training.encoder, validation, config.k, training.world)}


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
        say(line_of(row, config.epochs))
        yield row
