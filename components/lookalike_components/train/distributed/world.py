"""The processes that train one encoder together, as torchrun starts them; one alone where it did not."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed
from torch.autograd import Function
from torch.nn import functional

from lookalike_components.errors import UserError

Made = TypeVar("Made")

LONGEST_WAIT = timedelta(days=1)
"""One process of a machine decodes the pictures while the others wait; torchrun sees to those that died."""


@dataclass(frozen=True, slots=True)
class World:
    """What a process knows of those that it works with.

    Attributes:
        rank: Its number among all of them, from 0 up.
        size: How many they are.
        local_rank: Its number among those on its machine.
        machine: The machine's number.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    machine: int = 0

    @property
    def leads(self) -> bool:
        """Whether this is the one that speaks and writes for all."""
        return self.rank == 0

    def share(self, length: int) -> slice:
        """This process's part of so many items; the parts differ by one at most."""
        return slice(length * self.rank // self.size, length * (self.rank + 1) // self.size)

    def together(self, part: Tensor, length: int) -> Tensor:
        """Puts every process's share together: rows ``[length, d]``, the same everywhere, with gradient."""
        if self.size == 1:
            return part
        mine = self.share(length)
        return summed(functional.pad(part, (0, 0, mine.start, length - mine.stop)))

    def once_a_machine(self, make: Callable[[], Made]) -> Made:
        """What the first process of this machine made; the others wait for it."""
        if self.size == 1:
            return make()
        mine = (self.local_rank, self.machine), make() if self.local_rank == 0 else None
        everywhere: list[Any] = [None] * self.size
        distributed.all_gather_object(everywhere, mine)
        made: Made = dict(everywhere)[0, self.machine]
        return made

    def from_the_leader(self, make: Callable[[], Made]) -> Made:
        """What the leader made, everywhere."""
        made: list[Any] = [make() if self.leads else None]
        if self.size > 1:
            distributed.broadcast_object_list(made)
        told: Made = made[0]
        return told

    def anywhere(self, here: bool) -> bool:
        """Whether it is so in any of the processes; all of them get the same answer."""
        if self.size == 1:
            return here
        votes = torch.tensor([float(here)], device="cuda" if distributed.get_backend() == "nccl" else "cpu")
        distributed.all_reduce(votes)
        return bool(votes.item())


ALONE = World()


@contextmanager
def joined() -> Iterator[World]:
    """Joins the processes that torchrun started beside this one: over NCCL with a GPU for each, else over Gloo.

    Raises:
        UserError: There are GPUs, but fewer than processes on this machine.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield ALONE
        return
    world = World(*(int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "GROUP_RANK")))
    distributed.init_process_group(_backend(world), timeout=LONGEST_WAIT)
    yield world
    distributed.destroy_process_group()  # not after a failure: it would wait for those that are waiting for this one


def _backend(world: World) -> str:
    if not torch.cuda.is_available():
        return "gloo"
    here, gpus = int(os.environ["LOCAL_WORLD_SIZE"]), torch.cuda.device_count()
    if here > gpus:
        raise UserError(f"{here} processes are to train on a machine with {gpus} GPUs; set train.processes to {gpus}")
    torch.cuda.set_device(world.local_rank)
    return "nccl"


def summed(tensor: Tensor) -> Tensor:
    """The sum of a tensor over all processes, with gradient."""
    total: Tensor = _Sum.apply(tensor)
    return total


class _Sum(Function):
    """What one process adds counts in the loss of every process, so the gradients are summed as well."""

    @staticmethod
    def forward(_context: Any, tensor: Tensor) -> Tensor:
        total = tensor.clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_context: Any, *gradients: Tensor) -> Any:
        return summed(gradients[0])
