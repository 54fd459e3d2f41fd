import io
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lookalike_components.compare.compare import read_history
from lookalike_components.compare.comparison import paired
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.evaluation import read_evaluation
from lookalike_components.compare.examples import examples
from lookalike_components.compare.provenance import describe_data
from lookalike_components.compare.report import Findings
from lookalike_components.compare.verdict import decide
from lookalike_components.dataset import ShardWriter

CORRUPTIONS = ("blur", "jpeg", "crop", "rotation", "light", "noise", "occlusion", "downscale")
PICTURE = ["image_id", "uri", "label", "shard", "offset", "nbytes"]
BINS = np.linspace(-1, 1, 201)


def measure(folder, pictures, vectors, level):
    """Adds to an evaluation's folder what *evaluate* measures beside the ranking; ``level`` is how good it looks."""
    path = folder / "evaluation.json"
    facts = json.loads(path.read_text())
    means = {"recall_at_1": level, "map_at_r": level - 0.1}
    cells = [
        {"corruption": name, "severity": severity, "recall_at_1": level / severity, "map_at_r": level / severity / 2}
        for name in CORRUPTIONS
        for severity in (1, 2, 3)
    ]
    facts |= {
        "macro": facts["metrics"],
        "leave_one_out": {"queries": len(pictures), "metrics": facts["metrics"]},
        "threshold": {
            "value": level,
            "low": level - 0.1,
            "high": level + 0.05,
            "rate": 0.05,
            "index_size": 48,
            "search_rate": 0.02,
            "searches": 24,
            "labels": 6,
            "compared": 20.0,
            "supported": False,
            "recall": 0.4,
            "test": {"true_matches": 0.41, "false_matches": 0.0123, "true_searches": 0.83, "false_searches": 0.04},
        },
        "space": {"effective_dimension": 12.3, "dimension": 64, "skewness": 1.5, "most": 9, "orphans": 0.125},
        "robustness": {"queries": 48, "untouched": means, "cells": cells},
        "distractors": [{"size": size, **means} for size in (48, 96)],
        "forgetting": {"set": "drawings", "images": 300, **means},
        "cost": {"seconds": 1.5, "images": 48, "images_per_second": 32.0, "peak_memory_mb": 512.0},
    }
    path.write_text(json.dumps(facts))
    pictures[PICTURE].assign(is_query=True).to_parquet(folder / "sample.parquet", index=False)
    np.save(folder / "sample.npy", vectors)
    pairs_by_cosine(vectors, pictures["label"].to_numpy()).to_parquet(folder / "curve.parquet", index=False)


def pairs_by_cosine(vectors, labels):
    first, second = np.triu_indices(len(labels), 1)
    cosines, same = (vectors @ vectors.T)[first, second].clip(-1, 1), labels[first] == labels[second]
    kinds = {"same": cosines[same], "different": cosines[~same]}
    counts = {
        f"{subset}_{kind}": np.histogram(of, BINS)[0] for subset in ("validation", "test") for kind, of in kinds.items()
    }
    return pd.DataFrame({"cosine": BINS[:-1], **counts})


def vectors_around(labels, spread, seed=0):
    """Unit vectors float32 [n, 16]: those of one label lie around one direction."""
    generator = np.random.default_rng(seed)
    directions = {label: generator.normal(size=16) for label in sorted(set(labels))}
    vectors = np.stack([directions[label] + spread * generator.normal(size=16) for label in labels])
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="session")
def measured(drawings, tmp_path_factory):
    """Names of folders with everything that *evaluate* measures, ready for ``drawings.compare``: before and after."""
    home = tmp_path_factory.mktemp("measured")
    tested = drawings.table[drawings.table["subset"] == "query"].reset_index(drop=True)
    for name, spread, level in (("grey", 1.0, 0.5), ("colour", 0.2, 0.8)):
        shutil.copytree(drawings.folder / name, home / name)
        measure(home / name, tested, vectors_around(tested["label"], spread), level)
    return home / "grey", home / "colour"


@pytest.fixture(scope="session")
def findings(drawings, measured):
    """What the report of the measured evaluations tells."""
    return found(drawings, *measured)


@pytest.fixture(scope="session")
def old_findings(drawings):
    """The same from folders of an earlier version, which hold a ranking and nothing else."""
    reference, candidate = (
        replace(
            evaluation,
            facts={
                name: fact
                for name, fact in evaluation.facts.items()
                if name in {"role", "k", "encoder", "queries", "index", "left_out", "by_views", "metrics"}
            },
        )
        for evaluation in (read_evaluation(drawings.folder / name) for name in ("grey", "colour"))
    )
    return told(drawings, reference, candidate)


def found(bench, reference, candidate):
    return told(bench, read_evaluation(reference), read_evaluation(candidate))


def told(bench, reference, candidate):
    config = CompareConfig()
    data = describe_data(bench.folder / "table.parquet")
    comparison = paired(reference, candidate, config)
    history = read_history(bench.folder / "history.jsonl")
    verdict = decide(comparison, data.suspects.leaks, config)
    return Findings(verdict, comparison, examples(reference, candidate), reference, candidate, history, data, config)


@pytest.fixture(scope="session")
def noise(tmp_path_factory):
    """A table of 300 pictures of nothing but noise, four of each label: the heaviest thumbnails that there are."""
    generator = np.random.default_rng(0)
    places = []
    with ShardWriter(tmp_path_factory.mktemp("noise") / "store") as writer:
        for _ in range(300):
            written = io.BytesIO()
            Image.fromarray(generator.integers(256, size=(144, 144, 3), dtype=np.uint8)).save(written, "PNG")
            places.append(writer.add(written.getvalue(), "PNG"))
    rows = {name: [getattr(place, name) for place in places] for name in ("image_id", "shard", "offset", "nbytes")}
    return pd.DataFrame(rows).assign(
        uri=[f"{number}.png" for number in range(300)], label=[f"thing {number // 4}" for number in range(300)]
    )
