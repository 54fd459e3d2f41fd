"""The threshold is measured on pairs of test pictures, seen by eye and by a slow twin."""

from itertools import count

import numpy as np
import pandas as pd
import pytest

from lookalike_components.evaluate import matches as room
from lookalike_components.evaluate.matches import matches, matches_at
from lookalike_components.evaluate.subset import Examination

IDS = count()


def on_circle(*degrees: float) -> np.ndarray:
    """Unit vectors whose cosines can be read off by eye."""
    return np.array([(np.cos(angle), np.sin(angle)) for angle in np.radians(degrees)], np.float32)


def rows(*labels: str) -> pd.DataFrame:
    """Pictures of these labels, no two of them the same."""
    return pd.DataFrame({"label": labels, "image_id": [f"{next(IDS)}" for _ in labels]})


@pytest.fixture
def pictures() -> tuple[pd.DataFrame, np.ndarray]:
    """Forty pictures of six labels, and vectors that know nothing of them."""
    random = np.random.default_rng(0)
    vectors = random.normal(size=(40, 4)).astype(np.float32)
    return rows(*random.choice(list("abcdef"), 40)), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_queries_are_compared_with_the_index():
    test = Examination(rows("mug", "lamp"), rows("mug", "lamp", "lamp"), left_out=False)
    found = matches(np.cos(np.radians(30)), test, on_circle(0, 90, 5, 70, 20))
    # within 30 degrees: mug and mug (5), mug and lamp (20), lamp and lamp (20)
    pairs, searches = {"true_matches": 2 / 3, "false_matches": 1 / 3}, {"true_searches": 1, "false_searches": 0.5}
    assert found.shares() == pytest.approx({**pairs, **searches})
    each = {name: shares.tolist() for name, shares in found.of_each_query().items()}
    assert each == {"true_matches": [1, 0.5], "false_matches": [0.5, 0]}


def test_a_pair_at_the_threshold_matches():
    pair = on_circle(0, 40)
    test = Examination(rows("mug"), rows("mug"), left_out=False)
    assert matches(float(pair[0] @ pair[1]), test, pair).shares()["true_matches"] == 1


@pytest.mark.parametrize("at_once", [1, 280, 10_000])
def test_a_picture_is_not_compared_with_itself(at_once: int, pictures, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "COSINES_AT_ONCE", at_once)
    table, vectors = pictures
    labels = table["label"].tolist()
    found = matches(0.3, Examination(table, table, left_out=True), vectors).of_each_query()
    for query in range(40):
        others = [other for other in range(40) if other != query]
        same = [vectors[query] @ vectors[other] >= 0.3 for other in others if labels[query] == labels[other]]
        different = [vectors[query] @ vectors[other] >= 0.3 for other in others if labels[query] != labels[other]]
        assert found["true_matches"][query] == pytest.approx(np.mean(same))
        assert found["false_matches"][query] == pytest.approx(np.mean(different))


def test_the_share_of_all_pairs_is_that_of_the_queries_by_their_pairs(pictures):
    table, vectors = pictures
    found = matches(0.3, Examination(table, table, left_out=True), vectors)
    weighted = np.average(found.of_each_query()["false_matches"], weights=found.different)
    assert found.shares()["false_matches"] == pytest.approx(weighted)


def test_several_thresholds_at_once_are_each_their_own(pictures):
    table, vectors = pictures
    test = Examination(table, table, left_out=True)
    for threshold, found in zip((0.1, 0.5), matches_at((0.1, 0.5), test, vectors), strict=True):
        assert found.shares() == matches(threshold, test, vectors).shares()


def test_without_pairs_of_a_kind_there_is_no_share_of_them():
    test = Examination(rows("mug"), rows("mug"), left_out=False)
    found = matches(0.5, test, on_circle(0, 10))
    assert np.isnan(found.shares()["false_matches"])
    assert np.isnan(found.of_each_query()["false_matches"]).tolist() == [True]


def test_a_copy_of_the_query_is_no_pair_of_either_kind():
    queries, index = rows("mug"), rows("mug", "mug", "cup", "cup")
    index["image_id"] = [queries["image_id"][0], "b", queries["image_id"][0], "d"]
    found = matches(0.5, Examination(queries, index, left_out=False), on_circle(0, 0, 10, 0, 20))
    counts = [part.tolist() for part in (found.same, found.same_matched, found.different, found.different_matched)]
    assert counts == [[1]] * 4
