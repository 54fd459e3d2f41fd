"""Folders on this machine's disk; each is whole or not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from lookalike_components.errors import UserError
from lookalike_components.storage.local import explained


@contextmanager
def new_folder(path: str | Path) -> Iterator[Path]:
    """Gives an empty folder to fill, and moves it to ``path`` once the block is done.

    When the block fails nothing is left behind.

    Raises:
        UserError: There is something at ``path`` already.
        LookalikeError: The disk is full, or the system refuses; the sentence names the folder.
    """
    path = Path(path)
    with explained(path):
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise UserError(f"{path} is there already; pass the name of a new folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as scratch:
            draft = Path(scratch, path.name)
            draft.mkdir()
            yield draft
            draft.replace(path)
