"""How the encoder's forward pass is computed: in which numbers, compiled or not, by one process or by several."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from lookalike_components.encoder.model import Encoder
from lookalike_components.errors import LookalikeError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.batch_norm import over_all_processes
from lookalike_components.train.distributed.world import World


class Forward:
    """The forward pass of an encoder in training.

    Args:
        encoder: On the device already, with what is frozen taken out.
        config: Precision, compilation, and whether batch normalisation learns.
        world: The processes that share each batch.
    """

    def __init__(self, encoder: Encoder, config: TrainConfig, world: World) -> None:
        self._device = encoder.mean.device
        self._halved = uses_bfloat16(config, self._device)
        self._shared = _shared(encoder, config) if world.size > 1 else None
        whole: nn.Module = self._shared or encoder
        self._embed: Callable[[Tensor], Tensor] = _compiled(whole) if config.compile else whole

    def __call__(self, images: Tensor) -> Tensor:
        """Embeds uint8 ``[b, size, size, 3]``: float32 ``[b, d]`` of unit length."""
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._halved):
            return self._embed(images)

    def alone(self) -> AbstractContextManager[None]:
        """A context in which gradients are added up here and not shared yet."""
        return self._shared.no_sync() if self._shared else nullcontext()


def uses_bfloat16(config: TrainConfig, device: torch.device) -> bool:
    """Whether matrix products are in bfloat16; on a CPU only by request, as not every one gains by it."""
    if config.precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return config.precision == "bfloat16"


def _shared(encoder: Encoder, config: TrainConfig) -> DistributedDataParallel:
    """The encoder of all processes: each embeds its part of a batch, and the gradients are those of the whole batch.

    Statistics are the same everywhere without sending them: frozen ones stay, others come from the whole batch.
    """
    whole = encoder if config.freeze_batch_norm else over_all_processes(encoder, encoder.mean.device)
    return DistributedDataParallel(whole, forward_sync_buffers=False)


def _compiled(module: nn.Module) -> Callable[[Tensor], Tensor]:
    """Compiles a module at its first batch; the module itself, and the names of its weights, stay as they are."""
    compiled = torch.compile(module)

    def embed(images: Tensor) -> Tensor:
        try:
            return cast(Tensor, compiled(images))
        except torch._dynamo.exc.TorchDynamoException as error:
            raise LookalikeError(
                f"torch could not compile {type(module).__name__} ({str(error).splitlines()[0]}); install a C++ "
                "compiler where it misses one, or set train.compile to false"
            ) from error

    return embed
