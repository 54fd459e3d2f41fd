import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageFilter

from lookalike_components.compare.report.suspicion import suspicions
from lookalike_components.dataset import ShardWriter
from lookalike_components.pixels import inspect


def photo(seed):
    """Soft blotches, as little alike as two photographs of different things."""
    pixels = np.random.default_rng(seed).integers(256, size=(8, 8, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((128, 128), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2))


def as_jpeg(image, quality=90):
    written = io.BytesIO()
    image.save(written, "JPEG", quality=quality)
    return written.getvalue()


@pytest.fixture
def shelf(tmp_path):
    """Six pictures: 0 is asked for; 1 is 0 in another file; the others show other things."""
    files = [as_jpeg(photo(0)), as_jpeg(photo(0), 60), *(as_jpeg(photo(seed)) for seed in range(2, 6))]
    with ShardWriter(tmp_path / "store") as writer:
        places = [writer.add(data, "JPEG") for data in files]
    columns = {name: [getattr(place, name) for place in places] for name in ("image_id", "shard", "offset", "nbytes")}
    hashes = [inspect(data).perceptual_hash for data in files]
    return pd.DataFrame(columns).assign(uri="picture.jpg", hash=hashes)


def suspect(shelf, labels, found_before, found_after, outcome="still_wrong", asked=("mug", "lamp")):
    """Guesses about one query for a mug, with an index whose pictures carry ``labels``."""
    index = shelf.assign(label=labels)
    query = index.iloc[[0]].assign(label="mug", outcome=outcome, found_before=[found_before], found_after=[found_after])
    others = [list(range(len(index)))] * 2
    evaluation = SimpleNamespace(index=index, queries=pd.DataFrame({"label": asked, "neighbours": others}))
    return suspicions(query, evaluation, dict(zip(shelf["image_id"], shelf["hash"], strict=True)))


def kinds(found):
    return [guess.kind for guess in found.get(0, [])]


MIXED = ["mug", "lamp", "lamp", "chair", "lamp", "chair"]


def test_a_wrong_answer_of_another_thing_among_mixed_ones_is_not_explained(shelf):
    assert suspect(shelf, MIXED, [2, 3, 4], [2, 3, 4]) == {}


def test_three_answers_of_one_other_label_before_and_after_throw_doubt_on_the_label(shelf):
    found = suspect(shelf, ["mug", "lamp", "lamp", "lamp", "lamp", "lamp"], [2, 3, 4], [5, 4, 3])
    assert kinds(found) == ["label doubt"]
    assert found[0][0].sentence == "its three nearest pictures, before as after, all show lamp"


@pytest.mark.parametrize(("before", "after"), [([2, 3, 1], [2, 4, 1]), ([2, 4, 1], [2, 3, 4]), ([2, 4], [4, 2])])
def test_answers_that_differ_or_are_few_throw_no_doubt_on_the_label(shelf, before, after):
    assert "label doubt" not in kinds(suspect(shelf, MIXED, before, after))


def test_the_same_picture_under_another_label_is_seen_by_laying_them_over_each_other(shelf):
    assert kinds(suspect(shelf, MIXED, [1, 3, 2], [1, 3, 2])) == ["near-duplicate"]


def test_a_hash_alone_makes_no_near_duplicate(shelf):
    shelf["hash"] = shelf["hash"].iloc[0]
    assert kinds(suspect(shelf, MIXED, [2, 3, 4], [2, 3, 4])) == []


def test_pictures_without_a_hash_are_no_near_duplicates(shelf):
    assert kinds(suspect(shelf.assign(hash=None), MIXED, [1, 3, 2], [1, 3, 2])) == []


@pytest.mark.parametrize("label", ["chair", None])
def test_what_no_query_asks_for_is_a_distractor(shelf, label):
    found = suspect(shelf, ["mug", "lamp", "lamp", label, "lamp", "lamp"], [3, 2, 0], [3, 2, 0])
    assert kinds(found) == ["distractor"]
    assert found[0][0].sentence == f"the answer shows {label or 'no label'}, which no query asks for"


def test_an_answer_that_nearly_all_queries_get_is_a_hub(shelf):
    index = shelf.assign(label=MIXED)
    others = [0, 1, 3, 4, 5]
    queries = pd.DataFrame({"label": "lamp", "neighbours": [[2, others[number % 5]] for number in range(12)]})
    query = index.iloc[[0]].assign(label="mug", outcome="broken", found_before=[[0, 1]], found_after=[[2, 0]])
    (guess,) = suspicions(query, SimpleNamespace(index=index, queries=queries), {})[0]
    assert (guess.kind, guess.sentence) == ("hub", "the answer is among the first 2 of 12 queries")


@pytest.mark.parametrize("outcome", ["fixed", "stayed_right"])
def test_right_answers_need_no_explanation(shelf, outcome):
    assert suspect(shelf, ["lamp"] * 6, [2, 3, 4], [2, 3, 4], outcome) == {}


def test_a_doubt_of_split_is_told_where_the_answers_say_nothing(shelf):
    index = shelf.assign(label=MIXED)
    query = index.iloc[[0]].assign(outcome="still_wrong", found_before=[[2, 3, 4]], found_after=[[2, 3, 4]])
    others = pd.DataFrame({"label": ["mug", "lamp"], "neighbours": [list(range(6))] * 2})
    found = suspicions(query, SimpleNamespace(index=index, queries=others), {}, {"picture.jpg": "vase"})
    assert [(guess.kind, guess.sentence) for guess in found[0]] == [
        ("label doubt", "of all pictures, the three that are nearest to the pretrained encoder show vase")
    ]
