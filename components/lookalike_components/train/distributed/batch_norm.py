"""Batch normalisation over the batch of all processes, as one process alone would see it."""

import torch
from torch import Tensor, nn

from lookalike_components.train.distributed.world import summed


def over_all_processes(network: nn.Module, device: torch.device) -> nn.Module:
    """Makes every batch normalisation inside of ``network`` look at the pictures of all processes.

    torch has this for GPUs alone; on a CPU it is written out below. Names and values of the state stay as they are.
    """
    if device.type == "cuda":
        synchronised: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return synchronised
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.__class__ = SynchronisedBatchNorm2d  # it keeps its parameters, which an optimizer may know already
    return network


class SynchronisedBatchNorm2d(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d` whose mean and variance come from the batch of all processes."""

    momentum: float
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def forward(self, images: Tensor) -> Tensor:
        """Normalises a part of a batch.

        Args:
            images: float32 ``[b, channels, h, w]``.
        """
        if not self.training:
            return super().forward(images)
        sums = summed(torch.cat([images.sum((0, 2, 3)), images.new_tensor([images[:, 0].numel()])]))
        count = sums[-1].detach()
        mean = sums[:-1] / count
        centred = images - _per_channel(mean)
        variance = summed(centred.square().sum((0, 2, 3))) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        return centred * _per_channel(self.weight * torch.rsqrt(variance + self.eps)) + _per_channel(self.bias)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


def _per_channel(values: Tensor) -> Tensor:
    return values[None, :, None, None]
