"""Batch normalisation over the batch of all processes, as one process alone would see it."""

from typing import cast

import torch
from torch import Tensor, nn

from lookalike_components.train.distributed.world import summed


def over_all_processes(network: nn.Module, device: torch.device) -> nn.Module:
    """Makes every batch normalisation inside of ``network`` look at the pictures of all processes.

    torch has this for GPUs alone; on a CPU it is written out below. Names and values of the state stay as they are.
    """
    if device.type == "cuda":
        return _for_gpus(network)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):  # it keeps its parameters, which an optimizer may know already
            module.__class__ = ActivatedBatchNorm2d if hasattr(module, "act") else SynchronisedBatchNorm2d
    return network


def _for_gpus(network: nn.Module) -> nn.Module:
    """What torch has would take the activation away that timm keeps inside its batch normalisation."""
    if any(type(module).__module__.startswith("timm.") for module in network.modules()):
        from timm.layers.norm_act import convert_sync_batchnorm

        synchronised: nn.Module = convert_sync_batchnorm(network)
        return synchronised
    return cast(nn.Module, nn.SyncBatchNorm.convert_sync_batchnorm(network))  # type: ignore[no-untyped-call]


class SynchronisedBatchNorm2d(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d` whose mean and variance come from the batch of all processes."""

    momentum: float
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def forward(self, images: Tensor) -> Tensor:
        """Normalises a part of a batch.

        Args:
            images: float ``[b, channels, h, w]``; sums are in the numbers of the weights, which may be wider.
        """
        if not self.training:
            return super().forward(images)
        wide = images.to(self.weight.dtype)
        sums = summed(torch.cat([wide.sum((0, 2, 3)), wide.new_tensor([wide[:, 0].numel()])]))
        count = sums[-1].detach()
        mean = sums[:-1] / count
        centred = wide - _per_channel(mean)
        variance = summed(centred.square().sum((0, 2, 3))) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        scaled = centred * _per_channel(self.weight * torch.rsqrt(variance + self.eps))
        return (scaled + _per_channel(self.bias)).to(images.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


class ActivatedBatchNorm2d(SynchronisedBatchNorm2d):
    """The same for timm's, which drops and activates what it has normalised."""

    drop: nn.Module
    act: nn.Module

    def forward(self, images: Tensor) -> Tensor:
        """Normalises and activates a part of a batch, float ``[b, channels, h, w]``."""
        activated: Tensor = self.act(self.drop(super().forward(images)))
        return activated


def _per_channel(values: Tensor) -> Tensor:
    return values[None, :, None, None]
