"""The image table: one row an image, in the order of the source; what the steps hand to each other."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.storage import replacing
from lookalike_components.storage.parquet import as_frame, read_arrow

SUBSETS = ("train", "validation", "query", "index")

SCHEMA = {
    "image_id": pa.string(),  # sha256 of the file's bytes, in hex
    "uri": pa.string(),  # where the image came from
    "position": pa.int64(),  # place in the source from 0 on; refused images count
    "shard": pa.string(),  # URI of the tar that holds the bytes
    "offset": pa.int64(),  # of the image's first byte within the tar
    "nbytes": pa.int64(),
    "format": pa.string(),
    "width": pa.int64(),  # pixels of the upright image
    "height": pa.int64(),
    "perceptual_hash": pa.string(),  # 16 hexadecimal digits; null where it is not known
    "label": pa.string(),  # null until labelled
    "subset": pa.string(),  # null until split, and where an image is left out
}
COLUMNS = tuple(SCHEMA)
LABEL_NOW = "label_now"
"""A column beside these, where a test set is frozen: the label that the source gives an image by now; null where the
source does not have it any more."""


def read_table(path: str | Path) -> pd.DataFrame:
    """Reads an image table.

    Returns:
        The columns of `COLUMNS`, in this order, then those that the source brought; missing labels are None.

    Raises:
        UserError: There is no such file, or it is no image table.
    """
    try:
        table = read_arrow(path)
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist") from error
    except pa.ArrowInvalid as error:
        raise UserError(f"{path} is no image table: it is not a Parquet file") from error
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise UserError(f"{path} is no image table: it has no column {', '.join(missing)}")
    return as_frame(table, whole_numbers=True)


def write_table(frame: pd.DataFrame, path: str | Path) -> None:
    """Writes an image table, whole or not at all.

    Args:
        frame: The columns of `COLUMNS` and any others; its index is not kept.
        path: Parquet file to write.

    Raises:
        LookalikeError: A column is missing or of the wrong type, or the disk is full.
    """
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise LookalikeError(f"an image table needs the column {', '.join(missing)}")
    table = _arrow(frame)
    with replacing(path) as temporary:
        pq.write_table(table, temporary)


def are_unlabelled(images: pd.DataFrame) -> bool:
    """Whether nobody said what any of these images shows: each has its own id for a label, as the rule none has it."""
    return len(images) > 0 and bool((images["label"] == images["image_id"]).all())


def _arrow(frame: pd.DataFrame) -> pa.Table:
    extra = frame.drop(columns=list(COLUMNS))
    try:
        known = pa.Table.from_pandas(frame[list(COLUMNS)], pa.schema(list(SCHEMA.items())), preserve_index=False)
        others = pa.Table.from_pandas(extra, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise LookalikeError(f"an image table cannot be made of these columns: {error}") from error
    for name in others.column_names:
        known = known.append_column(name, others[name])
    return known
