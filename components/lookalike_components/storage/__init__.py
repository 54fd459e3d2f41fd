"""Files behind one small interface, wherever they are: plain paths, ``file://`` and ``gs://bucket/key``."""

from lookalike_components.storage.files import (
    create_bytes,
    exists,
    list_files,
    read_bytes,
    read_range,
    write_bytes,
)
from lookalike_components.storage.local import replacing
from lookalike_components.storage.uris import join, local_path

__all__ = [
    "create_bytes",
    "exists",
    "join",
    "list_files",
    "local_path",
    "read_bytes",
    "read_range",
    "replacing",
    "write_bytes",
]
