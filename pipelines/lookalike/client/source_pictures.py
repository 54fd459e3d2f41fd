"""The pictures of a source, one by one, for whoever sends them to a server."""

from lookalike_components.errors import UserError
from lookalike_components.ingest.sources import Source

OF_THE_LISTING = {"uri", "nbytes", "version", "shard", "offset"}
"""Columns of a source's listing that say where a picture lies, and nothing of what it shows."""


def read(source: Source, uri: str) -> bytes | str:
    """The bytes of a picture, or why there are none, as it is said after its name.

    Raises:
        LookalikeError: The place itself is out of reach.
    """
    try:
        content = source.read(uri)
    except UserError as error:
        return str(error).removeprefix(f"{uri} ")
    return content.data if content else "is not there any more"
