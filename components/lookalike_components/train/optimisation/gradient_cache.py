"""The gradient of a whole batch with a part of it in memory at once.

Embedding without gradients costs little memory, so that the loss and its gradient on the embeddings are had for the
whole batch first; then each part is embedded again and takes its share of that gradient on to the weights.

Source: Gao et al., Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup (RepL4NLP 2021), there
GradCache.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from math import ceil
from typing import cast

import torch
from torch import Tensor

Embed = Callable[[int, Tensor], Tensor]
"""Embeds a part of the batch, given its number; whatever chance it has depends on that number alone."""


def descend(
    embed: Embed,
    images: Tensor,
    parts: int,
    loss_of: Callable[[Tensor], Tensor],
    alone: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Tensor:
    """Adds the gradients of a batch's loss to the weights, and gives the loss.

    Args:
        embed: The encoder; no picture may look at another one of the batch, as batch normalisation does in training.
        images: uint8 ``[b, size, size, 3]``.
        parts: How many parts it is embedded in, see `parts_of`; a part may be empty.
        loss_of: Makes a scalar of the embeddings ``[b, d]``.
        alone: Context in which gradients are not shared with other processes yet.
    """
    if parts == 1:
        return _descended(loss_of(embed(0, images)))
    split = torch.tensor_split(images, parts)
    with torch.no_grad():
        embeddings = torch.cat([embed(number, part) for number, part in enumerate(split)])
    loss = _descended(loss_of(embeddings.requires_grad_()))
    gradients = torch.tensor_split(cast(Tensor, embeddings.grad), parts)
    for number, (part, gradient) in enumerate(zip(split, gradients, strict=True)):
        with nullcontext() if number == parts - 1 else alone():
            embed(number, part).backward(gradient)  # type: ignore[no-untyped-call]
    return loss


def parts_of(length: int, most: int, processes: int = 1) -> int:
    """How many parts each process embeds its share of a batch in: the same for all, which wait for each other.

    Args:
        length: Images in the batch of all processes.
        most: Images in the memory of each at once; 0 for all of its share.
        processes: How many share the batch.
    """
    return ceil(ceil(length / processes) / most) if most else 1


def _descended(loss: Tensor) -> Tensor:
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.detach()
