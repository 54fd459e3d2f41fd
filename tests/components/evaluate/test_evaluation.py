"""What an evaluation leaves in its folder."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from lookalike_components import retrieval
from lookalike_components.dataset import read_table, write_table
from lookalike_components.encoder import folder
from lookalike_components.evaluate.config import EvaluateConfig
from lookalike_components.evaluate.embedding import embed
from lookalike_components.evaluate.evaluate import evaluate
from lookalike_components.evaluate.evaluation import _with_nulls
from lookalike_components.evaluate.subset import open_test


@pytest.fixture
def table(make_table):
    """Red sets the threshold with green; of blue and white the first picture asks; the source knew of shops."""
    subsets = {"red": "validation", "green": "validation"}
    path = make_table(lambda label, number: subsets.get(label, "index" if number else "query"))
    write_table(read_table(path).assign(shop=["north", "south"] * 8), path)
    return path


@pytest.fixture
def written(table, encoder, tmp_path):
    """The folder of an evaluation with everything switched on."""
    folder.save(encoder, tmp_path / "encoder")
    config = EvaluateConfig(k=2, robustness_queries=2)
    evaluate(table, tmp_path / "evaluation", config, tmp_path / "encoder")
    return tmp_path / "evaluation"


@pytest.mark.slow
def test_everything_that_was_measured_is_in_one_place(written, table, encoder):
    told = json.loads((written / "evaluation.json").read_text())
    sections = ["macro", "neighbours", "space", "threshold", "leave_one_out", "robustness", "distractors", "forgetting"]
    assert list(told)[-9:] == [*sections, "cost"]
    assert told["neighbours"] == {"method": "exact", "recall": 1.0}
    assert (told["robustness"]["queries"], len(told["robustness"]["cells"])) == (2, 24)
    assert told["forgetting"]["images"] == 300
    assert told["distractors"] == []
    cost = told["cost"]
    assert (cost["images"], cost["images_per_second"]) == (8, pytest.approx(8 / cost["seconds"]))
    assert 100 < cost["peak_memory_mb"] < 10_000

    test = open_test(read_table(table))
    vectors = embed(encoder, test.images)
    ranking = retrieval.rank_leave_one_out(vectors, test.images["label"].tolist(), 2)
    assert told["leave_one_out"] == {"queries": 8, "metrics": retrieval.means(ranking.metrics(2))}
    assert told["space"]["dimension"] == 512
    assert told["space"]["effective_dimension"] == pytest.approx(retrieval.effective_dimension(vectors[2:]))
    assert told["space"]["most"] == 2

    queries = pd.read_parquet(written / "queries.parquet")
    expected = retrieval.macro_means({name: queries[name].to_numpy() for name in told["macro"]}, queries["label"])
    assert told["macro"] == expected

    sample = pd.read_parquet(written / "sample.parquet")
    assert sample["is_query"].tolist() == [True] * 2 + [False] * 6
    np.testing.assert_allclose(np.load(written / "sample.npy"), vectors, atol=1e-6)

    curve = pd.read_parquet(written / "curve.parquet")
    assert (len(curve), curve["cosine"].iloc[0], curve["cosine"].iloc[-1]) == (200, -1, pytest.approx(0.99))
    assert curve.drop(columns="cosine").sum().to_dict() == {
        "validation_same": 12,
        "validation_different": 16,
        "test_same": 12,
        "test_different": 16,
    }


def test_columns_of_the_source_become_slices_where_they_differ(make_table, encoder, tmp_path):
    path = make_table(lambda _label, _number: "query")
    write_table(read_table(path).assign(shop=["north", "south"] * 8, country="here"), path)
    folder.save(encoder, tmp_path / "encoder")
    config = EvaluateConfig(robustness_queries=0, forgetting=False)
    evaluate(path, tmp_path / "evaluation", config, tmp_path / "encoder")
    queries = pd.read_parquet(tmp_path / "evaluation" / "queries.parquet")
    assert queries["slice_shop"].tolist() == ["north", "south"] * 8
    assert "slice_country" not in queries


def test_what_is_no_number_in_json_is_null():
    assert _with_nulls({"a": [1.5, math.nan], "b": {"c": math.inf, "d": "text", "e": 3}}) == {
        "a": [1.5, None],
        "b": {"c": None, "d": "text", "e": 3},
    }
