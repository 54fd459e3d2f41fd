"""A running average of the weights, which often generalises better than the last of them.

Source: Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging (1992); exponential as in Tarvainen
and Valpola, Mean teachers are better role models (NeurIPS 2017).
"""

import torch
from torch import Tensor
from torch.optim.swa_utils import PARAM_LIST, AveragedModel

from lookalike_components.encoder.model import Encoder


class Average(AveragedModel):
    """An encoder whose weights and statistics are exponential averages of another one's.

    The first steps count for more, or the average would stay with the weights of the start for ``1 / (1 - decay)``
    steps: the ``n``-th update keeps ``min(decay, (1 + n) / (10 + n))`` of what there was.

    Args:
        encoder: Whose weights are averaged; its first ones are taken as they are.
        decay: Share of the average that an update keeps in the long run, from 0 up to 1, which is not included.
    """

    module: Encoder

    def __init__(self, encoder: Encoder, decay: float) -> None:
        super().__init__(encoder, multi_avg_fn=self._mix, use_buffers=True)
        self._decay = decay

    def _mix(self, averages: PARAM_LIST, latest: PARAM_LIST, _updates: Tensor | int) -> None:
        """Moves tensors of one type on by an update; whole numbers, such as counts, are the latest."""
        updates = int(self.n_averaged)  # which lies in the CPU's memory, so that nothing waits for a GPU
        if averages[0].is_floating_point():
            torch._foreach_lerp_(averages, latest, 1 - min(self._decay, (1 + updates) / (10 + updates)))
        else:
            torch._foreach_copy_(averages, latest)
