"""What a source is, whatever its kind: a listing, and a way to the bytes of each image in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

import pandas as pd

from lookalike_components.dataset import COLUMNS, LABEL_NOW
from lookalike_components.errors import UserError, listed
from lookalike_components.progress import say

DISK_READS = 4
BUCKET_READS = 32
SET_BY_STEPS = {*COLUMNS, LABEL_NOW, "version"} - {"label"}


class Unavailable(UserError):  # noqa: N818
    """An image could not be had now, after every retry; the next run may have it: ``answers 503 ...``."""


class Content(NamedTuple):
    """One image as its place has it.

    Attributes:
        data: The bytes of the file.
        version: The same version means the same bytes; "" where the place tells none, or the listing has it already.
    """

    data: bytes
    version: str = ""


class Reader(Protocol):
    """The way from a uri of the listing to bytes; used by several threads at once."""

    def read(self, uri: str, unless: str) -> Content | None:
        """See `Source.read`."""

    def close(self) -> None:
        """Gives back what was opened."""


@dataclass(frozen=True)
class Source:
    """The images of a source.

    Attributes:
        listing: One row an image, numbered from 0 by its position. Columns: ``uri`` ("" for an empty cell), ``nbytes``
            (Int64, missing where it is not known before reading), ``version`` (the same version means the same bytes;
            "" where it is not known before reading), then ``label`` and whatever else the source says of an image.
            Where `referenced`, also ``shard`` and ``offset``, and ``nbytes`` is exact.
        reader: Fetches one image.
        reads_at_once: How many reads may usefully be under way at the same time.
        referenced: Whether the listing says where the bytes lie for good, so that nothing has to be copied.
        refusals: Reasons, by uri, for what is known to be of no use before it is read.
    """

    listing: pd.DataFrame
    reader: Reader
    reads_at_once: int = DISK_READS
    referenced: bool = False
    refusals: Mapping[str, str] = field(default_factory=dict)

    def read(self, uri: str, unless: str = "") -> Content | None:
        """Reads one image; may be called from several threads.

        Args:
            uri: As in the listing.
            unless: A version that is at hand already.

        Returns:
            The image, or None where it is still of the version ``unless``.

        Raises:
            UserError: The image cannot be used; the message without the uri is a predicate: ``does not exist``.
            Unavailable: The image could not be had now.
            LookalikeError: The place itself is out of reach.
        """
        if not uri:
            raise UserError("names no image")
        if uri in self.refusals:
            raise UserError(self.refusals[uri])
        return self.reader.read(uri, unless)

    def close(self) -> None:
        """Gives back temporary files and connections; reads that are under way end early."""
        self.reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def listing(uris: Iterable[str], nbytes: Iterable[int], versions: Iterable[str], **more: Any) -> pd.DataFrame:
    """The listing of a source that knows the size and version of each image."""
    columns = {"uri": list(uris), "nbytes": pd.array(list(nbytes), "Int64"), "version": list(versions)}
    return pd.DataFrame(columns | more)


def too_large(images: pd.DataFrame, most_bytes: int) -> dict[str, str]:
    """Reasons against the images of a listing that are known to be larger than allowed."""
    larger = images["uri"][images["nbytes"].fillna(0) > most_bytes]
    return dict.fromkeys(larger, larger_than(most_bytes))


def larger_than(most_bytes: int) -> str:
    """The reason why an image is refused for its size."""
    return f"is larger than {most_bytes / 2**20:,.0f} MiB (most_megabytes)"


def passed_over(columns: Iterable[str]) -> list[str]:
    """Those of a source's own columns that cannot be kept, since the steps write them; tells of them."""
    names = [name for name in columns if name in SET_BY_STEPS]
    if names:
        say(f"passes over the column {listed(names)} of the source: lookalike sets it")
    return names
