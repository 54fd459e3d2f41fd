"""The threshold comes from the validation pictures, for reference and candidate alike, and is the release's."""

import json

import numpy as np
import pandas as pd
import pytest

from lookalike_components.dataset import LABEL_NOW, read_table, write_table
from lookalike_components.encoder import folder
from lookalike_components.evaluate.config import EvaluateConfig
from lookalike_components.evaluate.embedding import embed
from lookalike_components.evaluate.evaluate import evaluate
from lookalike_components.evaluate.matches import matches
from lookalike_components.evaluate.subset import open_test
from lookalike_components.evaluate.threshold import COLUMNS, set_threshold
from lookalike_components.export.config import ExportConfig
from lookalike_components.export.export import export
from lookalike_components.release.runtime import Release

OFF = {"robustness_queries": 0, "forgetting": False}
SUBSETS = {"red": "validation", "green": "validation", "blue": "query", "white": "query"}


@pytest.fixture
def table_path(make_table):
    """Two labels to set the threshold on, two to test it with."""
    return make_table(lambda label, _number: SUBSETS[label])


def best_of_another_label(vectors, labels, searched, searched_labels):
    """What each search finds where nothing of its label is there."""
    return np.where(labels[:, None] == searched_labels, -1, vectors @ searched.T).max(axis=1)


def test_validation_pictures_are_searched_for_among_themselves_and_those_of_the_training(make_table, encoder):
    subsets = {"red": "validation", "green": "validation", "blue": "train", "white": "query"}
    table = read_table(make_table(lambda label, _number: subsets[label]))
    found, pairs = set_threshold(encoder, table, EvaluateConfig(false_match_rate=0.3, index_size=8))
    parts = [table[table["subset"] == subset] for subset in ("validation", "train")]
    asked, beside = (embed(encoder, part) for part in parts)
    labels, beside_labels = (part["label"].to_numpy() for part in parts)
    best = best_of_another_label(asked, labels, np.concatenate([asked, beside]), np.append(labels, beside_labels))
    assert (found.searches, found.labels, found.compared) == (8, 2, 8)
    assert (best > found.threshold + 1e-6).sum() == 2  # of 8; the third lies just below the threshold
    assert (pairs.same.sum(), pairs.different.sum()) == (12, 16)


def test_the_test_has_no_say(table_path, encoder):
    table = read_table(table_path)
    without = table[table["subset"] != "query"]
    config = EvaluateConfig(index_size=100)
    assert set_threshold(encoder, table, config)[0] == set_threshold(encoder, without, config)[0]


def test_a_larger_index_asks_for_a_higher_threshold(table_path, encoder):
    table = read_table(table_path)
    settings = [EvaluateConfig(false_match_rate=0.5, index_size=size) for size in (1, 4, 16)]
    thresholds = [set_threshold(encoder, table, config)[0].threshold for config in settings]
    assert thresholds[0] < thresholds[1] < thresholds[2]


def test_too_few_labels_are_told(table_path, encoder, capsys):
    found, _ = set_threshold(encoder, read_table(table_path), EvaluateConfig())
    assert not found.supported
    assert "the threshold rests on 2 validation labels: 6 or more are needed to be sure" in capsys.readouterr().err


def test_too_few_searches_are_told(table_path, encoder, capsys):
    table = read_table(table_path)
    table = table.assign(label=table["image_id"])
    found, _ = set_threshold(encoder, table, EvaluateConfig())
    assert (found.labels, found.supported) == (8, False)
    assert (
        "the threshold lies just above the best of 8 validation searches for what is not there: an index of 16 "
        "pictures asks for 46 or more"
    ) in capsys.readouterr().err


def test_without_validation_labels_there_is_none(make_table, encoder, capsys):
    table = read_table(make_table(lambda label, _number: "validation" if label == "red" else "query"))
    assert set_threshold(encoder, table, EvaluateConfig())[0] is None
    assert "no threshold: it needs validation pictures of 2 labels or more" in capsys.readouterr().err


