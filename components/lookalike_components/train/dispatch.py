"""Where the training happens: in this process, in several on this machine, or on several machines."""

from pathlib import Path

from lookalike_components.progress import Facts
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.stopping import unwound_when_stopped


def dispatch(
    table_path: str | Path, encoder_path: str | Path, history_path: str | Path, config: TrainConfig, uri: str
) -> Facts:
    """Does what `fine_tune` does, by as many processes on as many machines as the settings say.

    Args:
        table_path: Image table with labels and subsets.
        encoder_path: Where the encoder's folder is to appear.
        history_path: JSON Lines file that gets a row before training and one after every epoch.
        config: What is trained, from which weights, how, and by how many.
        uri: Address of the encoder in the artifact store. Several machines hand things to each other beside it.

    Returns:
        What `fine_tune` returns.

    Raises:
        UserError: The settings or the table have to change.
        LookalikeError: The training failed.
    """
    if config.nodes > 1:
        from lookalike_components.train.distributed.nodes import fine_tune_on_nodes

        return fine_tune_on_nodes(table_path, encoder_path, history_path, config, uri)
    if config.processes > 1:
        from lookalike_components.train.distributed.processes import fine_tune_in_processes

        return fine_tune_in_processes(table_path, encoder_path, history_path, config)
    from lookalike_components.train.fine_tune import fine_tune

    with unwound_when_stopped():
        return fine_tune(table_path, encoder_path, history_path, config)
