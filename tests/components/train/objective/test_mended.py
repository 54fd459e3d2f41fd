"""What the library gets right comes out as there, and what it does not comes out right."""

import pytest
import torch
from pytorch_metric_learning import losses
from torch.nn import functional

from lookalike_components.train.objective.mended import MENDED

DEFAULTS = {"HistogramLoss": {"n_bins": 100}, "SmoothAPLoss": {}, "TupletMarginLoss": {}}


@pytest.mark.parametrize("name", MENDED)
@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence:UserWarning")
def test_on_an_ordinary_batch_it_is_the_librarys(name: str):
    torch.manual_seed(0)
    embeddings, labels = functional.normalize(torch.randn(16, 8)), torch.arange(4).repeat_interleave(4)
    theirs = getattr(losses, name)(**DEFAULTS[name])(embeddings, labels)
    torch.testing.assert_close(MENDED[name](**DEFAULTS[name])(embeddings, labels), theirs)


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence:UserWarning")
def test_of_mined_pairs_a_histogram_counts_each_once_as_the_librarys():
    torch.manual_seed(0)
    embeddings, labels = functional.normalize(torch.randn(6, 8)), torch.tensor([0, 0, 0, 1, 1, 1])
    mined = torch.tensor([0, 1, 0, 0]), torch.tensor([1, 0, 2, 2]), torch.tensor([4, 4, 4, 5])
    theirs = losses.HistogramLoss()(embeddings, labels, mined)
    torch.testing.assert_close(MENDED["HistogramLoss"](n_bins=100)(embeddings, labels, mined), theirs)


@pytest.mark.parametrize("name", MENDED)
def test_equal_pictures_leave_it_finite(name: str):
    embeddings = functional.normalize(torch.ones(6, 8) + torch.eye(2, 8).repeat(3, 1)).requires_grad_()
    loss = MENDED[name](**DEFAULTS[name])(embeddings, torch.tensor([0, 1] * 3))
    loss.backward()
    assert embeddings.grad is not None
    assert torch.isfinite(embeddings.grad).all()


def test_a_perfect_ranking_has_an_average_precision_of_1_whatever_the_sizes_of_labels():
    labels = torch.tensor([0, 0, 1, 1, 1, 2, 2, 2, 2, 3])
    loss = MENDED["SmoothAPLoss"]()(torch.eye(4)[labels] + 0.01 * torch.rand(10, 4), labels)
    assert loss.item() == pytest.approx(0, abs=0.01)


def test_one_wrong_neighbour_costs_what_it_costs_by_hand():
    """Label 0 at 0, 20 and 60 degrees, label 1 at 50: it comes before the last of label 0, or before both others."""
    angles = torch.deg2rad(torch.tensor([0.0, 20.0, 60.0, 50.0]))
    embeddings, labels = torch.stack([angles.cos(), angles.sin()], dim=1), torch.tensor([0, 0, 0, 1])
    loss = MENDED["SmoothAPLoss"](temperature=1e-4)(embeddings, labels)
    first = (1 + 1 + 3 / 4) / 3
    last = (1 + 2 / 3 + 3 / 4) / 3
    assert loss.item() == pytest.approx(1 - (2 * first + last + 1) / 4, abs=1e-3)
