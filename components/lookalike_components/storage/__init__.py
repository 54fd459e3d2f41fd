"""Files behind one small interface, wherever they are: plain paths, ``file://`` and ``gs://bucket/key``."""

from lookalike_components.storage.file_facts import FileFacts
from lookalike_components.storage.files import (
    create_bytes,
    create_file,
    download,
    download_folder,
    exists,
    facts,
    list_files,
    open_file,
    read_bytes,
    read_range,
    remove,
    replace_bytes,
    upload,
    upload_folder,
    write_bytes,
)
from lookalike_components.storage.local import replacing
from lookalike_components.storage.uris import join, local_path

__all__ = [
    "FileFacts",
    "create_bytes",
    "create_file",
    "download",
    "download_folder",
    "exists",
    "facts",
    "join",
    "list_files",
    "local_path",
    "open_file",
    "read_bytes",
    "read_range",
    "remove",
    "replace_bytes",
    "replacing",
    "upload",
    "upload_folder",
    "write_bytes",
]
