"""Batches are a pure function of the seed and the step; labels take turns, and images are not drawn twice."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from math import ceil

import numpy as np
import pytest

from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.pictures.pictures import Pictures
from lookalike_components.train.pictures.sampler import KEPT, Deck, Sampler

FEW = [2, 3, 4, 5] * 10
CATEGORY = {"sampler": "category", "category": "kind"}
RANDOM = {"sampler": "random", "loss": "ArcFaceLoss", "miner": ""}


def pictures(counts: list[int], categories: list[int] | None = None) -> Pictures:
    """``counts[i]`` images of label i, whose category is ``categories[i]``."""
    labels = np.repeat(np.arange(len(counts)), counts)
    kinds = None if categories is None else np.repeat(categories, counts)
    return Pictures(np.empty((len(labels), 1, 1, 3), np.uint8), labels, kinds)


def sampler(counts: list[int], categories: list[int] | None = None, **settings: object) -> Sampler:
    usual = {"classes_per_batch": 16, "images_per_class": 4}
    return Sampler(pictures(counts, categories), TrainConfig(**usual | settings))


def drawn(own: Sampler, steps: int) -> np.ndarray:
    """Positions ``[steps, b]``."""
    return np.stack([own.batch(step) for step in range(steps)])


def visits(own: Sampler, steps: int) -> np.ndarray:
    """In how many batches each label is."""
    found = [np.unique(own.labels[batch]) for batch in drawn(own, steps)]
    return np.bincount(np.concatenate(found), minlength=own.classes)


@pytest.mark.parametrize("settings", [{}, CATEGORY, RANDOM, {"supervision": "views"}])
def test_a_batch_is_the_same_whatever_was_asked_before(settings: dict[str, str]):
    own, again = (sampler(FEW, [0, 1] * 20, **settings) for _ in range(2))
    expected = drawn(own, KEPT + 10)
    for step in (KEPT + 5, 3, 4, KEPT + 9, 0):
        np.testing.assert_array_equal(again.batch(step), expected[step])


def test_threads_that_ask_in_any_order_get_the_same():
    own, again = sampler(FEW), sampler(FEW)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(own.batch, reversed(range(100))))
    np.testing.assert_array_equal(found[::-1], drawn(again, 100))


def test_another_seed_has_other_batches():
    assert not np.array_equal(sampler(FEW, seed=1).batch(0), sampler(FEW, seed=2).batch(0))


def test_a_batch_holds_classes_times_images():
    own = sampler([4] * 10, classes_per_batch=3, images_per_class=2)
    counts = np.apply_along_axis(np.bincount, 1, own.labels[drawn(own, 20)], minlength=10)
    assert (np.sort(counts)[:, -3:] == 2).all()
    assert (counts.sum(axis=1) == 6).all()


def test_where_labels_have_few_images_more_labels_fill_the_batch():
    own = sampler([2] * 40)
    assert own.batch_size == 64
    assert [len(np.unique(own.labels[batch])) for batch in drawn(own, 10)] == [32] * 10


@pytest.mark.parametrize("settings", [{}, CATEGORY, RANDOM])
def test_an_image_is_not_twice_in_a_batch(settings: dict[str, str]):
    own = sampler(FEW, [0, 1] * 20, **settings)
    assert {len(np.unique(batch)) for batch in drawn(own, 50)} == {own.batch_size}


def test_a_label_gives_no_more_images_than_it_should():
    own = sampler(FEW)
    assert max(np.bincount(own.labels[batch]).max() for batch in drawn(own, 50)) == 4


def test_labels_take_turns():
    seen = visits(sampler(FEW), 50)
    assert seen.max() - seen.min() <= 1


def test_labels_of_all_categories_are_seen_about_equally_often():
    seen = visits(sampler(FEW * 4, [*[0] * 80, *[1] * 40, *[2] * 40], **CATEGORY), 400)
    assert seen.min() > 0.9 * seen.mean()
    assert seen.max() < 1.1 * seen.mean()


def test_an_epoch_covers_labels_of_the_same_size():
    own = sampler([4] * 10, classes_per_batch=3, images_per_class=2)
    assert own.steps_per_epoch == ceil(40 / 6)
    assert len(np.unique(drawn(own, own.steps_per_epoch))) == 40


def test_an_epoch_covers_nearly_all_where_sizes_differ():
    own = sampler([2, 3, 4] * 100)
    assert len(np.unique(drawn(own, own.steps_per_epoch))) > 0.95 * 900


def test_the_images_of_a_large_label_take_turns():
    own = sampler([50, 50], classes_per_batch=2)
    counts = np.bincount(drawn(own, 25).ravel(), minlength=100)
    assert counts.tolist() == [2] * 100


def test_at_random_an_epoch_covers_all_images():
    own = sampler([1, 7] * 10, classes_per_batch=4, images_per_class=2, **RANDOM)
    assert np.bincount(drawn(own, own.steps_per_epoch).ravel()).tolist() == [1] * 80


def test_with_few_images_a_batch_has_all_of_them():
    assert sorted(sampler([3, 4, 6]).batch(0).tolist())[:7] == list(range(7))
    assert sampler([3, 4, 6]).batch_size == 11


def test_all_of_a_batch_is_from_one_category():
    own = sampler([4] * 60, [0, 1, 2] * 20, classes_per_batch=8, **CATEGORY)
    kinds = [np.unique(own.labels[batch] % 3) for batch in drawn(own, 50)]
    assert {len(kind) for kind in kinds} == {1}
    assert set(np.concatenate(kinds)) == {0, 1, 2}


def test_where_a_category_has_too_few_the_next_one_fills_the_batch():
    own = sampler([4] * 12, [0] * 10 + [1] * 2, classes_per_batch=8, **CATEGORY)
    shares = [int((own.labels[batch] >= 10).sum()) for batch in drawn(own, 20)]
    assert set(shares) == {0, 8}


def test_without_categories_the_column_is_asked_for():
    with pytest.raises(UserError) as error:
        sampler(FEW, **CATEGORY)
    assert str(error.value) == (
        "the sampler category needs a column of categories; set train.category to one of the table's"
    )


def test_of_views_each_image_is_a_label_of_its_own():
    own = sampler([1] * 50, classes_per_batch=8, images_per_class=3, supervision="views")
    assert (own.classes, own.batch_size) == (50, 24)
    assert [np.bincount(batch)[np.unique(batch)].tolist() for batch in drawn(own, 10)] == [[3] * 8] * 10
    np.testing.assert_array_equal(own.labels, np.arange(50))


def test_views_do_not_look_at_labels():
    own = sampler([25, 25], classes_per_batch=8, images_per_class=2, supervision="views")
    assert own.classes == 50


def test_labels_of_one_image_each_are_refused_by_losses_that_compare_images():
    with pytest.raises(UserError) as error:
        sampler([1] * 50)
    assert str(error.value) == (
        "no label has two images to train on; set train.supervision to views, or label otherwise"
    )


def test_labels_of_one_image_each_may_be_told_apart_as_classes():
    assert sampler([1] * 50, **RANDOM).batch_size == 50


def test_a_deck_deals_each_card_as_often_as_all_others_and_none_twice_in_a_hand():
    deck = Deck(range(5), np.random.default_rng(0))
    hands = [list(islice(deck.dealt(), 3)) for _ in range(10)]
    assert {len(set(hand)) for hand in hands} == {3}
    assert np.bincount(np.concatenate(hands)).tolist() == [6] * 5


def test_a_repetition_draws_other_batches_as_another_seed_would() -> None:
    own, repeated, of_next_seed = (
        drawn(sampler(FEW, **settings), 3) for settings in ({}, {"repetition": 1}, {"seed": 1})
    )
    assert not np.array_equal(own, repeated)
    assert np.array_equal(repeated, of_next_seed)
