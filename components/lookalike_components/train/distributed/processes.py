"""Training by several processes on this machine, started by torchrun."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from lookalike_components.encoder.process import environment
from lookalike_components.errors import LookalikeError
from lookalike_components.progress import Facts, say
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed import failure
from lookalike_components.train.distributed.order import Order
from lookalike_components.train.distributed.stopping import unwound_when_stopped
from lookalike_components.train.keeping.history import facts_of, read_history
from lookalike_components.train.keeping.written import Written

MODULE = "lookalike_components.train"


def fine_tune_in_processes(table_path: str | Path, written: Written, config: TrainConfig) -> Facts:
    """Does what `fine_tune` does, by ``config.processes`` processes that share every batch.

    Raises:
        UserError: The settings or the table have to change.
        LookalikeError: The training failed.
    """
    with TemporaryDirectory(prefix="lookalike-train-") as scratch:
        paths = {"encoder": written.encoder, "history": written.history, "tensorboard": written.tensorboard}
        order = Order.below(scratch, config, table=str(table_path), **{name: str(path) for name, path in paths.items()})
        say(f"training in {config.processes} processes")
        exit_code = _run([*_torchrun(config.processes), *order.arguments()], environment(config.processes))
        if exit_code:
            raise failure.first(order.failures, config.processes) or LookalikeError(_UNEXPLAINED)
    return facts_of(read_history(written.history))


_UNEXPLAINED = (
    "a process of the training was killed before it could say why (most often for lack of memory); "
    "give the step more memory, or lower train.processes"
)


def _torchrun(processes: int) -> list[str]:
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr=localhost"]
    return [*launcher, f"--nproc-per-node={processes}", "-m", MODULE]


def _run(command: list[str], surroundings: dict[str, str]) -> int:
    """Runs torchrun to its end; whatever ends this process ends torchrun in order, which ends the others."""
    with unwound_when_stopped(), subprocess.Popen(command, env={**os.environ, **surroundings}) as torchrun:
        try:
            return torchrun.wait()
        finally:
            torchrun.terminate()
