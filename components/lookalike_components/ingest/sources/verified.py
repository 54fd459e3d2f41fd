"""Images whose checksum a spreadsheet tells."""

import hashlib

import pandas as pd

from lookalike_components.errors import UserError
from lookalike_components.ingest.sources.source import Content, Reader

ALGORITHMS = {"sha256": 64, "md5": 32}  # name of the column, and how many hexadecimal digits are in it
TRIES = 3


class Verified:
    """Compares what is read with its checksum; bytes that differ are read again, in case they broke on their way."""

    def __init__(self, reader: Reader, algorithm: str, digests: dict[str, str]) -> None:
        self._reader = reader
        self._algorithm = algorithm
        self._digests = digests

    def read(self, uri: str, unless: str) -> Content | None:
        """The image, as its checksum names it."""
        digest = self._digests.get(uri, "")
        for _ in range(TRIES if digest else 1):
            content = self._reader.read(uri, unless)
            if not digest or content is None or self._names(digest, content.data):
                return content
        raise UserError(f"is not the file that its {self._algorithm} names")

    def close(self) -> None:
        """Closes what is read with."""
        self._reader.close()

    def _names(self, digest: str, data: bytes) -> bool:
        return hashlib.new(self._algorithm, data, usedforsecurity=False).hexdigest() == digest


def digests_of(rows: pd.DataFrame, uris: "pd.Series[str]", source: str) -> tuple[str, "pd.Series[str]"]:
    """The checksums that a spreadsheet gives.

    Returns:
        The name of the algorithm, "" where there is no column of that name; the digests in lower case, "" where a cell
        is empty.

    Raises:
        UserError: A cell is no digest, or one image has two.
    """
    algorithm = next((name for name in ALGORITHMS if name in rows), "")
    if not algorithm:
        return "", pd.Series("", index=rows.index, dtype=object)
    digests = rows[algorithm].fillna("").astype(str).str.strip().str.lower()
    wrong = digests[(digests != "") & ~digests.str.fullmatch(f"[0-9a-f]{{{ALGORITHMS[algorithm]}}}")]
    if len(wrong):
        raise UserError(
            f"{source} has {wrong.iloc[0]!r} for the {algorithm} of row {wrong.index[0] + 1}; "
            f"write {ALGORITHMS[algorithm]} hexadecimal digits, or rename the column"
        )
    pairs = pd.DataFrame({"uri": uris, "digest": digests})[digests != ""].drop_duplicates()
    twice = pairs["uri"][pairs["uri"].duplicated()]
    if len(twice):
        raise UserError(f"{source} gives two {algorithm} to {twice.iloc[0]}; keep the right one")
    return algorithm, digests
