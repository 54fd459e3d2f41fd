"""Picks the backbone that finds most without training, on labels that training does not see."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lookalike_components import retrieval
from lookalike_components.choose.config import ChooseConfig
from lookalike_components.dataset import load_pixels, read_table
from lookalike_components.encoder.backbones import AUTO, backbone
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder, build
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.progress import Facts, say, track

METRIC = "map_at_r"
BATCH_SIZE = 64


class Chosen(NamedTuple):
    """The backbone that the later steps start from.

    Attributes:
        model: Its name.
        facts: What is worth telling; nothing where the name was given.
    """

    model: str
    facts: Facts


def choose(table_path: str | Path, scores_path: str | Path, config: ChooseConfig) -> Chosen:
    """Measures the candidates on the validation pictures, each searched among all the others, and takes the best.

    A candidate whose weights cannot be had, or that cannot take the input size, is left out, which the log tells.
    The test subset is never looked at.

    Args:
        table_path: Image table with labels and subsets; rows ``validation`` are read, or ``train`` where there are too
            few.
        scores_path: JSON file to write: the model, what it was chosen on, and every candidate's score.
        config: The model, where it is named, or the candidates.

    Raises:
        UserError: No label has two pictures, so that nothing can be measured.
        LookalikeError: No candidate's weights could be had.
    """
    if config.model != AUTO:
        _write(scores_path, {"model": config.model, "images": 0, "scores": []})
        return Chosen(config.model, {})
    rows = _pictures(read_table(table_path), config, table_path)
    scores = list(_scores(rows, config))
    measured = [score for score in scores if METRIC in score]
    if not measured:
        reasons = "; ".join(score["left_out"] for score in scores)
        raise LookalikeError(
            f"model is auto, but no candidate could be measured ({reasons}); name a model, or its weights"
        )
    best = max(measured, key=lambda score: score[METRIC])
    said = {"model": best["model"], "images": len(rows), "labels": rows["label"].nunique(), "scores": scores}
    _write(scores_path, said)
    return Chosen(best["model"], {"model": best["model"], "candidates": len(measured), METRIC: best[METRIC]})


def _pictures(table: pd.DataFrame, config: ChooseConfig, path: str | Path) -> pd.DataFrame:
    """Pictures of whole labels with two or more each, of validation where it has any."""
    rng = np.random.default_rng(config.seed)
    for subset in ("validation", "train"):
        rows = table[(table["subset"] == subset) & table["label"].notna()]
        sizes = rows["label"].value_counts(sort=False)
        labels = rng.permutation(np.sort(sizes.index[sizes > 1].to_numpy(dtype=str)))
        enough = labels[: max(2, int((sizes[labels].cumsum() <= config.images).sum()))]
        if len(enough) > 1:
            return rows[rows["label"].isin(enough)]
    raise UserError(
        f"model is auto, but {path} has no two labels with two pictures each to compare backbones on; name a model"
    )


def _scores(rows: pd.DataFrame, config: ChooseConfig) -> Iterator[dict[str, Any]]:
    for model in config.candidates:
        row = backbone(model)
        known = {"model": model, "licence": row.licence, "dimension": row.dimension}
        try:
            encoder = build(**{**config.pretrained(), "model": model})
        except LookalikeError as error:
            say(f"{model} is left out: {error}")
            yield {**known, "left_out": str(error)}
            continue
        means = _measured(encoder, rows)
        say(f"{model}: MAP@R {means[METRIC]:.3f}, R@1 {means['recall_at_1']:.3f} without training")
        yield {**known, METRIC: means[METRIC], "recall_at_1": means["recall_at_1"]}


def _measured(encoder: Encoder, rows: pd.DataFrame) -> dict[str, float]:
    config = encoder.config
    batches = load_pixels(rows, config.input_size, config.resize, BATCH_SIZE, config.aspect)
    vectors = encode(encoder, track(batches, len(rows), "images", each=BATCH_SIZE))
    ranking = retrieval.rank_leave_one_out(vectors, rows["label"].astype(str).tolist(), 1)
    return retrieval.means(ranking.metrics(1))


def _write(path: str | Path, said: dict[str, Any]) -> None:
    Path(path).write_text(json.dumps({"schema_version": 1, **said}, indent=2) + "\n", encoding="utf-8")
