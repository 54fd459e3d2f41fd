"""The list of images beside each shard: how a store is searched without opening its tars."""

import hashlib
import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lookalike_components.dataset.look_ahead import in_order
from lookalike_components.dataset.places import Contents, Places, as_ids
from lookalike_components.progress import say
from lookalike_components.storage import create_bytes, list_files, local_path, open_file, read_bytes, write_bytes
from lookalike_components.storage.parquet import UNREADABLE, read_arrow

SUFFIX = ".contents.parquet"
FILES_READ_AT_ONCE = 16
PIECE_BYTES = 2**20
NAMED_BY_CONTENT = re.compile(r"(?P<digest>[0-9a-f]{64})\.\w+")


def read_places(store: str) -> Places:
    """Finds every image in the store.

    A shard whose writer was killed before it wrote the list gets one now, as does one whose list is damaged; one that
    is shorter than its list says is not believed.
    """
    path = local_path(store)
    if path is not None and not path.exists():
        return Places.none()
    root = str(path or store).rstrip("/")
    sizes = {file.uri: file.nbytes for file in list_files(store) if file.uri.rpartition("/")[0] == root}
    shards = sorted(uri for uri in sizes if uri.endswith(".tar"))
    listed = [shard for shard in shards if shard + SUFFIX in sizes]
    found = {one.shard: one for one in in_order(_read, listed, threads=FILES_READ_AT_ONCE) if one}
    whole = [one for one in found.values() if _is_whole(one, sizes[one.shard])]
    contents = [*whole, *_recovered(shard for shard in shards if shard not in found)]
    return Places.of(contents) if contents else Places.none()


def write(contents: Contents) -> None:
    """Writes the list of a shard's images beside it, unless it is there."""
    create_bytes(contents.shard + SUFFIX, _as_parquet(contents))


def _as_parquet(contents: Contents) -> bytes:
    table = pa.table(
        {
            "image_id": pa.array(contents.ids.astype(str)),
            "offset": pa.array(contents.offsets),
            "nbytes": pa.array(contents.sizes),
        }
    )
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def _read(shard: str) -> Contents | None:
    """The list beside a shard; None where it is damaged."""
    data = io.BytesIO(read_bytes(shard + SUFFIX))
    try:
        rows = read_arrow(data)
        offsets, sizes = (rows[name].to_numpy() for name in ("offset", "nbytes"))
        return Contents(shard, as_ids(rows["image_id"].to_numpy()), offsets, sizes)
    except UNREADABLE:
        return None


def _is_whole(contents: Contents, nbytes: int) -> bool:
    is_whole = bool((contents.offsets + contents.sizes <= nbytes).all())
    if not is_whole:
        say(f"passes over {contents.shard}: it is shorter than its list says; delete it")
    return is_whole


def _recovered(shards: Iterator[str]) -> Iterator[Contents]:
    for shard in shards:
        with open_file(shard) as file:
            contents = _of_tar(shard, file)
        if contents:
            write_bytes(contents.shard + SUFFIX, _as_parquet(contents))
            yield contents
        else:
            say(f"passes over {shard}: it is no whole shard of this store; delete it")


def _of_tar(shard: str, file: BinaryIO) -> Contents | None:
    """The images by the headers of a tar, provided that the tar is whole and each file is named by its digest."""
    digest = hashlib.sha256()
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    if _digest_in(PurePosixPath(shard).name) != digest.hexdigest():
        return None
    file.seek(0)
    with tarfile.open(fileobj=file) as tar:
        members = tar.getmembers()
    ids = [_digest_in(member.name) for member in members]
    offsets, sizes = np.array([(member.offset_data, member.size) for member in members], np.int64).reshape(-1, 2).T
    return Contents(shard, as_ids(ids), offsets, sizes) if all(ids) else None


def _digest_in(name: str) -> str:
    named = NAMED_BY_CONTENT.fullmatch(name)
    return named["digest"] if named else ""
