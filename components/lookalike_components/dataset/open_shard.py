"""A shard while it fills, in memory: an uncompressed tar that ends up named by its content."""

import hashlib
import io
import tarfile

import numpy as np

from lookalike_components.dataset import contents
from lookalike_components.dataset.places import Contents, Numbers, as_ids
from lookalike_components.storage import create_bytes, facts, join, write_bytes


def room(nbytes: Numbers) -> Numbers:
    """Bytes that images of ``nbytes`` take in a tar, with their headers."""
    blocks = 1 + -(-nbytes // tarfile.BLOCKSIZE)
    return blocks * tarfile.BLOCKSIZE


class OpenShard:
    """An uncompressed tar of ``<sha256>.<format>`` files, readable as a WebDataset."""

    def __init__(self) -> None:
        self.nbytes = 0
        self._tar = io.BytesIO()
        self._ids: list[str] = []
        self._places: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, image_id: str, data: bytes, format: str) -> int:  # noqa: A002
        """Appends one image; returns the offset of its first byte."""
        header = tarfile.TarInfo(f"{image_id}.{format.lower()}")
        header.size = len(data)
        offset = self.nbytes + tarfile.BLOCKSIZE
        self._tar.writelines([header.tobuf(tarfile.USTAR_FORMAT), data, bytes(-len(data) % tarfile.BLOCKSIZE)])
        self.nbytes = self._tar.tell()
        self._ids.append(image_id)
        self._places.append((offset, len(data)))
        return offset

    def write(self, store: str) -> Contents:
        """Writes the tar to the store under the digest of its content, then the list of its images beside it.

        Raises:
            LookalikeError: The store cannot be written to.
        """
        end = self.nbytes + 2 * tarfile.BLOCKSIZE
        self._tar.write(bytes(end + -end % tarfile.RECORDSIZE - self.nbytes))
        tar = self._tar.getvalue()  # which does not copy, as a memoryview would in the hands of some clients
        shard = join(store, f"{hashlib.sha256(tar).hexdigest()}.tar")
        if not create_bytes(shard, tar) and facts(shard).nbytes != len(tar):
            write_bytes(shard, tar)  # somebody cut off what was there
        offsets, sizes = np.array(self._places, np.int64).T
        written = Contents(shard, as_ids(self._ids), offsets, sizes)
        contents.write(written)
        return written
