"""The map's pictures are a random part that does not depend on the encoder, the order or the rest of the table."""

import hashlib

import numpy as np
import pandas as pd

from lookalike_components.evaluate import sample as room
from lookalike_components.evaluate.sample import PICTURE, sample
from lookalike_components.evaluate.subset import Examination, some_of


def pictures(*names: str) -> pd.DataFrame:
    ids = [hashlib.sha256(name.encode()).hexdigest() for name in names]
    return pd.DataFrame(dict.fromkeys(PICTURE, ids) | {"label": names})


def test_queries_and_index_are_told_apart():
    test = Examination(pictures("a", "b"), pictures("c"), left_out=False)
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    frame, kept = sample(test, vectors)
    assert (frame["label"].tolist(), frame["is_query"].tolist()) == (["a", "b", "c"], [True, True, False])
    assert np.array_equal(kept, vectors)


def test_a_larger_test_is_thinned_out_and_each_vector_stays_with_its_picture(monkeypatch):
    monkeypatch.setattr(room, "MOST_PICTURES", 10)
    table = pictures(*(f"picture {number}" for number in range(50)))
    vectors = np.arange(50, dtype=np.float32)[:, None]
    frame, kept = sample(Examination(table, table, left_out=True), vectors)
    assert len(frame) == 10
    assert frame["label"].tolist() == [f"picture {int(number)}" for (number,) in kept]


def test_the_same_pictures_are_chosen_in_any_order_and_most_of_them_after_the_table_grew():
    table = pictures(*(f"picture {number}" for number in range(50)))
    shuffled = table.sample(frac=1, random_state=0)
    chosen = set(table["label"].iloc[some_of(table, 10)])
    assert set(shuffled["label"].iloc[some_of(shuffled, 10)]) == chosen
    grown = pd.concat([table, pictures("one more")])
    assert len(chosen & set(grown["label"].iloc[some_of(grown, 10)])) >= 9
