"""Where the thumbnails of added entries lie in the journal's file."""

from collections.abc import Sequence
from typing import NamedTuple

from lookalike_components.serve.collection.changes import Addition, Change, Forgetting, Removal


class Place(NamedTuple):
    """A piece of the file."""

    offset: int
    nbytes: int


class Places:
    """The thumbnails that there are, after all changes so far. One thread writes; any may ask."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, Place]] = {}

    def of(self, encoder: str, id_: str) -> Place | None:
        """Where the thumbnail of an entry lies; None where there is none of it."""
        return self._of.get(encoder, {}).get(id_)

    def note(self, changes: Sequence[Change], end: int) -> None:
        """Follows the changes of one record.

        Args:
            changes: What the record holds.
            end: Where it ends in the file: thumbnails are the last that a record holds.
        """
        additions = [change for change in changes if isinstance(change, Addition)]
        start = end - sum(len(webp) for addition in additions for webp in addition.thumbnails)
        for change in changes:
            match change:
                case Addition():
                    start = self._add(change, start)
                case Removal(ids):
                    self._remove(ids)
                case Forgetting(encoder):
                    self._of.pop(encoder, None)

    def _add(self, addition: Addition, start: int) -> int:
        places = self._of.setdefault(addition.encoder, {})
        for entry, webp in zip(addition.entries, addition.thumbnails or [b""] * len(addition.entries), strict=True):
            if webp:
                places[entry.id] = Place(start, len(webp))
                start += len(webp)
            else:
                places.pop(entry.id, None)  # of an earlier entry whose place this one takes
        return start

    def _remove(self, ids: Sequence[str]) -> None:
        for places in self._of.values():
            for id_ in ids:
                places.pop(id_, None)
