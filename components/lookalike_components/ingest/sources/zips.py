"""Zip archives: their directory, then for every member one range of bytes."""

import bisect
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from lookalike_components.errors import UserError
from lookalike_components.ingest.sources.members import LEADS_OUT, Member, folder_name, leads_out
from lookalike_components.ingest.sources.source import larger_than
from lookalike_components.storage import open_file, read_range

ENCRYPTED, UTF_8 = 0x1, 0x800  # flags of a member
WINDOWS = 0
HEADER_BYTES = 30  # in front of a member, before its name and extra field
MOST_NAME_BYTES = 2 * 65535
RAW_DEFLATE = -15
DAMAGES = (zipfile.BadZipFile, EOFError, ValueError, OverflowError, NotImplementedError, struct.error, OSError)


class Packed(NamedTuple):
    """Where a member lies, and what the directory says of it."""

    start: int
    end: int
    method: int
    packed_nbytes: int
    nbytes: int
    crc32: int


class ZipArchive:
    """A zip on this machine or in a bucket."""

    def __init__(self, uri: str, most_bytes: int) -> None:
        self._uri = uri
        self._most_bytes = most_bytes

    def members(self) -> list[Member]:
        """See `Archive`."""
        try:
            with open_file(self._uri) as file, zipfile.ZipFile(file) as archive:
                found = archive.infolist()
                borders = sorted([*(info.header_offset for info in found), archive.start_dir])
                return [self._member(info, borders) for info in found if not info.is_dir()]
        except DAMAGES as error:
            raise UserError(f"{self._uri} is torn, or no zip archive ({error}); copy or make it again") from error

    def data(self, place: Packed) -> bytes:
        """See `Archive`."""
        range_ = read_range(self._uri, place.start, place.end - place.start)
        data = _unpacked(_body(range_, place), place)
        if zlib.crc32(data) != place.crc32:
            raise UserError("does not match its checksum in the archive")
        return data

    def close(self) -> None:
        """Nothing is held open."""

    def _member(self, info: zipfile.ZipInfo, borders: Sequence[int]) -> Member:
        start = info.header_offset
        next_border = bisect.bisect_right(borders, start)
        end = borders[next_border] if next_border < len(borders) else start
        end = min(end, start + HEADER_BYTES + MOST_NAME_BYTES + info.compress_size)
        place = Packed(start, end, info.compress_type, info.compress_size, info.file_size, info.CRC)
        version = f"crc32:{info.CRC:08x}-{info.file_size}"  # of this member alone: the archive may grow
        return Member(folder_name(_name(info)), info.file_size, version, place, self._refusal(info))

    def _refusal(self, info: zipfile.ZipInfo) -> str:
        kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where the archive was not made on Unix
        if leads_out(info.filename):
            return LEADS_OUT
        if kind not in {0, stat.S_IFREG}:
            return "is not a plain file"
        if info.flag_bits & ENCRYPTED:
            return "is encrypted; make the archive without a password"
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            return "is compressed in a way that is not read; make the archive with deflate, or without compression"
        return larger_than(self._most_bytes) if info.compress_size > self._most_bytes else ""


def _body(data: bytes, place: Packed) -> bytes:
    """The packed bytes behind the member's own header, whose name may be longer than the directory's."""
    if len(data) < HEADER_BYTES or not data.startswith(b"PK\3\4"):
        raise UserError("is not where the archive's directory says")
    name_nbytes, extra_nbytes = struct.unpack_from("<HH", data, 26)
    start = HEADER_BYTES + name_nbytes + extra_nbytes
    return data[start : start + place.packed_nbytes]


def _unpacked(body: bytes, place: Packed) -> bytes:
    """The member, and never more than a byte beyond the length that it declares."""
    if place.method == zipfile.ZIP_DEFLATED:
        try:
            body = zlib.decompressobj(RAW_DEFLATE).decompress(body, place.nbytes + 1)
        except zlib.error as error:
            raise UserError("is damaged within the archive") from error
    if len(body) != place.nbytes:
        raise UserError("is not as long as the archive says")
    return body


def _name(info: zipfile.ZipInfo) -> str:
    """A Mac writes names as UTF-8 without saying so, and old programs on Windows separate folders by backslashes."""
    name = info.filename.replace("\\", "/") if info.create_system == WINDOWS else info.filename
    if info.flag_bits & UTF_8 or name.isascii():
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name
