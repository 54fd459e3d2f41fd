"""What an evaluation leaves behind: a folder that `compare` reads."""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lookalike_components.evaluate.sample import PICTURE, sample
from lookalike_components.evaluate.search import NEIGHBOURS_KEPT
from lookalike_components.evaluate.slices import slices
from lookalike_components.evaluate.subset import Examination, Vectors
from lookalike_components.retrieval import (
    Curve,
    Ranking,
    curve,
    effective_dimension,
    hubness,
    macro_means,
    means,
)
from lookalike_components.retrieval.metrics import Values
from lookalike_components.storage.folders import new_folder


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured: role, k, and the encoder's own description with its digest."""

    role: str
    k: int
    encoder: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of an encoder beyond its ranking; what could not be had is None.

    Attributes:
        vectors: float32 ``[n, d]``, one for each row of ``test.images``.
        validation: The pairs of validation pictures by cosine.
        sections: Further parts of ``evaluation.json`` by name.
        columns: Further columns of ``queries.parquet``: a number for each judged query.
        thresholds: Where other validation labels would have put the threshold, and what would match; None without one.
    """

    vectors: Vectors
    validation: Curve
    sections: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, Values] = field(default_factory=dict)
    thresholds: pd.DataFrame | None = None


def write_evaluation(
    folder: str | Path, facts: Facts, test: Examination, ranking: Ranking, evidence: Evidence | None = None
) -> dict[str, float]:
    """Writes the folder of an evaluation, whole or not at all, and gives the mean of every metric.

    ``evaluation.json`` holds role, k, numbers of queries and index images, the encoder, the means, and the sections of
    the evidence; ``queries.parquet`` one row a judged query with every metric, its margin, its R, its first ten
    neighbours with their scores, and its slices; ``index.parquet`` the pictures that the neighbours' positions point
    into. With evidence, ``curve.parquet`` has the pairs by cosine, ``sample.npy`` and ``sample.parquet`` some vectors
    and their pictures, and ``thresholds.parquet`` how the threshold comes out by other validation labels.
    """
    values = ranking.metrics(facts.k)
    mean = means(values)
    counts = {
        "queries": len(ranking.judged),
        "index": len(test.index),
        "left_out": test.left_out,
        "by_views": test.by_views,
    }
    queries = _queries(test, ranking)
    told = {
        **asdict(facts),
        **counts,
        "metrics": mean,
        "macro": macro_means(values, queries["label"].tolist()),
        "neighbours": {"method": ranking.method, "recall": ranking.recall},
    }
    with new_folder(folder) as draft:
        if evidence:
            queries = queries.assign(**evidence.columns)
            told |= {"space": _space(test, ranking, evidence.vectors), **evidence.sections}
            _write_evidence(draft, test, evidence)
        queries.assign(**values).to_parquet(draft / "queries.parquet", index=False)
        test.index[PICTURE].to_parquet(draft / "index.parquet", index=False)
        description = json.dumps(_with_nulls(told), indent=2, allow_nan=False)
        (draft / "evaluation.json").write_text(description + "\n", encoding="utf-8")
    return mean


def _queries(test: Examination, ranking: Ranking) -> pd.DataFrame:
    rows = test.queries.loc[ranking.judged]
    return (
        rows[PICTURE]
        .reset_index(drop=True)
        .assign(
            relevant=ranking.relevant,
            margin=ranking.margins(),
            neighbours=list(ranking.positions[:, :NEIGHBOURS_KEPT]),
            scores=list(ranking.scores[:, :NEIGHBOURS_KEPT]),
            **slices(rows, ranking.relevant),
        )
    )


def _space(test: Examination, ranking: Ranking, vectors: Vectors) -> dict[str, Any]:
    """How many directions the vectors of the index use, and whether a few of its pictures are found by everybody."""
    index = test.searched(vectors)
    return {
        "effective_dimension": effective_dimension(index),
        "dimension": index.shape[1],
        **asdict(hubness(ranking.positions[:, :NEIGHBOURS_KEPT], len(index))),
    }


def _write_evidence(folder: Path, test: Examination, evidence: Evidence) -> None:
    tested = curve(evidence.vectors, test.images["label"].tolist())
    pairs = {
        "cosine": tested.cosine,
        "validation_same": evidence.validation.same,
        "validation_different": evidence.validation.different,
        "test_same": tested.same,
        "test_different": tested.different,
    }
    pd.DataFrame(pairs).to_parquet(folder / "curve.parquet", index=False)
    pictures, vectors = sample(test, evidence.vectors)
    pictures.to_parquet(folder / "sample.parquet", index=False)
    np.save(folder / "sample.npy", vectors)
    if evidence.thresholds is not None:
        evidence.thresholds.to_parquet(folder / "thresholds.parquet", index=False)


def _with_nulls(value: Any) -> Any:
    """The same, with None for numbers that JSON does not know."""
    if isinstance(value, dict):
        return {name: _with_nulls(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_with_nulls(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
