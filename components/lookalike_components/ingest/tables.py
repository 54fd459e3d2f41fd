"""The two tables that *ingest* writes: images and quarantine."""

from typing import cast

import pandas as pd
import pyarrow as pa

from lookalike_components.dataset import Places, as_ids
from lookalike_components.errors import LookalikeError
from lookalike_components.storage.parquet import as_frame

TOLD = ["image_id", "nbytes", "format", "width", "height", "perceptual_hash"]


def quarantine_of(listing: pd.DataFrame, entries: pa.Table) -> pd.DataFrame:
    """What was refused: ``uri, position, reason``."""
    refused = entries["reason"].is_valid().to_numpy()
    rows = listing.loc[refused, ["uri"]].rename_axis("position").reset_index()
    reasons = as_frame(entries.select(["reason"]).filter(pa.array(refused)))
    return cast(pd.DataFrame, rows[["uri", "position"]].join(reasons))


def images_of(listing: pd.DataFrame, entries: pa.Table, places: Places | None) -> pd.DataFrame:
    """The image table of what was accepted.

    Args:
        listing: As the source gives it.
        entries: What came of each of its rows.
        places: Where the images lie; None where the listing says so itself.

    Raises:
        LookalikeError: An image is not in the store.
    """
    accepted = entries["reason"].is_null().to_numpy()
    told = as_frame(entries.select(TOLD).filter(pa.array(accepted)))
    rows = listing[accepted].drop(columns=["nbytes", "version"]).rename_axis("position").reset_index()
    empty = {name: None for name in ("label", "subset") if name not in rows}
    images = pd.concat([rows, told], axis=1).assign(**empty)
    located = images if places is None else images.join(_located(told["image_id"], places))
    return cast(pd.DataFrame, located)


def _located(image_ids: "pd.Series[str]", places: Places) -> pd.DataFrame:
    rows = places.find(as_ids(image_ids.to_numpy()))
    if (rows < 0).any():
        raise LookalikeError(f"the image {image_ids[rows < 0].iloc[0]} has vanished from the store; run ingest again")
    return places.at(rows)[["shard", "offset"]]
