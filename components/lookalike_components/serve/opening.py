"""Loads what a server answers with; knows nothing of KServe, so that both can be loaded at once."""

from functools import partial
from pathlib import Path

from lookalike_components.release.runtime import Release
from lookalike_components.serve.collection import Journal
from lookalike_components.serve.config import ServeConfig
from lookalike_components.serve.cores import cores
from lookalike_components.serve.current import Current


def open_current(config: ServeConfig) -> Current:
    """Opens the release, and the journal where there is one.

    Raises:
        UserError: The folder holds no release, or the journal cannot be used.
        LookalikeError: The release is damaged.
    """
    open_release = partial(Release.open, runtime=config.runtime, threads=config.threads or cores())
    journal = Journal.open(Path(config.journal), config.limits.entries) if config.journal else None
    return Current(config.release, open_release, journal)
