"""Every loss learns a toy set from the batches of every sampler, and so does a loss over the pairs of every miner."""

import pytest

from lookalike_components.train.objective.names import LOSSES, MINERS, REMEMBERING

pytestmark = pytest.mark.slow

COUNTS = [2, 3, 4, 5] * 3
MARGIN = 0.05
OPTIONS = {"SoftTripleLoss": {"centers_per_class": 2, "la": 10}}  # its own defaults are for labels of many images
SAMPLERS = {"balanced": {}, "random": {"sampler": "random"}, "category": {"sampler": "category", "category": "kind"}}


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_learns_with_every_sampler(learn, loss: str, sampler: str):
    lesson = learn(COUNTS, loss=loss, loss_options=OPTIONS.get(loss, {}), miner="", **SAMPLERS[sampler])
    assert lesson.finite
    assert lesson.after > lesson.before + MARGIN


@pytest.mark.parametrize("miner", MINERS)
def test_a_loss_learns_from_the_pairs_of_every_miner(learn, miner: str):
    lesson = learn(COUNTS, loss="ContrastiveLoss", miner=miner)
    assert lesson.finite
    assert lesson.after > lesson.before + MARGIN


@pytest.mark.parametrize("loss", REMEMBERING)
def test_every_loss_that_may_remember_learns_with_a_memory(learn, loss: str):
    lesson = learn(COUNTS, loss=loss, miner="", memory=64)
    assert lesson.finite
    assert lesson.after > lesson.before + MARGIN


@pytest.mark.parametrize("loss", ["MultiSimilarityLoss", "SupConLoss", "TripletMarginLoss"])
def test_with_wrong_labels_more_is_learned_where_the_least_likely_are_passed_over(learn, loss: str):
    trusting = [learn([6] * 16, wrong=0.2, seed=seed, loss=loss, miner="").after for seed in range(3)]
    wary = [learn([6] * 16, wrong=0.2, seed=seed, loss=loss, miner="", label_noise=0.2).after for seed in range(3)]
    assert sum(wary) > sum(trusting) + 3 * 0.03


def test_the_first_numbers_learn_too(learn):
    lesson = learn(COUNTS, matryoshka=[4, 8])
    assert lesson.finite
    assert lesson.after > lesson.before + MARGIN
