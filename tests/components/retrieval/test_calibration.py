import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from lookalike_components.errors import UserError
from lookalike_components.retrieval import Resampling, calibrate, threshold_at

FEW = Resampling(resamples=300)


def pictures(labels, each=4, seed=0, crowded=0.0):
    """Unit vectors of things whose pictures differ a little, and their labels; a few things may be like each other."""
    generator = np.random.default_rng(seed)
    things = generator.normal(size=(labels, 16))
    things[:, 0] += crowded * generator.exponential(size=labels)
    things = np.repeat(things, each, axis=0)
    vectors = things + 0.5 * generator.normal(size=things.shape)
    names = [str(row // each) for row in range(labels * each)]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), names


def cosines(vectors, labels, of_one_label):
    one, other = np.triu_indices(len(vectors), k=1)
    same = np.array(labels)[one] == np.array(labels)[other]
    return (vectors @ vectors.T)[one, other][same == of_one_label]


def test_the_threshold_lets_the_stated_share_of_pairs_pass_and_its_recall_is_what_it_costs():
    vectors, labels = pictures(40)
    found = calibrate(vectors, labels, 0.2, index_size=10, resampling=FEW)
    different, same = cosines(vectors, labels, False), cosines(vectors, labels, True)
    assert found.pair_rate == pytest.approx(1 - 0.8**0.1, rel=1e-12)
    assert found.threshold == threshold_at(found.pair_rate, different)
    assert (found.pairs, found.supported) == (len(different), True)
    assert found.recall == (same >= found.threshold).mean()
    assert found.low <= found.threshold <= found.high


@given(st.floats(0.001, 0.999), st.integers(1, 10**7))
def test_as_many_searches_as_stated_find_a_match_where_each_pair_matches_by_itself(rate, index_size):
    vectors, labels = pictures(2, each=2)
    pair_rate = calibrate(vectors, labels, rate, index_size, Resampling(resamples=20)).pair_rate
    assert -np.expm1(index_size * np.log1p(-pair_rate)) == pytest.approx(rate, rel=1e-6)


def test_searches_for_what_is_not_there_are_answered_as_rarely_as_stated():
    """Queries of new things against an index of 50 pictures: the share that any picture of it matches."""
    vectors, labels = pictures(300, each=2)
    threshold = calibrate(vectors, labels, 0.1, index_size=50, resampling=FEW).threshold
    index, queries = pictures(50, each=1, seed=1)[0], pictures(5000, each=1, seed=2)[0]
    answered = ((queries @ index.T) >= threshold).any(axis=1).mean()
    assert answered == pytest.approx(0.1, abs=0.04)


def test_a_larger_index_asks_for_a_higher_threshold_that_finds_less():
    vectors, labels = pictures(60)
    small, large = (calibrate(vectors, labels, 0.05, size, FEW) for size in (2, 200))
    assert small.threshold < large.threshold
    assert small.recall > large.recall


def test_too_few_pairs_are_told_and_the_threshold_is_just_above_them_all():
    vectors, labels = pictures(5)
    found = calibrate(vectors, labels, 0.01, index_size=1000, resampling=FEW)
    assert not found.supported
    assert found.threshold == found.high == np.nextafter(cosines(vectors, labels, False).max(), np.float32(2))


def test_one_picture_under_two_labels_is_no_evidence():
    vectors, labels = pictures(20)
    twins = np.concatenate([vectors, vectors[:1]]), [*labels, "another name"]
    assert calibrate(*twins, 0.05, 2, FEW).threshold < 0.9999
    assert calibrate(np.ones((4, 1), np.float32), list("abcd"), 0.05, 2, FEW) is None


def slow_interval(vectors, labels, pair_rate, resamples):
    """The same with every draw written out: the pictures of each drawn label, as often as it was drawn."""
    generator, names = np.random.default_rng(9), np.unique(labels)
    rows = {name: np.flatnonzero(np.array(labels) == name) for name in names}
    thresholds = []
    for _ in range(resamples):
        drawn = np.concatenate([rows[name] for name in generator.choice(names, len(names))])
        thresholds.append(threshold_at(pair_rate, cosines(vectors[drawn], np.array(labels)[drawn], False)))
    return np.quantile(thresholds, [0.025, 0.975])


def test_the_interval_agrees_with_every_draw_written_out():
    vectors, labels = pictures(25)
    found = calibrate(vectors, labels, 0.02, index_size=1, resampling=Resampling(resamples=3000))
    slow = slow_interval(vectors, labels, found.pair_rate, 1500)
    assert (found.low, found.high) == pytest.approx(tuple(slow), abs=0.015)
    assert found.high - found.low > 0.05


def test_the_interval_does_not_depend_on_how_much_is_done_at_once(monkeypatch):
    vectors, labels = pictures(12)
    whole = calibrate(vectors, labels, 0.3, 1, FEW)
    monkeypatch.setattr("lookalike_components.retrieval.thresholds.NUMBERS_AT_ONCE", 2000)
    assert whole == calibrate(vectors, labels, 0.3, 1, FEW)


@pytest.mark.parametrize(("crowded", "share"), [(0, 0.95), (2, 0.9)])
def test_the_interval_holds_the_threshold_of_all_labels_as_often_as_stated(crowded, share):
    """Samples of 60 labels each. Where a few of them decide, the interval is a little too narrow, as the docs say."""
    simulations = 60
    truth = calibrate(*pictures(1000, 2, seed=1000, crowded=crowded), 0.02, 1, Resampling(resamples=20)).threshold

    def holds(seed):
        found = calibrate(*pictures(60, 2, seed, crowded), 0.02, 1, Resampling(resamples=200))
        return found.low <= truth <= found.high

    assert sum(holds(seed) for seed in range(simulations)) >= binom.ppf(0.001, simulations, share)


def test_one_seed_gives_one_calibration():
    shown = pictures(10)
    assert calibrate(*shown, 0.1, 5, FEW) == calibrate(*shown, 0.1, 5, FEW)


def test_without_two_pictures_of_a_label_there_is_no_recall():
    assert calibrate(*pictures(5, each=1), 0.1, 1, FEW).recall is None


@pytest.mark.parametrize("labels", [[], ["mug", "mug"], ["mug", None]])
def test_without_two_labels_there_is_no_threshold(labels):
    assert calibrate(np.eye(3, dtype=np.float32)[: len(labels)], labels, 0.1, 5, FEW) is None


def test_an_index_of_no_picture_is_refused():
    with pytest.raises(UserError) as error:
        calibrate(*pictures(2), 0.1, 0, FEW)
    assert str(error.value) == "index_size is 0; it should be 1 or more"


def test_a_rate_out_of_range_is_refused():
    with pytest.raises(UserError) as error:
        calibrate(*pictures(2), 1.0, 5, FEW)
    assert str(error.value) == "false_match_rate is 1.0; it should be 0 or more and less than 1"
