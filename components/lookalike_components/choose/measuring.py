"""What backbones find without training; loads torch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lookalike_components import retrieval
from lookalike_components.choose.config import ChooseConfig
from lookalike_components.dataset import load_pixels
from lookalike_components.encoder.backbones import backbone
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder, build
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.progress import say, track

METRIC = "map_at_r"
BATCH_SIZE = 64


def pictures(table: pd.DataFrame, config: ChooseConfig, path: str | Path) -> pd.DataFrame:
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


def scores(rows: pd.DataFrame, config: ChooseConfig) -> Iterator[dict[str, Any]]:
    """What becomes of each candidate: its model, licence and dimension, and MAP@R and R@1, or why it was left out."""
    for model in config.candidates:
        row = backbone(model)
        known = {"model": model, "licence": row.licence, "dimension": row.dimension}
        try:
            config.check_backbone(model)
            encoder = build(**{**config.pretrained(), "model": model}, pooling=config.pooling)
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
