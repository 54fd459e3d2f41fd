"""What of a source has to be read, given what the store holds and remembers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lookalike_components.dataset import Entry, Places, as_ids


class File(NamedTuple):
    """One file to read.

    Attributes:
        uri: As the source names it.
        version: By the listing; "" where it does not say.
        nbytes: Its size; 0 where the listing does not say.
        unless: A version of which everything is at hand, so that the bytes need not come; "" for none.
        known: What was remembered of it, perhaps in another version.
    """

    uri: str
    version: str
    nbytes: int
    unless: str
    known: Entry | None


@dataclass(frozen=True)
class Plan:
    """The files of a source, each once, beside what the ledger says of them.

    Attributes:
        uris: ``[n]`` in the order of the source.
        versions: ``[n]`` by the listing.
        sizes: ``[n]`` in bytes by the listing; 0 where it does not say.
        known: ``n`` entries of the ledger; all null where there is none.
        pending: Rows that have to be read.
        unsure: ``[n]`` whether to ask if the file is still of the known version, of which everything is at hand.
    """

    uris: pd.Index
    versions: NDArray[np.object_]
    sizes: NDArray[np.int64]
    known: pa.Table
    pending: NDArray[np.int64]
    unsure: NDArray[np.bool_]

    def files(self) -> Iterator[File]:
        """What has to be read, in the order of the source."""
        for row in self.pending:
            known = self._entry(int(row))
            unless = known.version if known and self.unsure[row] else ""
            yield File(self.uris[row], self.versions[row], int(self.sizes[row]), unless, known)

    def _entry(self, row: int) -> Entry | None:
        if not self.known["uri"][row].is_valid:
            return None
        return Entry(**self.known.slice(row, 1).to_pylist()[0])


def plan(listing: pd.DataFrame, known: pa.Table, places: Places | None, most_bytes: int) -> Plan:
    """Compares a source with its store.

    A file is passed over if it is of the version that the ledger knows, and was refused then or lies in the store.

    Args:
        listing: Files, each once: ``uri, nbytes, version``.
        known: The ledger's entries about these, row by row.
        places: What the store holds; None where the images need not lie there.
        most_bytes: Size above which a file is refused, which may have been another when it was read.
    """
    versions = listing["version"].to_numpy(object)
    remembered = known["version"].fill_null("").to_numpy()
    at_hand = known["reason"].is_valid().to_numpy() | _stored(known, places)
    at_hand &= known["nbytes"].fill_null(0).to_numpy() <= most_bytes
    unchanged = at_hand & (versions == remembered) & (versions != "")
    return Plan(
        uris=pd.Index(listing["uri"], dtype=object),
        versions=versions,
        sizes=listing["nbytes"].fillna(0).to_numpy(np.int64),
        known=known,
        pending=np.flatnonzero(~unchanged),
        unsure=at_hand & (versions == ""),
    )


def _stored(known: pa.Table, places: Places | None) -> NDArray[np.bool_]:
    if places is None:
        return cast(NDArray[np.bool_], pc.is_valid(known["image_id"]).to_numpy())
    return places.find(as_ids(known["image_id"].fill_null("").to_numpy())) >= 0
