"""Reads what `evaluate` left behind, and makes sure that two evaluations can be compared."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lookalike_components.compare.sample import Sample, read_curve, read_sample, read_thresholds
from lookalike_components.errors import UserError
from lookalike_components.retrieval.metrics import Values
from lookalike_components.storage.parquet import read_parquet

FILES = ("evaluation.json", "queries.parquet", "index.parquet")
SLICE = "slice_"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How one encoder answered the queries of the test.

    Attributes:
        facts: ``evaluation.json``: role, k, numbers of queries and index images, the encoder, the mean of each metric.
        queries: One row a query: the picture, every metric, the margin, neighbours (positions) and their scores.
        index: The pictures that the neighbours' positions point into.
        sample: Some of the test pictures with their vectors; None in folders of earlier versions.
        curve: How many pairs have which cosine; None in folders of earlier versions.
        thresholds: By choices of the validation labels, where the ``threshold`` would lie, and the mean share of
            ``false_matches`` then; None without a threshold, and in folders of earlier versions.
    """

    facts: dict[str, Any]
    queries: pd.DataFrame
    index: pd.DataFrame
    sample: Sample | None = None
    curve: pd.DataFrame | None = None
    thresholds: pd.DataFrame | None = None

    @property
    def k(self) -> int:
        """The rank at which its metrics at k are cut off."""
        return int(self.facts["k"])

    @property
    def encoder_digest(self) -> str:
        """What tells its encoder from others; empty for a pretrained backbone."""
        return str(self.facts["encoder"].get("digest", ""))

    @property
    def means(self) -> dict[str, float]:
        """The mean of each metric."""
        return dict(self.facts["metrics"])

    @property
    def values(self) -> dict[str, Values]:
        """Each metric for each query: float64 [q] by name."""
        return {name: self.queries[name].to_numpy() for name in self.means}

    @property
    def slices(self) -> dict[str, list[str | None]]:
        """What its queries can be grouped by: [q] by name, None where a query has no value."""
        columns = [name for name in map(str, self.queries) if name.startswith(SLICE)]
        return {
            name.removeprefix(SLICE): [value if isinstance(value, str) else None for value in self.queries[name]]
            for name in columns
        }


def read_evaluation(folder: str | Path) -> Evaluation:
    """Reads the folder of an evaluation.

    Raises:
        UserError: It is not such a folder.
    """
    missing = [name for name in FILES if not Path(folder, name).is_file()]
    if missing:
        raise UserError(f"{folder} is no evaluation (it has no {missing[0]}); pass a folder that evaluate wrote")
    facts = json.loads(Path(folder, "evaluation.json").read_text(encoding="utf-8"))
    queries, index = (read_parquet(Path(folder, name)) for name in FILES[1:])
    return Evaluation(facts, queries, index, read_sample(folder), read_curve(folder), read_thresholds(folder))


def check_comparable(reference: Evaluation, candidate: Evaluation) -> None:
    """Refuses two evaluations that did not answer the same questions.

    Raises:
        UserError: They differ in k, in their queries, or in their index.
    """
    if reference.k != candidate.k:
        raise UserError(
            f"the reference was evaluated at k {reference.k} and the candidate at k {candidate.k}; use one k for both"
        )
    for name in ("queries", "index"):
        before, after = (getattr(side, name)[["image_id", "label"]] for side in (reference, candidate))
        if not before.equals(after):
            raise UserError(f"the two evaluations differ in their {name}; evaluate both encoders on one table")
