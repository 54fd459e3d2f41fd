"""Losses of pytorch-metric-learning 2.9 that are right only for some batches there."""

from typing import Any

import torch
from pytorch_metric_learning import losses
from pytorch_metric_learning.utils.loss_and_miner_utils import convert_to_triplets
from torch import Tensor

Terms = dict[str, Any]

HIGHEST_COSINE = 1 - 1e-6
"""Equal pictures reach 1 and rounding goes beyond, where an arc cosine has no finite slope and a histogram no bin."""


class SmoothAPLoss(losses.SmoothAPLoss):
    """Smoothed average precision for labels with any numbers of images (Brown et al., 2020, equation 8).

    The library's own takes the number of labels for the number of images of a label, and is right where they agree.
    """

    def compute_loss(
        self, embeddings: Tensor, labels: Tensor, indices_tuple: Any, ref_emb: Tensor, ref_labels: Tensor
    ) -> dict[str, Terms]:
        """One minus the average precision of each image, of the ``[b, d]`` of a batch."""
        cosines = self.distance(embeddings)
        same = (labels[:, None] == labels).to(cosines.dtype)
        above = torch.sigmoid((cosines[:, None, :] - cosines[:, :, None]) / self.temperature)
        above = above * (1 - torch.eye(len(labels), dtype=cosines.dtype, device=cosines.device))
        rank = 1 + above.sum(2)
        rank_among_same = 1 + (above * same[:, None, :]).sum(2)
        precision = (same * rank_among_same / rank).sum(1) / same.sum(1)
        places = torch.arange(len(labels), device=labels.device)
        return {"ap_loss": {"losses": 1 - precision, "indices": places, "reduction_type": "element"}}


class HistogramLoss(losses.HistogramLoss):
    """The histogram loss (Ustinova and Lempitsky, 2016), for pairs that are as close as can be too.

    The library's own also takes pairs out of a matrix by a list of lists, which torch is about to read otherwise.
    """

    def compute_loss(
        self, embeddings: Tensor, labels: Tensor, indices_tuple: Any, ref_emb: Tensor, ref_labels: Tensor
    ) -> dict[str, Terms]:
        """The chance that a negative pair is closer than a positive one, from the ``[b, d]`` of a batch."""
        anchors, positives, negatives = convert_to_triplets(indices_tuple, labels, t_per_anchor="all")
        if len(anchors) == 0:
            zero: dict[str, Terms] = self.zero_losses()
            return zero
        cosines = self.distance(embeddings).clamp(-HIGHEST_COSINE, HIGHEST_COSINE)
        close = self.compute_density(cosines[_pairs(anchors, positives)])
        far = self.compute_density(cosines[_pairs(anchors, negatives)])
        loss = torch.sum(far * close.cumsum(0))
        return {"loss": {"losses": loss, "indices": None, "reduction_type": "already_reduced"}}


class TupletMarginLoss(losses.TupletMarginLoss):
    """The tuplet margin loss (Yu and Tao, 2019), finite where two pictures of a label are the same."""

    def _compute_loss(self, pos_pairs: Tensor, neg_pairs: Tensor, indices_tuple: tuple[Tensor, ...]) -> object:
        if len(pos_pairs) == 0:
            return super()._compute_loss(pos_pairs, neg_pairs, indices_tuple)
        return super()._compute_loss(pos_pairs.clamp(-HIGHEST_COSINE, HIGHEST_COSINE), neg_pairs, indices_tuple)


MENDED = {"HistogramLoss": HistogramLoss, "SmoothAPLoss": SmoothAPLoss, "TupletMarginLoss": TupletMarginLoss}


def _pairs(ones: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct pairs of places, whichever comes first."""
    lower, higher = torch.unique(torch.stack([ones, others]).sort(0).values, dim=1)
    return lower, higher
