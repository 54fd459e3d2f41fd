"""The training itself: batches of a few images of a few classes, one optimizer step each."""

from collections.abc import Iterator
from math import ceil, isfinite

import numpy as np
import numpy.typing as npt
import torch
from pytorch_metric_learning.samplers import MPerClassSampler
from pytorch_metric_learning.utils import common_functions
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler

from lookalike_components.encoder.model import Encoder, best_device
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.train.distributed.batch_norm import over_all_processes
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.pictures.pictures import Pictures
from lookalike_components.train.distributed.world import ALONE, World

Batch = npt.NDArray[np.int64]


def seed_everything(seed: int) -> None:
    """Fixes every source of chance that training draws from."""
    torch.manual_seed(seed)
    common_functions.NUMPY_RANDOM = np.random.RandomState(seed)


class Training:
    """An encoder in training on the best device, by one process or by several that share every batch.

    Attributes:
        batch_size: Images in a batch, of all processes together.
        steps_per_epoch: Steps after which as many images were drawn as there are.
    """

    def __init__(
        self,
        encoder: Encoder,
        objective: Objective,
        pictures: Pictures,
        config: TrainConfig,
        world: World = ALONE,
    ) -> None:
        self.world = world
        self.device = best_device()
        self.encoder = encoder.to(self.device).to(memory_format=torch.channels_last)
        self.objective = objective.to(self.device)
        self.pictures = pictures
        parameters = [*encoder.parameters(), *objective.parameters()]
        optimizer = getattr(torch.optim, config.optimizer)
        self.optimizer = optimizer(parameters, lr=config.learning_rate, weight_decay=config.weight_decay)
        self.batch_size = min(config.classes_per_batch, pictures.classes) * config.images_per_class
        _check_shares(self.batch_size, world)
        self.steps_per_epoch = ceil(len(pictures) / self.batch_size)
        self._schedule = _schedule(config.schedule, self.optimizer, self.steps_per_epoch * config.epochs)
        self._images_per_class = config.images_per_class
        self._embed = _shared(encoder, self.device) if world.size > 1 else encoder

    @property
    def learning_rate(self) -> float:
        """Step size of the next step."""
        return float(self.optimizer.param_groups[0]["lr"])

    def batches(self, epochs: int) -> Iterator[Batch]:
        """Draws the batches of all epochs: positions int64 ``[batch_size]``, grouped by class.

        The classes of a batch are drawn anew each time; a class with too few images gives some of them twice.
        """
        length = self.steps_per_epoch * self.batch_size
        sampler = MPerClassSampler(self.pictures.labels, self._images_per_class, self.batch_size, length)
        for _ in range(epochs):
            yield from np.fromiter(sampler, np.int64, length).reshape(-1, self.batch_size)

    def step(self, batch: Batch) -> float:
        """Takes one step downhill on the pictures at these positions and gives the loss before it.

        Raises:
            LookalikeError: The loss is no finite number any more.
        """
        self.encoder.train()
        loss = self._loss(batch)
        if not isfinite(value := loss.item()):
            raise LookalikeError(
                f"the loss became {value}; lower the learning rate (it is {self.learning_rate:g}) and train again"
            )
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self._schedule.step()
        return value

    def _loss(self, batch: Batch) -> Tensor:
        part = batch[self.world.share(len(batch))]
        images = torch.from_numpy(self.pictures.pixels[part]).to(self.device)
        labels = torch.from_numpy(self.pictures.labels[batch]).to(self.device)
        embeddings = self.world.together(self._embed(images), len(batch))
        loss: Tensor = self.objective(embeddings, labels)
        return loss


def _check_shares(batch_size: int, world: World) -> None:
    if batch_size < world.size:
        raise UserError(
            f"a batch has {batch_size} images, too few for {world.size} processes; "
            "raise train.classes_per_batch or train.images_per_class, or train with fewer processes"
        )


def _shared(encoder: Encoder, device: torch.device) -> nn.Module:
    """The encoder of all processes: each embeds its part of a batch, and the gradients are those of the whole batch."""
    return DistributedDataParallel(over_all_processes(encoder, device))


def _schedule(name: str, optimizer: Optimizer, steps: int) -> LRScheduler:
    return CosineAnnealingLR(optimizer, steps) if name == "cosine" else ConstantLR(optimizer, factor=1.0)
