"""Fine-tunes a pretrained encoder on the training images of a table, and watches it on the validation labels."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from lookalike_components.dataset import are_unlabelled, read_table
from lookalike_components.encoder import folder
from lookalike_components.errors import UserError
from lookalike_components.progress import Facts, say
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.course import Course
from lookalike_components.train.distributed.world import ALONE, World
from lookalike_components.train.keeping.checkpoint import Checkpoints, key_of
from lookalike_components.train.keeping.history import facts_of
from lookalike_components.train.keeping.logbook import Record, logbook
from lookalike_components.train.pictures.augmentation import Augmentation
from lookalike_components.train.pictures.pictures import decode
from lookalike_components.train.start import agreed, fetch_weights, parent_of, start_new_head, starting_encoder


def fine_tune(
    table_path: str | Path,
    encoder_path: str | Path,
    history_path: str | Path,
    config: TrainConfig,
    world: World = ALONE,
    tensorboard_path: str | Path = "",
) -> Facts:
    """Trains on the rows of subset ``train`` and writes the encoder that did best on those of ``validation``.

    Runs in this process alone, or in each of those of ``world``; then the leader writes and speaks for all.

    Args:
        table_path: Image table with labels and subsets; the rows of ``query`` and ``index`` are not looked at.
        encoder_path: Where the encoder's folder is to appear.
        history_path: JSON Lines file that gets a row before training, one after every look at the validation labels,
            and one about what was kept; what is there is replaced.
        config: What is trained, from which weights, and how.
        world: The processes that share the work.
        tensorboard_path: Folder for TensorBoard events, which tell the same; empty for none.

    Returns:
        ``steps`` taken, the last ``loss``, the ``best_step``, whose weights were kept, and R@1 and MAP@R
        on the validation labels, before and after.

    Raises:
        UserError: A name or an option is unknown, the table has too little to train on, or there is something at
            ``encoder_path`` already.
        LookalikeError: The weights could not be had, or the loss became infinite.
        SystemExit: The process was asked to stop; it left a checkpoint.
    """
    folder.check_is_new(encoder_path)
    table = read_table(table_path)
    _check_labels(table, table_path)
    with parent_of(config) as parent:
        config = _supervised(agreed(config, parent), table)
        world.once_a_machine(lambda: fetch_weights(config))
        encoder = starting_encoder(config, parent, table_path)
    checkpoints = Checkpoints(_place(config, encoder_path), key_of(config, encoder.config), world)
    with TemporaryDirectory(prefix="lookalike-train-") as scratch:
        size = encoder.config.input_size
        source = max(Augmentation(variant).source_size(size) for variant in config.each_variant())
        pictures = decode(table, "train", encoder.config, source, scratch, config, world)
        taken = pictures.pixels.nbytes
        validation = decode(table, "validation", encoder.config, size, scratch, config, world, taken)
        start_new_head(encoder, pictures, config, world)
        course = Course(encoder, pictures, validation, config, world, checkpoints)
        shown = logbook(history_path, tensorboard_path, config) if world.leads else nullcontext(_unheard)
        with course.kept_when_stopped(), shown as tell:
            history = list(_told(course.rows(), tell))
            trained, row = course.encoder()
            tell(row)
    if world.leads:
        folder.save(trained, encoder_path)
    checkpoints.remove()
    return facts_of([*history, row])


def _check_labels(table: pd.DataFrame, path: str | Path) -> None:
    rows = table[table["subset"] == "train"]
    if unlabelled := int(rows["label"].isna().sum()):
        raise UserError(f"{unlabelled:,} training images in {path} have no label; run the steps label and split first")
    if (classes := rows["label"].nunique()) < 2:
        raise UserError(f"training needs images of 2 labels or more, but {path} has {classes} in its subset train")


def _supervised(config: TrainConfig, table: pd.DataFrame) -> TrainConfig:
    """The settings, with views to learn from where the training images have no labels; the first variant is taken then.

    Raises:
        UserError: Views are not to be had with these settings.
    """
    if config.supervision == "views" or not are_unlabelled(table[table["subset"] == "train"]):
        return config
    say("the training images have no labels: what belongs together are views of one image")
    return TrainConfig.from_arguments({**config.model_dump(), "supervision": "views", "variants": config.variants[:1]})


def _place(config: TrainConfig, encoder_path: str | Path) -> str:
    """Where checkpoints go; "" for nowhere."""
    place = config.checkpoints or str(Path(encoder_path).absolute().parent)
    return place if config.checkpoint_every else ""


def _told(rows: Iterable[Facts], tell: Record) -> Iterator[Facts]:
    for row in rows:
        tell(row)
        yield row


def _unheard(_row: Facts) -> None:
    """Takes a row of a process that does not lead: all of them make the same."""
