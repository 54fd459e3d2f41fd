"""The threshold is measured on pairs of test pictures, seen by eye and by a slow twin."""

import numpy as np
import pandas as pd
import pytest

from lookalike_components.evaluate import matches as room
from lookalike_components.evaluate.matches import matches
from lookalike_components.evaluate.subset import Examination


def on_circle(*degrees: float) -> np.ndarray:
    """Unit vectors whose cosines can be read off by eye."""
    return np.array([(np.cos(angle), np.sin(angle)) for angle in np.radians(degrees)], np.float32)


def rows(*labels: str) -> pd.DataFrame:
    return pd.DataFrame({"label": labels})


def test_queries_are_compared_with_the_index():
    test = Examination(rows("mug", "lamp"), rows("mug", "lamp", "lamp"), left_out=False)
    vectors = on_circle(0, 90, 5, 70, 20)
    found = matches(np.cos(np.radians(30)), test, vectors)  # within 30 degrees: mug-mug, mug-lamp (20), lamp-lamp (20)
    assert found == {
        "threshold": pytest.approx(np.cos(np.radians(30))),
        "true_matches": pytest.approx(2 / 3),
        "false_matches": pytest.approx(1 / 3),
    }


@pytest.mark.parametrize("at_once", [1, 7, 1_000])
def test_a_picture_is_not_compared_with_itself(at_once: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "QUERIES_AT_ONCE", at_once)
    random = np.random.default_rng(0)
    vectors = random.normal(size=(40, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pictures = rows(*random.choice(list("abcdef"), 40))
    labels = pictures["label"].tolist()
    pairs = [(i, j) for i in range(40) for j in range(40) if i != j]
    same = [vectors[i] @ vectors[j] > 0.3 for i, j in pairs if labels[i] == labels[j]]
    different = [vectors[i] @ vectors[j] > 0.3 for i, j in pairs if labels[i] != labels[j]]
    found = matches(0.3, Examination(pictures, pictures, left_out=True), vectors)
    assert (found["true_matches"], found["false_matches"]) == pytest.approx((np.mean(same), np.mean(different)))


def test_an_encoder_without_a_threshold_has_no_matches():
    pictures = rows("mug", "mug", "lamp")
    assert matches(None, Examination(pictures, pictures, left_out=True), on_circle(0, 10, 90)) == {}
