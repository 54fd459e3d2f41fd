"""Unlabelled pictures are tested by views of themselves."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from torchvision.models import resnet18

from lookalike_components.dataset import load_pixels, read_table, write_table
from lookalike_components.evaluate.config import EvaluateConfig
from lookalike_components.evaluate.embedding import with_views
from lookalike_components.evaluate.evaluate import evaluate
from lookalike_components.evaluate.subset import open_test
from lookalike_components.pixels import view


@pytest.fixture
def small(tmp_path):
    torch.manual_seed(0)
    torch.save(resnet18().state_dict(), tmp_path / "resnet18.pth")
    encoder = {"model": "resnet18", "weights": str(tmp_path / "resnet18.pth"), "input_size": 32}
    return EvaluateConfig(role="reference", k=3, robustness_queries=4, forgetting=False, **encoder)


@pytest.fixture
def unlabelled(make_table):
    """Sixteen pictures, each its own label, and each a query."""
    path = make_table(lambda _label, _number: "query")
    table = read_table(path)
    write_table(table.assign(label=table["image_id"]), path)
    return path


def test_each_picture_is_asked_for_by_a_view_of_it_among_all_pictures(unlabelled, small, tmp_path):
    facts = evaluate(unlabelled, tmp_path / "evaluation", small)
    assert (facts["queries"], facts["index_images"]) == (16, 16)
    assert 0 < facts["recall_at_1"] < 1
    written = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert (written["by_views"], written["left_out"]) == (True, False)
    assert pd.read_parquet(tmp_path / "evaluation" / "queries.parquet")["relevant"].tolist() == [1] * 16


def test_what_needs_labels_is_left_out(unlabelled, small, tmp_path):
    evaluate(unlabelled, tmp_path / "evaluation", small)
    written = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert (written["threshold"], written["leave_one_out"], written["distractors"]) == (None, None, [])
    assert written["robustness"]["untouched"] == {"recall_at_1": 1.0, "map_at_r": 1.0}


def test_the_threshold_is_set_on_unlabelled_pictures_that_differ(make_table, small, tmp_path):
    path = make_table(lambda label, _number: "validation" if label == "red" else "query")
    table = read_table(path)
    write_table(table.assign(label=table["image_id"]), path)
    facts = evaluate(path, tmp_path / "evaluation", small)
    threshold = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())["threshold"]
    assert (threshold["searches"], threshold["recall"], threshold["index_size"]) == (4, None, 16)
    assert facts["threshold"] == threshold["value"]


def test_the_sample_holds_the_pictures_and_not_their_views(unlabelled, small, tmp_path):
    evaluate(unlabelled, tmp_path / "evaluation", small)
    sample = pd.read_parquet(tmp_path / "evaluation" / "sample.parquet")
    assert sorted(sample["image_id"]) == sorted(read_table(unlabelled)["image_id"])
    assert sample["is_query"].all()


def test_two_encoders_are_asked_for_the_same_views(unlabelled, small, tmp_path):
    first, second = (evaluate(unlabelled, tmp_path / name, small) for name in ("a", "b"))
    del first["images_per_second"], second["images_per_second"]
    assert first == second


def test_labelled_pictures_are_asked_for_as_they_are(make_table, small, tmp_path):
    evaluate(make_table(lambda _label, _number: "query"), tmp_path / "evaluation", small)
    written = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert (written["by_views"], written["left_out"]) == (False, True)


def test_views_come_first_and_depend_on_the_place_and_not_on_the_batch(unlabelled):
    test = open_test(read_table(unlabelled))
    images = np.concatenate(list(load_pixels(test.queries, 32)))
    expected = [view(pixels, np.random.default_rng([0, place])) for place, pixels in enumerate(images)]
    for batch_size in (3, 16, 64):
        mixed = np.concatenate(list(with_views(load_pixels(test.images, 32, batch_size=batch_size), 16)))
        assert np.array_equal(mixed, [*expected, *images])
