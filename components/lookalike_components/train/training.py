"""One training: an encoder, what it is to lower, and the steps that lower it."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from lookalike_components.encoder.model import Encoder, best_device
from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.world import ALONE, World
from lookalike_components.train.objective.objective import Objective
from lookalike_components.train.optimisation.average import Average
from lookalike_components.train.optimisation.chance import seed_chance
from lookalike_components.train.optimisation.forward import Forward
from lookalike_components.train.optimisation.gradient_cache import descend, parts_of
from lookalike_components.train.optimisation.health import Health, spread
from lookalike_components.train.optimisation.optimizers import checked_options
from lookalike_components.train.optimisation.parameters import freeze, groups, learning
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

    Raises:
        UserError: More is to stay as it is than there is in the encoder.
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
        freeze(encoder, config)
        optimizer = getattr(torch.optim, config.optimizer)
        options = checked_options(config.optimizer, config.optimizer_options)
        self.optimizer = optimizer(groups(encoder, objective, config), **options)
        self._full_rates = [group["lr"] for group in self.optimizer.param_groups]
        self._forward = Forward(encoder, config, world)
        self._average = Average(encoder, config.average) if config.average else None
        self._health = Health()

    @property
    def learning_rate(self) -> float:
        """Step size of the next step."""
        return self.config.learning_rate * factor(self.config, self.taken, self.steps)

    def step(self, batch: Batch) -> float:
        """Takes one step downhill and gives the loss before it.

        Raises:
            DivergenceError: The loss or its gradient is no finite number any more, or all embeddings became one.
            UserError: The batch is too large for the GPU's memory.
        """
        learning(self.encoder, self.config)
        for group, rate in zip(self.optimizer.param_groups, self._full_rates, strict=True):
            group["lr"] = rate * factor(self.config, self.taken, self.steps)
        self.optimizer.zero_grad()
        try:
            loss = self._descend(batch)
        except torch.OutOfMemoryError as error:
            raise UserError(_too_large(batch)) from error
        self.optimizer.step()
        if self._average:
            self._average.update_parameters(self.encoder)
        self.taken += 1
        return loss

    def _descend(self, batch: Batch) -> float:
        """Computes the gradients of a batch, makes sure that they are sound, and gives the loss."""
        labels = batch.labels.to(self.device, non_blocking=True)
        images = batch.images.to(self.device, non_blocking=True)
        spreads: list[Tensor] = []

        def loss_of(part: Tensor) -> Tensor:
            embeddings = self.world.together(part, len(labels))
            spreads.append(spread(embeddings.detach(), labels))
            seed_chance(self.config.chance, self.taken)  # the same for all processes, which make the same loss
            loss: Tensor = self.objective(embeddings, labels)
            return loss

        parts = parts_of(len(labels), self.config.embed_at_once, self.world.size)
        loss = descend(self._embed, images, parts, loss_of, self._forward.alone)
        signs = torch.stack([loss, self._clipped(), *spreads])
        height, gradient, width = signs.tolist()  # the one wait for the device
        self._health.check(height, gradient, width, self.taken, self.learning_rate, self.config)
        return float(height)

    def _embed(self, number: int, images: Tensor) -> Tensor:
        """Embeds a part of this process's share of a batch."""
        seed_chance(self.config.chance, self.taken, 1 + self.world.rank, number)
        return self._forward(images)

    def _clipped(self) -> Tensor:
        """Shortens the gradient to ``clip`` where it is longer; gives the length that it had."""
        weights = [weight for group in self.optimizer.param_groups for weight in group["params"]]
        length = nn.utils.get_total_norm([weight.grad for weight in weights if weight.grad is not None])
        if self.config.clip:
            nn.utils.clip_grads_with_norm_(weights, self.config.clip, length)
        return length

    def encoder_now(self) -> Encoder:
        """The encoder as it would be kept now: the average of its weights where there is one."""
        return self._average.module if self._average else self.encoder

    def weights(self) -> dict[str, Tensor]:
        """The weights of the encoder as it would be kept now."""
        return self.encoder_now().state_dict()

    def state(self) -> State:
        """Everything that the next steps depend on; of tensors and plain values alone."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        return {"taken": self.taken, "health": self._health.state(), **parts}

    def restore(self, state: State) -> None:
        """Goes back to a state; it stays as it is, whatever steps are taken from there."""
        self.taken = state["taken"]
        self._health = Health(**state["health"])
        for name, part in self._parts().items():
            part.load_state_dict(deepcopy(state[name]))

    def _parts(self) -> dict[str, Any]:
        parts = {"encoder": self.encoder, "objective": self.objective, "optimizer": self.optimizer}
        return {**parts, "average": self._average} if self._average else parts


def _too_large(batch: Batch) -> str:
    count, side = batch.images.shape[:2]
    return (
        f"{count} images of {side} px at once are too many for the GPU's memory; set train.embed_at_once to fewer "
        "(with train.freeze_batch_norm), or lower train.classes_per_batch or train.images_per_class"
    )


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
