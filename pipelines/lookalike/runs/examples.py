"""Queries that fine-tuning fixed and broke, as one sheet of pictures."""

from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from lookalike.display.sprites import matches_sheet, stack
from lookalike_components.dataset import read_image
from lookalike_components.errors import UserError
from lookalike_components.storage.parquet import read_parquet

if TYPE_CHECKING:
    from PIL import Image

    from lookalike.runs import Run

TOLD = ("fixed", "broken")
MOST_OF_EACH = 4


def write_examples(run: "Run") -> Path:
    """Writes ``examples.png`` into the run's folder: query, matches before, matches after.

    Raises:
        UserError: Fine-tuning changed the first match of no query.
    """
    comparison = run.backend.artifact(run.name, "comparison")
    queries = read_parquet(comparison / "examples.parquet")
    index = read_parquet(run.backend.artifact(run.name, "evaluation") / "index.parquet")
    chosen = pd.concat([queries[queries["outcome"] == outcome].head(MOST_OF_EACH) for outcome in TOLD])
    if chosen.empty:
        raise UserError(f"{run.name} changed the first match of no query; its report shows those still wrong")
    path = comparison.parent / "examples.png"
    stack(list(_sheets(chosen, index, run.metrics()["k"]))).save(path)
    return path


def _sheets(queries: pd.DataFrame, index: pd.DataFrame, k: int) -> "Iterator[Image.Image]":
    for query in queries.to_dict("records"):
        before = _matches(index, query["found_before"][:k], query["right_before"][:k])
        after = _matches(index, query["found_after"][:k], query["right_after"][:k])
        yield matches_sheet(_picture(query), before, after)


def _matches(index: pd.DataFrame, found: Sequence[int], right: Sequence[bool]) -> list[tuple[bytes, bool]]:
    rows = index.iloc[list(found)].to_dict("records")
    return [(_picture(row), bool(is_right)) for row, is_right in zip(rows, right, strict=True)]


def _picture(row: dict[Hashable, Any]) -> bytes:
    return read_image(row["shard"], row["offset"], row["nbytes"])
