"""Where the training happens: in this process, in several on this machine, or on several machines."""

from pathlib import Path

from lookalike_components.progress import Facts
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.stopping import unwound_when_stopped
from lookalike_components.train.keeping.mirror import mirrored
from lookalike_components.train.keeping.written import Written


def dispatch(table_path: str | Path, written: Written, config: TrainConfig) -> Facts:
    """Does what `fine_tune` does, by as many processes on as many machines as the settings say.

    History and TensorBoard events are at their addresses while the training goes on.

    Args:
        table_path: Image table with labels and subsets.
        written: What it writes, and where.
        config: What is trained, from which weights, how, and by how many.

    Returns:
        What `fine_tune` returns.

    Raises:
        UserError: The settings or the table have to change.
        LookalikeError: The training failed.
        SystemExit: This process was asked to stop; the training left a checkpoint.
    """
    if config.nodes > 1:
        from lookalike_components.train.distributed.nodes import fine_tune_on_nodes

        return fine_tune_on_nodes(table_path, written, config)
    with mirrored(written.addresses):
        return _here(table_path, written, config)


def _here(table_path: str | Path, written: Written, config: TrainConfig) -> Facts:
    if config.processes > 1:
        from lookalike_components.train.distributed.processes import fine_tune_in_processes

        return fine_tune_in_processes(table_path, written, config)
    from lookalike_components.train.fine_tune import fine_tune

    with unwound_when_stopped():
        return fine_tune(table_path, written.encoder, written.history, config, tensorboard_path=written.tensorboard)
