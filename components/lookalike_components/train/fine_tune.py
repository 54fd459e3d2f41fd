"""Fine-tunes a pretrained encoder on the training images of a table, and watches it on the validation labels."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from lookalike_components.dataset import read_table
from lookalike_components.encoder import folder
from lookalike_components.encoder.weights import file_digest
from lookalike_components.errors import UserError
from lookalike_components.progress import Facts, record, say
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.course import Course
from lookalike_components.train.distributed.world import ALONE, World
from lookalike_components.train.keeping.checkpoint import Checkpoints
from lookalike_components.train.keeping.history import facts_of, line_of
from lookalike_components.train.pictures.augmentation import Augmentation
from lookalike_components.train.pictures.pictures import decode
from lookalike_components.train.start import fetch_weights, parent_of, starting_encoder


def fine_tune(
    table_path: str | Path,
    encoder_path: str | Path,
    history_path: str | Path,
    config: TrainConfig,
    world: World = ALONE,
) -> Facts:
    """Trains on the rows of subset ``train`` and writes the encoder that did best on those of ``validation``.

    Runs in this process alone, or in each of those of ``world``; then the leader writes and speaks for all.

    Args:
        table_path: Image table with labels and subsets; the rows of ``query`` and ``index`` are not looked at.
        encoder_path: Where the encoder's folder is to appear.
        history_path: JSON Lines file that gets a row before training and one after every look at the validation labels.
        config: What is trained, from which weights, and how.
        world: The processes that share the work.

    Returns:
        ``steps`` taken, the last ``loss``, and R@1 and MAP@R on the validation labels, before and after.

    Raises:
        UserError: A name or an option is unknown, the table has too little to train on, or there is something at
            ``encoder_path`` already.
        LookalikeError: The weights could not be had, or the loss became infinite.
    """
    folder.check_is_new(encoder_path)
    table = read_table(table_path)
    _check_labels(table, table_path)
    with parent_of(config) as parent:
        world.once_a_machine(lambda: fetch_weights(config))
        encoder = starting_encoder(config, parent, table_path)
    checkpoints = Checkpoints(config.checkpoints, f"{file_digest(Path(table_path))[:16]}-{config.digest()[:16]}")
    with TemporaryDirectory(prefix="lookalike-train-") as scratch:
        size = encoder.config.input_size
        source = max(Augmentation(variant).source_size(size) for variant in config.each_variant())
        pictures = decode(table, "train", encoder.config, source, scratch, world)
        validation = decode(table, "validation", encoder.config, size, scratch, world)
        course = Course(encoder, pictures, validation, config, world, checkpoints)
        rows = course.rows()
        history = list(_recorded(rows, Path(history_path)) if world.leads else rows)
        trained, row = course.encoder()
    if world.leads:
        history += _recorded(iter([row]), Path(history_path))
        folder.save(trained, encoder_path)
    return facts_of([*history, row])


def _check_labels(table: pd.DataFrame, path: str | Path) -> None:
    rows = table[table["subset"] == "train"]
    if unlabelled := int(rows["label"].isna().sum()):
        raise UserError(f"{unlabelled:,} training images in {path} have no label; run the steps label and split first")
    if (classes := rows["label"].nunique()) < 2:
        raise UserError(f"training needs images of 2 labels or more, but {path} has {classes} in its subset train")


def _recorded(rows: Iterator[Facts], history: Path) -> Iterator[Facts]:
    for row in rows:
        record(history, row)
        say(line_of(row))
        yield row
