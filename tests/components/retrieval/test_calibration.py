from dataclasses import astuple

import numpy as np
import pytest
from scipy.stats import binom

from lookalike_components.errors import UserError
from lookalike_components.retrieval import Labelled, Resampling, calibrate, threshold_at

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


def shown(labels, each=4, seed=0, crowded=0.0):
    return Labelled(*pictures(labels, each, seed, crowded))


def named(side, prefix):
    """The same pictures under labels of their own."""
    return Labelled(side.vectors, [f"{prefix} {label}" for label in side.labels])


NOTHING = Labelled(np.zeros((0, 16), np.float32), [])


def answers(asked, others):
    """The best cosine of each picture with any that shows another thing, in plain loops."""
    vectors, labels = np.concatenate([asked.vectors, others.vectors]), [*asked.labels, *others.labels]
    return np.array(
        [
            max(
                vectors[query] @ vectors[other]
                for other in range(len(vectors))
                if labels[other] != labels[query] and vectors[query] @ vectors[other] < 0.9999
            )
            for query in range(len(asked.vectors))
        ]
    )


def test_the_threshold_lets_the_stated_share_of_searches_pass_and_its_recall_is_what_it_costs():
    asked, others = shown(20), named(shown(15, seed=1), "other")
    found = calibrate(asked, others, 0.2, index_size=400, resampling=FEW)
    assert (found.searches, found.labels, found.compared) == (80, 20, 76 + 60)
    assert found.search_rate == pytest.approx(1 - 0.8 ** (136 / 400), rel=1e-12)
    best = answers(asked, others)
    assert found.threshold == pytest.approx(threshold_at(found.search_rate, best), abs=1e-6)
    one, other = np.triu_indices(80, k=1)
    same = (asked.vectors @ asked.vectors.T)[one, other][np.array(asked.labels)[one] == np.array(asked.labels)[other]]
    assert found.recall == (same >= found.threshold).mean()
    assert (found.supported, found.low <= found.threshold <= found.high) == (True, True)


def test_searches_for_what_is_not_there_are_answered_as_rarely_as_stated():
    """Queries of new things against an index of 600 pictures, of which the calibration sees as many or a third."""
    index, queries = pictures(600, each=1, seed=1)[0], pictures(5000, each=1, seed=2)[0]
    for others in (NOTHING, named(shown(400, each=1, seed=3), "other")):
        asked = shown(100, each=2)
        threshold = calibrate(asked, others, 0.1, index_size=600, resampling=FEW).threshold
        answered = ((queries @ index.T) >= threshold).any(axis=1).mean()
        assert answered == pytest.approx(0.1, abs=0.06)


def test_a_larger_index_asks_for_a_higher_threshold_that_finds_less():
    small, large = (calibrate(shown(60), NOTHING, 0.05, size, FEW) for size in (2, 200))
    assert small.threshold < large.threshold
    assert small.recall > large.recall


def test_no_more_pictures_are_compared_than_the_index_is_to_have():
    found = calibrate(shown(60), named(shown(60, seed=1), "other"), 0.05, 10, FEW)
    assert (found.compared, found.search_rate) == (10, pytest.approx(0.05, rel=1e-12))


def test_too_few_searches_are_told_and_the_threshold_is_just_above_all_answers():
    asked = shown(5)
    found = calibrate(asked, NOTHING, 0.01, index_size=1000, resampling=FEW)
    assert not found.supported
    assert found.threshold == found.high == pytest.approx(answers(asked, NOTHING).max(), abs=1e-6)
    assert found.threshold > answers(asked, NOTHING).max() - 1e-6


def test_a_threshold_of_few_labels_is_not_sure_however_many_pictures_they_have():
    few, enough = (calibrate(shown(labels, each=40), NOTHING, 0.2, 100, FEW) for labels in (5, 6))
    assert few.search_rate * few.searches > 10
    assert (few.supported, enough.supported) == (False, True)


def test_one_picture_under_two_labels_is_no_evidence():
    vectors, labels = pictures(20)
    twins = Labelled(np.concatenate([vectors, vectors[:1]]), [*labels, "another name"])
    assert calibrate(twins, NOTHING, 0.05, 2, FEW).threshold < 0.9999
    assert calibrate(Labelled(np.full((4, 16), 0.25, np.float32), list("abcd")), NOTHING, 0.05, 2, FEW) is None


