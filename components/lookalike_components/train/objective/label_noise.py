"""Which images of a batch are likely to have a wrong label."""

import torch
from torch import Tensor
from torch.nn import functional


def likely(embeddings: Tensor, labels: Tensor, noise: float) -> Tensor:
    """The images whose labels are likely to be right: all but the share ``noise`` of the least likely.

    How likely a label is says PRISM (Liu et al., 2021, equation 1): the softmax, over the labels, of the mean cosine
    with the images of each. Here these are the others of the batch rather than those of a memory, so that nothing has
    to be remembered. An image that is alone with its label is in no pair, and is kept.

    Args:
        embeddings: float32 ``[b, d]``, each row of length 1.
        labels: int64 ``[b]``.
        noise: From 0 up to 1.

    Returns:
        Their places in the batch, int64 ``[b - int(noise * b)]``, in order.
    """
    chances = label_chances(embeddings.detach(), labels)
    kept = len(labels) - int(noise * len(labels))
    return chances.topk(kept).indices.sort().values


def label_chances(embeddings: Tensor, labels: Tensor) -> Tensor:
    """How likely each label is to be right, ``[b]`` in 0..1; 1 for images alone with their label."""
    _, classes = torch.unique(labels, return_inverse=True)
    member = functional.one_hot(classes).to(embeddings.dtype)
    cosines = (embeddings @ embeddings.T).fill_diagonal_(0)
    others = member.sum(0) - member
    likeness = (cosines @ member) / others.clamp(min=1)
    chances = likeness.softmax(1).gather(1, classes[:, None])[:, 0]
    alone = others.gather(1, classes[:, None])[:, 0] == 0
    return torch.where(alone, 1.0, chances)
