"""Images that are files of their own, on this machine or in a bucket."""

from lookalike_components.errors import UserError
from lookalike_components.ingest.sources.source import Content, larger_than
from lookalike_components.storage import facts, read_bytes


class ListedFiles:
    """Reads files whose size and version the listing tells."""

    def read(self, uri: str, unless: str) -> Content | None:
        """The whole file."""
        return Content(read_bytes(uri))

    def close(self) -> None:
        """There is nothing to give back."""


class NamedFiles:
    """Reads files that were only named, and asks for size and version first."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes

    def read(self, uri: str, unless: str) -> Content | None:
        """The whole file, unless it is known or too large."""
        found = facts(uri)
        if found.version == unless:
            return None
        if found.nbytes > self._most_bytes:
            raise UserError(larger_than(self._most_bytes))
        return Content(read_bytes(uri), found.version)  # one that changes meanwhile is read again by the next run

    def close(self) -> None:
        """There is nothing to give back."""
