"""What a server's index has already, so that a command that was interrupted goes on where it was."""

from collections.abc import Mapping, Sequence

import numpy as np

from lookalike.client.service import Client, Embeddings, Entry, ServiceError
from lookalike.client.service.entries import Value

UNDECIDED = {400, 409}
"""Statuses of a look-up that tells nothing: a column that no entry has yet, or an encoder that was exchanged."""


class Presence:
    """Looks entries up by a search that is narrowed to their ids.

    A server does not tell the columns of what it finds, it only filters by them. So entries can be looked up together
    where they have the same ones, and the others are held to be missing.
    """

    def __init__(self, client: Client, columns: Mapping[str, Value]) -> None:
        """Asks what is in service.

        Args:
            client: Of the server.
            columns: What an entry has to have in its columns to be looked up.

        Raises:
            ServiceError: No server answers, or it refuses.
        """
        self._client = client
        self._columns = columns
        self._images = int(client.index()["images"])
        manifest = client.manifest()
        # Where it lies is of no consequence: all that are looked up are asked for.
        anywhere = np.eye(1, int(manifest["encoder"]["dimension"]), dtype=np.float32)
        self._anywhere = Embeddings(anywhere, str(manifest["encoder"]["digest"]), str(manifest["digest"]))

    def of(self, entries: Sequence[Entry]) -> set[str]:
        """The ids of those that can be found as they are, with their uri, label and columns.

        One that is there may be missing in it, as when the server took up another encoder, and never the other way
        round; to add it again changes nothing.

        Raises:
            ServiceError: The server does not answer, or wants another token.
        """
        asked = {entry.id: entry for entry in entries if entry.columns == self._columns}
        # No more than there were at first: of those that are added meanwhile, none is asked for.
        most = min(len(asked), self._images)
        if not most:
            return set()
        try:
            found = self._client.search_vectors(self._anywhere, most, filter={"image_id": list(asked), **self._columns})
        except ServiceError as error:
            if error.status not in UNDECIDED:
                raise
            return set()
        return {one.id for one in found[0] if (one.uri, one.label) == (asked[one.id].uri, asked[one.id].label)}
