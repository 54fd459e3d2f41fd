"""Tar archives, plain or compressed."""

import os

from lookalike_components.ingest.sources.members import Member
from lookalike_components.ingest.sources.spool import is_packed, spooled
from lookalike_components.ingest.sources.tar_index import entries, index
from lookalike_components.storage import facts, read_range


class TarArchive:
    """A tar on this machine or in a bucket; a compressed one is unpacked once into an unnamed temporary file."""

    def __init__(self, uri: str, store: str) -> None:
        self._uri = uri
        self._store = store
        self._version = facts(uri).version
        self._spool = spooled(uri) if is_packed(uri) else None

    def members(self) -> list[Member]:
        """See `Archive`."""
        if self._spool is None:
            found = index(self._uri, self._version, self._store)
        else:
            found = list(entries(self._spool, self._uri))
        return [Member(one.name, one.nbytes, self._version, (one.offset, one.nbytes), one.refusal) for one in found]

    def data(self, place: tuple[int, int]) -> bytes:
        """See `Archive`; the place is offset and length."""
        offset, nbytes = place
        if self._spool is None:
            return read_range(self._uri, offset, nbytes)
        return os.pread(self._spool.fileno(), nbytes, offset)

    def close(self) -> None:
        """The temporary file vanishes, as it does when the process is killed."""
        if self._spool is not None:
            self._spool.close()
