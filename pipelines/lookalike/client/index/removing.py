"""Entries out of the index of a server, by their ids."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from lookalike.client.service import Client
from lookalike.client.service.pictures import gathered

IDS = 1_000
"""Ids of one request."""


@dataclass(slots=True)
class Removed:
    """What became of ids."""

    removed: int = 0
    """Taken out of the index."""
    unknown: list[str] = field(default_factory=list)
    """They were not there."""


def remove_all(client: Client, ids: Iterable[str], removed: Removed) -> None:
    """Takes entries out, also such that came with the release.

    Args:
        client: Of the server.
        ids: Each counts once.
        removed: Is filled in while it goes on.

    Raises:
        ServiceError: The server refuses, or its index cannot be changed. What was taken out stays so.
    """
    for some in gathered(dict.fromkeys(ids), len, IDS):
        change = client.remove(some)
        removed.removed += change.removed
        removed.unknown += change.unknown