@pytest.mark.parametrize("settings", [{}, {"false_match_rate": 0.6, "index_size": 3}])
def test_the_report_and_the_release_have_one_threshold(table_path, encoder, tmp_path, settings):
    """The release computes with onnxruntime, so that the last digits may differ."""
    folder.save(encoder, tmp_path / "encoder")
    facts = evaluate(table_path, tmp_path / "evaluation", EvaluateConfig(**settings, **OFF), tmp_path / "encoder")
    export(tmp_path / "encoder", table_path, tmp_path / "release", ExportConfig(**settings))
    assert Release.open(tmp_path / "release").manifest.threshold == pytest.approx(facts["threshold"], abs=1e-5)


def test_pictures_that_the_source_has_lost_do_not_count_as_index(table_path, encoder):
    table = read_table(table_path)
    table = table.assign(**{LABEL_NOW: table["label"].mask(table["label"] == "white", None)})
    lost, counted = (set_threshold(encoder, table, EvaluateConfig(index_size=size))[0] for size in (0, 12))
    assert lost == counted


def test_what_the_folder_says_of_it(table_path, encoder, tmp_path):
    folder.save(encoder, tmp_path / "encoder")
    config = EvaluateConfig(false_match_rate=0.6, index_size=3, **OFF)
    facts = evaluate(table_path, tmp_path / "evaluation", config, tmp_path / "encoder")
    told = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())["threshold"]
    assert list(told) == [
        *("value", "rate", "index_size", "low", "high", "search_rate", "searches", "labels", "compared"),
        *("supported", "recall", "test"),
    ]
    assert (told["rate"], told["index_size"], told["labels"], told["supported"]) == (0.6, 3, 2, False)
    assert told["low"] <= told["value"] <= told["high"]
    test = open_test(read_table(table_path))
    expected = matches(told["value"], test, embed(encoder, test.images))
    assert told["test"] == expected.shares() == {name: facts[name] for name in told["test"]}
    queries = pd.read_parquet(tmp_path / "evaluation" / "queries.parquet")
    for name, shares in expected.of_each_query().items():
        assert queries[name].tolist() == shares.tolist()
    redrawn = pd.read_parquet(tmp_path / "evaluation" / "thresholds.parquet")
    assert len(redrawn) == 2000
    assert np.quantile(redrawn["threshold"], [0.025, 0.975]) == pytest.approx([told["low"], told["high"]])
    for threshold, share in set(redrawn.itertuples(index=False, name=None)):
        there = matches(threshold, test, embed(encoder, test.images)).of_each_query()["false_matches"]
        assert share == pytest.approx(there.mean())


def test_without_a_threshold_queries_have_no_shares(make_table, encoder, tmp_path):
    folder.save(encoder, tmp_path / "encoder")
    table = make_table(lambda _label, _number: "query")
    facts = evaluate(table, tmp_path / "evaluation", EvaluateConfig(**OFF), tmp_path / "encoder")
    assert "threshold" not in facts
    queries = pd.read_parquet(tmp_path / "evaluation" / "queries.parquet")
    assert queries[[*COLUMNS]].isna().all(axis=None)


def test_unlabelled_validation_rows_are_passed_over(table_path, encoder):
    table = read_table(table_path)
    some = table.assign(label=table["label"].mask((table["label"] == "red") & table["uri"].str.endswith("0.png"), None))
    write_table(some, table_path)
    found, _ = set_threshold(encoder, read_table(table_path), EvaluateConfig())
    assert found.searches == 7


def test_a_threshold_that_nothing_reaches_is_told(table_path, encoder, capsys):
    """Of a thing's pictures every one is more like those of another thing."""
    table = read_table(table_path)
    numbers = table["uri"].str.extract(r"(\d)\.png")[0]
    found, _ = set_threshold(encoder, table.assign(label=numbers), EvaluateConfig(false_match_rate=0))
    assert found.answers_nothing
    assert (
        f"the threshold {found.threshold:.3f} answers nothing: no pair of validation pictures of one label reaches it; "
        "train longer, or raise false_match_rate"
    ) in capsys.readouterr().err
