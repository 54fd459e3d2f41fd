import io
import json
import tarfile

import pytest

from lookalike.example_pictures.icon_sets import read_icon_set

DISC = '<circle cx="8" cy="8" r="4" fill="#ff0000"/>'
FULL = '<rect width="16" height="16" fill="#0000ff"/>'


def add(package, name, content):
    data = json.dumps(content).encode()
    entry = tarfile.TarInfo(f"package/{name}")
    entry.size = len(data)
    package.addfile(entry, io.BytesIO(data))


@pytest.fixture
def pack(tmp_path):
    """Writes an icon set the way that npm packs it, and reads it back."""

    def write(prefix, icons, **sizes):
        archive = tmp_path / f"{prefix}.tgz"
        info = {
            "name": prefix.title(),
            "author": {"name": "Ann", "url": "https://ann.example"},
            "license": {"spdx": "MIT"},
        }
        with tarfile.open(archive, "w:gz") as package:
            add(package, "icons.json", {"prefix": prefix, "icons": icons, **sizes})
            add(package, "info.json", info)
        return read_icon_set(archive)

    return write


@pytest.fixture
def two_sets(pack):
    """Two artists who have the mug and the pear in common."""
    first = pack("first", {"pear": {"body": DISC}, "mug": {"body": FULL}, "lamp": {"body": FULL}})
    second = pack("second", {"mug": {"body": DISC}, "pear": {"body": FULL}})
    return [first, second]