def slow_interval(best, labels, rate, resamples):
    """The same with every draw written out: the searches of each drawn label, as often as it was drawn."""
    generator, names = np.random.default_rng(9), np.unique(labels)
    rows = {name: np.flatnonzero(np.array(labels) == name) for name in names}
    thresholds = []
    for _ in range(resamples):
        drawn = np.concatenate([rows[name] for name in generator.choice(names, len(names))])
        thresholds.append(threshold_at(rate, best[drawn]))
    return np.quantile(thresholds, [0.025, 0.975])


def test_the_interval_agrees_with_every_draw_written_out():
    asked, others = shown(25), named(shown(15, seed=1), "other")
    found = calibrate(asked, others, 0.2, index_size=200, resampling=Resampling(resamples=3000))
    slow = slow_interval(answers(asked, others), asked.labels, found.search_rate, 3000)
    assert (found.low, found.high) == pytest.approx(tuple(slow), abs=0.01)
    assert found.high - found.low > 0.03


def test_nothing_depends_on_how_much_is_done_at_once(monkeypatch):
    whole = calibrate(shown(12), named(shown(5, seed=1), "other"), 0.3, 50, FEW)
    monkeypatch.setattr("lookalike_components.retrieval.thresholds.NUMBERS_AT_ONCE", 2000)
    piecemeal = calibrate(shown(12), named(shown(5, seed=1), "other"), 0.3, 50, FEW)
    *figures, redrawn = astuple(whole)
    assert astuple(piecemeal)[:-1] == pytest.approx(tuple(figures), abs=1e-6)
    assert piecemeal.redrawn == pytest.approx(redrawn, abs=1e-6)


@pytest.mark.parametrize(("crowded", "share"), [(0, 0.95), (2, 0.9)])
def test_the_interval_holds_the_threshold_of_all_labels_as_often_as_stated(crowded, share):
    """Samples of 60 labels each, searched for in one index. Few labels that decide make it a little too narrow."""
    simulations = 60
    index = named(shown(300, 2, seed=999, crowded=crowded), "other")

    def calibrated(labels, seed, resamples):
        """Only the index is searched: the other labels asked for are in neither."""
        asked = shown(labels, 2, seed, crowded)
        return calibrate(asked, index, 0.2, len(index.labels) + 2 * labels, Resampling(resamples=resamples))

    def holds(seed):
        found = calibrated(60, seed, 200)
        return found.low <= truth <= found.high

    truth = np.median([calibrated(60, seed, 2).threshold for seed in range(1000, 1200)])
    assert sum(holds(seed) for seed in range(simulations)) >= binom.ppf(0.001, simulations, share)


def test_one_seed_gives_one_calibration():
    assert calibrate(shown(10), NOTHING, 0.1, 5, FEW) == calibrate(shown(10), NOTHING, 0.1, 5, FEW)


def test_without_two_pictures_of_a_label_there_is_no_recall():
    assert calibrate(shown(5, each=1), NOTHING, 0.1, 5, FEW).recall is None


@pytest.mark.parametrize("labels", [[], ["mug", "mug"], ["mug", None]])
def test_without_two_labels_there_is_no_threshold_whatever_else_is_searched(labels):
    asked = Labelled(np.eye(3, dtype=np.float32)[: len(labels)], labels)
    others = Labelled(np.eye(3, dtype=np.float32), ["lamp", "chair", None])
    assert calibrate(asked, others, 0.1, 5, FEW) is None


def test_an_index_of_no_picture_is_refused():
    with pytest.raises(UserError) as error:
        calibrate(shown(2), NOTHING, 0.1, 0, FEW)
    assert str(error.value) == "index_size is 0; it should be 1 or more"


def test_a_rate_out_of_range_is_refused():
    with pytest.raises(UserError) as error:
        calibrate(shown(2), NOTHING, 1.0, 5, FEW)
    assert str(error.value) == "false_match_rate is 1.0; it should be 0 or more and less than 1"
