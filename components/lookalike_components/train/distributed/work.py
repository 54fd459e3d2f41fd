"""One process of a shared training."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from tempfile import TemporaryDirectory

from lookalike_components import storage
from lookalike_components.progress import LIVE, on_behalf_of
from lookalike_components.train.distributed.order import Order
from lookalike_components.train.distributed.stopping import unwound_when_stopped
from lookalike_components.train.distributed.world import World, joined
from lookalike_components.train.fine_tune import fine_tune
from lookalike_components.train.keeping.mirror import mirrored


def work(order: Order) -> None:
    """Trains together with the processes that torchrun started beside this one; the leader brings back what came of it.

    Raises:
        UserError: The settings or the table have to change.
        LookalikeError: The training failed.
    """
    with (
        unwound_when_stopped(),
        joined() as world,
        _heard_only_if_it_leads(world),
        TemporaryDirectory(prefix="lookalike-train-") as scratch,
    ):
        config, table = order.config(), _here(order.table, Path(scratch, "table"))
        config = config.model_copy(update={"checkpoints": config.checkpoints or order.checkpoints})
        written = order.written(Path(scratch))
        with mirrored(written.addresses if world.leads else {}):
            fine_tune(table, written.encoder, written.history, config, world, written.tensorboard)
        if world.leads and storage.local_path(order.encoder) is None:
            storage.upload_folder(Path(written.encoder), order.encoder)
            storage.upload(Path(written.history), order.history)


def _here(uri: str, path: Path) -> Path:
    """The file on this machine's disk."""
    local = storage.local_path(uri)
    if local is None:
        storage.download(uri, path)
    return local or path


@contextmanager
def _heard_only_if_it_leads(world: World) -> Iterator[None]:
    """All processes would say the same; what the others fall over is still printed, after this ends."""
    if world.leads:
        with on_behalf_of("train"):
            yield
        return
    os.environ.pop(LIVE, None)
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        yield
