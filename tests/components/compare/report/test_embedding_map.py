from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike_components.compare.report.embedding_map import MOST_POINTS, SIDE, chosen, embedding_map
from lookalike_components.compare.sample import Sample


def labels(*sizes):
    return pd.Series([f"thing {number}" for number, size in enumerate(sizes) for _ in range(size)], dtype=object)


@given(st.lists(st.integers(1, 40), max_size=120))
def test_a_map_holds_a_bounded_number_of_pictures_each_once(sizes):
    rows = chosen(labels(*sizes))
    assert len(rows) == len(set(rows.tolist())) <= MOST_POINTS


def test_few_labels_are_drawn_with_equal_parts_of_their_pictures():
    drawn = labels(400, 400, 200).iloc[chosen(labels(400, 400, 200))].value_counts()
    assert drawn.to_dict() == {"thing 0": 100, "thing 1": 100, "thing 2": 100}


def test_of_many_labels_some_are_drawn_whole():
    drawn = labels(*[4] * 200).iloc[chosen(labels(*[4] * 200))].value_counts()
    assert set(drawn) == {4}


def test_a_picture_without_company_is_not_drawn():
    assert chosen(pd.Series(["mug", "lamp", "mug", None])).tolist() == [0, 2]


def test_dots_lie_on_the_canvas_and_know_their_kind(findings):
    drawn = embedding_map(findings)
    assert len(drawn.points) == drawn.total == 48
    places = [value for point in drawn.points for dot in (point.before, point.after) for value in (dot.x, dot.y)]
    assert [value for value in places if not 0 <= value <= SIDE] == []
    assert len({point.kind for point in drawn.points}) == 12


def test_a_dot_is_right_where_its_nearest_other_picture_shows_the_same_thing(findings):
    drawn, sample = embedding_map(findings), findings.candidate.sample
    shown = sample.pictures["label"].tolist()
    slow = {}
    for row, vector in enumerate(sample.vectors):
        others = [other for other in range(len(shown)) if other != row]
        nearest = max(others, key=lambda other, vector=vector: float(vector @ sample.vectors[other]))
        slow[row] = shown[nearest] == shown[row]
    assert [point.after.right for point in drawn.points] == [slow[row] for row in chosen(sample.pictures["label"])]
    assert drawn.right_after == pytest.approx(np.mean(list(slow.values())))


def test_the_share_of_right_neighbours_grows_as_labels_draw_together(findings):
    drawn = embedding_map(findings)
    assert drawn.right_after == 1 > drawn.right_before


def other_pictures(sample):
    return replace(sample, pictures=sample.pictures.iloc[::-1].reset_index(drop=True))


def few_pictures(sample):
    return Sample(sample.pictures.head(8), sample.vectors[:8])


def test_without_samples_there_is_no_map(old_findings):
    assert embedding_map(old_findings) is None


def test_samples_of_different_pictures_give_no_map(findings):
    reference = replace(findings.reference, sample=other_pictures(findings.reference.sample))
    assert embedding_map(replace(findings, reference=reference)) is None


def test_a_handful_of_pictures_gives_no_map(findings):
    sides = {
        side: replace(getattr(findings, side), sample=few_pictures(getattr(findings, side).sample))
        for side in ("reference", "candidate")
    }
    assert embedding_map(replace(findings, **sides)) is None


def test_pictures_that_are_too_heavy_leave_plain_dots(findings, noise):
    vectors = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    sides = {
        side: replace(getattr(findings, side), sample=Sample(noise, vectors)) for side in ("reference", "candidate")
    }
    drawn = embedding_map(replace(findings, **sides))
    assert len(drawn.points) == 300
    assert 0 < drawn.without_picture < 300
    assert sum(len(point.source) for point in drawn.points) <= 2_000_000
