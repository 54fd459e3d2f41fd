"""Measures an encoder on the test subset of an image table; nothing else ever opens that subset."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from lookalike_components.dataset import load_pixels, read_table
from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.folder import digest, load
from lookalike_components.encoder.model import Encoder, build
from lookalike_components.evaluate.config import EvaluateConfig
from lookalike_components.evaluate.evaluation import Facts, write_evaluation
from lookalike_components.evaluate.matches import matches
from lookalike_components.evaluate.search import search
from lookalike_components.evaluate.subset import Examination, open_test
from lookalike_components.pixels import view
from lookalike_components.progress import track
from lookalike_components.retrieval import check_k
from lookalike_components.storage import download_folder

Pixels = npt.NDArray[np.uint8]

BATCH_SIZE = 64
SEED_OF_VIEWS = 0
"""The same views for every encoder."""


def evaluate(
    table_path: str | Path,
    evaluation_path: str | Path,
    config: EvaluateConfig,
    encoder_path: str | Path | None = None,
) -> dict[str, int | float]:
    """Searches for every test query among the test index and writes down what was found and how good that is.

    Args:
        table_path: Image table with subsets; rows `query` and `index` are read.
        evaluation_path: Folder to write: ``evaluation.json``, ``queries.parquet``, ``index.parquet``.
        config: Role, k, and the encoder to measure where none is given: a URI, or the pretrained backbone.
        encoder_path: An encoder's folder; None for the one that ``config`` names.

    Returns:
        Numbers of queries and index images, the means that people ask for first, and what the encoder's threshold is
        worth where it has one.

    Raises:
        UserError: There is no query, none that can be answered, or k is larger than the index.
    """
    test = open_test(read_table(table_path))
    check_k(config.k, len(test.index), test.left_out)
    encoder, known_as = _encoder(config, encoder_path)
    vectors = _embed(encoder, test)
    ranking = search(test, vectors, config.k)
    identity = {**encoder.config.model_dump(mode="json"), "digest": known_as}
    facts = Facts(role=config.role, k=config.k, encoder=identity)
    means = write_evaluation(evaluation_path, facts, test, ranking)
    counts = {"queries": len(ranking.judged), "index_images": len(test.index)}
    asked_first = {name: means[name] for name in ("precision_at_k", "recall_at_1", "map_at_r")}
    return counts | asked_first | matches(encoder.config.threshold, test, vectors)


def _encoder(config: EvaluateConfig, path: str | Path | None) -> tuple[Encoder, str]:
    """The encoder to measure, with the digest of its folder; a pretrained backbone has none."""
    if path:
        return load(path), digest(path)
    if not config.encoder_uri:
        return build(**config.pretrained()), ""
    with TemporaryDirectory(prefix="lookalike-encoder-") as scratch:
        download_folder(config.encoder_uri, Path(scratch))
        return load(scratch), digest(scratch)


def _embed(encoder: Encoder, test: Examination) -> npt.NDArray[np.float32]:
    """One row for each of ``test.images``."""
    config = encoder.config
    images = load_pixels(test.images, config.input_size, config.resize, BATCH_SIZE, config.aspect)
    batches = _with_views(images, len(test.queries)) if test.by_views else images
    return encode(encoder, track(batches, len(test.images), "images", each=BATCH_SIZE))


def _with_views(batches: Iterator[Pixels], queries: int) -> Iterator[Pixels]:
    """Puts a view in the place of each of the first pictures, those that are asked for."""
    number = 0
    for batch in batches:
        for place in range(min(len(batch), queries - number)):
            batch[place] = view(batch[place], np.random.default_rng([SEED_OF_VIEWS, number + place]))
        number += len(batch)
        yield batch
