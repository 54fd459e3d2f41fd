"""Objects in Google Cloud Storage, and in an emulator of it where STORAGE_EMULATOR_HOST names one.

Credentials come from the environment alone (Application Default Credentials): the service account that workload
identity gives to a pod, the one of a virtual machine, or a person's own after `gcloud auth application-default login`.
No function takes any.
"""

from lookalike_components.storage.bucket.connection import client, explained
from lookalike_components.storage.bucket.objects import (
    create_bytes,
    exists,
    facts,
    list_files,
    open_file,
    read_bytes,
    read_range,
    remove,
    replace_bytes,
    write_bytes,
)
from lookalike_components.storage.bucket.transfers import (
    create_file,
    download,
    download_folder,
    upload,
    upload_folder,
)

__all__ = [
    "client",
    "create_bytes",
    "create_file",
    "download",
    "download_folder",
    "exists",
    "explained",
    "facts",
    "list_files",
    "open_file",
    "read_bytes",
    "read_range",
    "remove",
    "replace_bytes",
    "upload",
    "upload_folder",
    "write_bytes",
]
