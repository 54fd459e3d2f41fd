"""What an evaluation leaves behind: a folder that `compare` reads."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lookalike_components.evaluate.search import NEIGHBOURS_KEPT
from lookalike_components.evaluate.subset import Examination
from lookalike_components.retrieval import Ranking, means
from lookalike_components.storage.folders import new_folder

PICTURE = ["image_id", "uri", "label", "shard", "offset", "nbytes"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured: role, k, and the encoder's own description with its digest."""

    role: str
    k: int
    encoder: dict[str, Any]


def write_evaluation(folder: str | Path, facts: Facts, test: Examination, ranking: Ranking) -> dict[str, float]:
    """Writes the folder of an evaluation, whole or not at all, and gives the mean of every metric.

    ``evaluation.json`` holds role, k, numbers of queries and index images, the encoder and the means;
    ``queries.parquet`` one row a judged query with every metric, its margin, its R, and its first ten neighbours with
    their scores; ``index.parquet`` the pictures that the neighbours' positions point into.
    """
    values = ranking.metrics(facts.k)
    mean = means(values)
    counts = {
        "queries": len(ranking.judged),
        "index": len(test.index),
        "left_out": test.left_out,
        "by_views": test.by_views,
    }
    with new_folder(folder) as draft:
        _queries(test, ranking).assign(**values).to_parquet(draft / "queries.parquet", index=False)
        test.index[PICTURE].to_parquet(draft / "index.parquet", index=False)
        description = json.dumps({**asdict(facts), **counts, "metrics": mean}, indent=2)
        (draft / "evaluation.json").write_text(description + "\n", encoding="utf-8")
    return mean


def _queries(test: Examination, ranking: Ranking) -> pd.DataFrame:
    pictures = test.queries.loc[ranking.judged, PICTURE].reset_index(drop=True)
    return pictures.assign(
        relevant=ranking.relevant,
        margin=ranking.margins(),
        neighbours=list(ranking.positions[:, :NEIGHBOURS_KEPT]),
        scores=list(ranking.scores[:, :NEIGHBOURS_KEPT]),
    )
