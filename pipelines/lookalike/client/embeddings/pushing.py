"""A file of embeddings to a vector database."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from lookalike.client.embeddings.table import EmbeddingsFile, Origin, Rows
from lookalike_components.errors import UserError

KINDS = ("qdrant", "pgvector")


class Sink(Protocol):
    """A collection of a database that holds the embeddings of one encoder."""

    def prepare(self, origin: Origin) -> None:
        """Makes the collection unless it is there; raises UserError where it holds something else."""

    def write(self, rows: Rows, origin: Origin) -> None:
        """Puts rows in, in place of those of the same ids; they are stored once this returns."""

    def finish(self) -> None:
        """Does what is quicker once everything is there, such as an index."""


def push(
    file: str | Path,
    to: str,
    url: str = "",
    collection: str = "lookalike",
    progress: Callable[[int], object] = lambda _: None,
) -> int:
    """Puts the embeddings of a file into a vector database; the same again changes nothing.

    Args:
        file: Parquet, as `lookalike encode --url` writes it.
        to: ``qdrant`` or ``pgvector``.
        url: Where the database is: ``http://host:6333`` or ``postgresql://user@host/database``.
        collection: Name of the collection or table, which is made unless it is there.
        progress: Called with the number of further embeddings that are stored.

    Returns:
        How many were stored.

    Raises:
        UserError: The file is none, the collection holds another encoder's, or the database refuses.
        LookalikeError: The database cannot be reached.
    """
    opened = EmbeddingsFile(file)
    with open_sink(to, url, collection) as sink:
        sink.prepare(opened.origin)
        for rows in opened.batches():
            sink.write(rows, opened.origin)
            progress(len(rows.ids))
        sink.finish()
    return opened.rows


def open_sink(to: str, url: str, collection: str) -> AbstractContextManager[Sink]:
    """Connects to a database.

    Raises:
        UserError: There is no such kind, or the package for it is missing.
        LookalikeError: It cannot be reached.
    """
    if to not in KINDS:
        raise UserError(f"there is no way to push to {to}; choose one of {', '.join(KINDS)}")
    try:
        if to == "qdrant":
            from lookalike.client.embeddings.sinks import qdrant

            return qdrant.connected(url, collection)
        from lookalike.client.embeddings.sinks import pgvector

        return pgvector.connected(url, collection)
    except ModuleNotFoundError as error:
        raise UserError(f"pushing to {to} needs the package {error.name}; pip install 'lookalike[{to}]'") from error
