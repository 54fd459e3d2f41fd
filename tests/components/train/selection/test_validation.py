"""Validation needs a label with two pictures, and embeds what is asked for in order."""

import numpy as np
import pytest

from lookalike_components.encoder.model import build
from lookalike_components.train.pictures.pictures import Pictures
from lookalike_components.train.selection.validation import Judgement, can_judge, embedded, validate


@pytest.fixture(scope="module")
def encoder(weights):
    return build("resnet18", str(weights), 32)


def pictures(*labels: int) -> Pictures:
    pixels = np.random.default_rng(0).integers(0, 256, (len(labels), 32, 32, 3), np.uint8)
    return Pictures(pixels, np.array(labels, np.int64))


@pytest.mark.parametrize("labels", [[], [0], [0, 1, 2]])
def test_labels_of_one_picture_cannot_be_judged(encoder, labels: list[int]):
    assert not can_judge(pictures(*labels))
    assert validate(encoder, pictures(*labels), 3) == Judgement()


def test_each_picture_is_searched_among_the_others(encoder):
    found = pictures(0, 0, 1, 1)
    found.pixels[1], found.pixels[3] = found.pixels[0], found.pixels[2]
    assert validate(encoder, found, 3).means["recall_at_1"] == 1.0


def test_batches_do_not_change_the_order(encoder):
    many = pictures(*range(70))
    alone = embedded(encoder, Pictures(many.pixels[65:66], many.labels[65:66]))
    np.testing.assert_allclose(embedded(encoder, many)[65], alone[0], atol=1e-5)


def test_unlabelled_pictures_are_searched_for_by_views_of_them(encoder, photographer):
    shown = np.stack([np.asarray(photographer(label, 0, size=32)) for label in range(12)])
    unlabelled = Pictures(shown, np.arange(12), unlabelled=True)
    assert can_judge(unlabelled)
    found = validate(encoder, unlabelled, 3)
    assert 0 < found.means["recall_at_1"] < 1
    assert found == validate(encoder, unlabelled, 3)
