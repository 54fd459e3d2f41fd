"""Measures an encoder on the test subset of an image table; nothing else ever opens that subset."""

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lookalike_components.dataset import read_table
from lookalike_components.encoder.folder import digest, load
from lookalike_components.encoder.model import Encoder, build
from lookalike_components.evaluate.config import EvaluateConfig
from lookalike_components.evaluate.distractors import with_distractors
from lookalike_components.evaluate.embedding import embed_test, peak_memory
from lookalike_components.evaluate.evaluation import Evidence, Facts, write_evaluation
from lookalike_components.evaluate.forgetting.forgetting import forgetting
from lookalike_components.evaluate.robustness.robustness import robustness
from lookalike_components.evaluate.search import search, search_the_others
from lookalike_components.evaluate.subset import open_test
from lookalike_components.evaluate.threshold import Measured, described, measured, of_each_query, redrawn, set_threshold
from lookalike_components.retrieval import Calibration, check_k
from lookalike_components.storage import download_folder


def evaluate(
    table_path: str | Path,
    evaluation_path: str | Path,
    config: EvaluateConfig,
    encoder_path: str | Path | None = None,
) -> dict[str, int | float]:
    """Searches for every test query among the test index and writes down what was found and how good that is.

    The threshold is set on the validation pictures before the test is opened, and measured on the test.

    Args:
        table_path: Image table with subsets; rows `query` and `index` are the test.
        evaluation_path: Folder to write: see `write_evaluation`.
        config: Role, k, what else is measured, and the encoder where none is given: a URI, or the pretrained backbone.
        encoder_path: An encoder's folder; None for the one that ``config`` names.

    Returns:
        Numbers of queries and index images, the means that people ask for first, the threshold and what it is worth
        where there is one, and images a second.

    Raises:
        UserError: There is no query, none that can be answered, or k is larger than the index.
    """
    table = read_table(table_path)
    test = open_test(table)
    check_k(config.k, len(test.index), test.most_left_out)
    encoder, known_as = _encoder(config, encoder_path)
    calibration, validation = set_threshold(encoder, table, config)
    vectors, cost = embed_test(encoder, test)
    ranking = search(test, vectors, config.k)
    matched = measured(calibration, test, vectors) if calibration else None
    sections = {
        "threshold": described(calibration, matched, table, config),
        "leave_one_out": search_the_others(test, vectors, config.k),
        "robustness": robustness(encoder, test, vectors, ranking.judged, config.robustness_queries),
        "distractors": with_distractors(encoder, table, test, vectors, ranking.judged),
        "forgetting": forgetting(encoder) if config.forgetting else None,
        "cost": {**asdict(cost), "peak_memory_mb": peak_memory()},
    }
    redraws = redrawn(calibration, matched, ranking.judged) if calibration and matched else None
    evidence = Evidence(vectors, validation, sections, of_each_query(matched, ranking.judged), redraws)
    identity = {**encoder.config.model_dump(mode="json"), "digest": known_as}
    means = write_evaluation(
        evaluation_path, Facts(role=config.role, k=config.k, encoder=identity), test, ranking, evidence
    )
    counts = {"queries": len(ranking.judged), "index_images": len(test.index)}
    asked_first = {name: means[name] for name in ("precision_at_k", "recall_at_1", "map_at_r")}
    return counts | asked_first | _told(calibration, matched) | {"images_per_second": cost.images_per_second}


def _encoder(config: EvaluateConfig, path: str | Path | None) -> tuple[Encoder, str]:
    """The encoder to measure, with the digest of its folder; a pretrained backbone has none."""
    if path:
        return load(path), digest(path)
    if not config.encoder_uri:
        return build(**config.pretrained()), ""
    with TemporaryDirectory(prefix="lookalike-encoder-") as scratch:
        download_folder(config.encoder_uri, Path(scratch))
        return load(scratch), digest(scratch)


def _told(calibration: Calibration | None, matched: Measured | None) -> dict[str, float]:
    """The threshold for a step's metrics, which know no number that is none."""
    if calibration is None or matched is None:
        return {}
    shares = {name: share for name, share in matched.chosen.shares().items() if np.isfinite(share)}
    return {"threshold": calibration.threshold, **shares}
