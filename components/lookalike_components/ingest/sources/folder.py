"""A folder on this machine, or a prefix in a bucket."""

from collections.abc import Mapping

from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources.files import ListedFiles
from lookalike_components.ingest.sources.names import images_among, printable, unprintable
from lookalike_components.ingest.sources.source import BUCKET_READS, DISK_READS, Source, listing, too_large
from lookalike_components.storage import FileFacts, list_files, local_path


def open_folder(config: IngestConfig) -> Source:
    """Lists the images below a folder, as people count.

    Raises:
        UserError: There is no such folder.
    """
    return from_files(config, files_below(config.source))


def files_below(source: str) -> dict[str, FileFacts]:
    """Every file below a folder, by its relative name; links to files are followed, those to folders are not.

    Raises:
        UserError: There is no such folder, or it is a file.
    """
    root = _root_of(source)
    return {file.uri[len(root) :].lstrip("/"): file for file in list_files(root)}


def from_files(config: IngestConfig, files: Mapping[str, FileFacts]) -> Source:
    """The images among files, in the order in which people count."""
    names = images_among(files, config.source)
    found = [files[name] for name in names]
    images = listing(
        (printable(file.uri) for file in found), (file.nbytes for file in found), (file.version for file in found)
    )
    refusals = too_large(images, config.most_bytes) | unprintable(file.uri for file in found)
    reads_at_once = BUCKET_READS if local_path(config.source) is None else DISK_READS
    return Source(images, ListedFiles(), reads_at_once, refusals=refusals)


def _root_of(source: str) -> str:
    """The folder or prefix without a slash at its end; a local one in full."""
    path = local_path(source)
    if path is None:
        return source.rstrip("/")
    if path.exists() and not path.is_dir():
        raise UserError(
            f"{source} is neither a folder, nor a .tar or .zip archive, nor a CSV, JSON Lines, Parquet or text file"
        )
    return str(path.resolve())
