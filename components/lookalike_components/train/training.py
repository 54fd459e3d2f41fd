"""One training: an encoder, what it is to lower, and the steps that lower it."""

from math import isfinite
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from lookalike_components.encoder.model import Encoder, best_device
from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.batch_norm import over_all_processes
from lookalike_components.train.distributed.world import ALONE, World
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.optimisation.parameters import groups, learning
from lookalike_components.train.optimisation.schedule import factor
from lookalike_components.train.pictures.loader import Batch

State = dict[str, Any]


class Training:
    """An encoder in training on the best device, by one process or by several that share every batch.

    A step depends on the weights, the batch and its own number alone, so that a training that was restored from its
    state takes the same steps as one that never stopped.

    Attributes:
        encoder: The encoder as it is now.
        steps: Steps in all.
        taken: Steps taken so far.
    """

    def __init__(
        self, encoder: Encoder, objective: Objective, steps: int, config: TrainConfig, world: World = ALONE
    ) -> None:
        self.config = config
        self.world = world
        self.device = best_device()
        self.encoder = encoder.to(self.device).to(memory_format=torch.channels_last)
        self.objective = objective.to(self.device)
        self.steps = steps
        self.taken = 0
        optimizer = getattr(torch.optim, config.optimizer)
        self.optimizer = optimizer(groups(encoder, objective, config), **config.optimizer_options)
        self._full_rates = [group["lr"] for group in self.optimizer.param_groups]
        self._embed = _shared(encoder, self.device) if world.size > 1 else encoder

    @property
    def learning_rate(self) -> float:
        """Step size of the next step."""
        return self.config.learning_rate * factor(self.config, self.taken, self.steps)

    def step(self, batch: Batch) -> float:
        """Takes one step downhill and gives the loss before it.

        Raises:
            LookalikeError: The loss is no finite number any more.
        """
        torch.manual_seed(self.config.seed * 1_000_003 + self.taken)
        learning(self.encoder, self.config)
        for group, rate in zip(self.optimizer.param_groups, self._full_rates, strict=True):
            group["lr"] = rate * factor(self.config, self.taken, self.steps)
        self.optimizer.zero_grad()
        loss = self._loss(batch)
        if not isfinite(value := loss.item()):
            raise LookalikeError(
                f"the loss became {value}; lower the learning rate (it is {self.learning_rate:g}) and train again"
            )
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.taken += 1
        return value

    def _loss(self, batch: Batch) -> Tensor:
        images, labels = batch.images.to(self.device), batch.labels.to(self.device)
        embeddings = self.world.together(self._embed(images), len(labels))
        loss: Tensor = self.objective(embeddings, labels)
        return loss

    def encoder_now(self) -> Encoder:
        """The encoder as it would be kept now."""
        return self.encoder

    def weights(self) -> dict[str, Tensor]:
        """The weights of the encoder as it would be kept now."""
        return self.encoder_now().state_dict()

    def state(self) -> State:
        """Everything that the next steps depend on; of tensors and plain values alone."""
        parts = {"encoder": self.encoder, "objective": self.objective, "optimizer": self.optimizer}
        return {"taken": self.taken, **{name: part.state_dict() for name, part in parts.items()}}

    def restore(self, state: State) -> None:
        """Goes back to a state."""
        self.taken = state["taken"]
        self.encoder.load_state_dict(state["encoder"])
        self.objective.load_state_dict(state["objective"])
        self.optimizer.load_state_dict(state["optimizer"])


def check_shares(batch_size: int, world: World) -> None:
    """Makes sure that each process has an image of a batch.

    Raises:
        UserError: There are more processes than images.
    """
    if batch_size < world.size:
        raise UserError(
            f"a batch has {batch_size} images, too few for {world.size} processes; "
            "raise train.classes_per_batch or train.images_per_class, or train with fewer processes"
        )


def _shared(encoder: Encoder, device: torch.device) -> nn.Module:
    """The encoder of all processes: each embeds its part of a batch, and the gradients are those of the whole batch."""
    return DistributedDataParallel(over_all_processes(encoder, device))
