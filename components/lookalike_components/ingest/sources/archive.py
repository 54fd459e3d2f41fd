"""A tar or zip archive, read where it lies: its members never become files on this machine."""

from pathlib import Path

from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources.members import Archive, Member
from lookalike_components.ingest.sources.names import images_among
from lookalike_components.ingest.sources.source import BUCKET_READS, DISK_READS, Content, Source, listing, too_large
from lookalike_components.ingest.sources.spool import PACKED_TARS
from lookalike_components.ingest.sources.tars import TarArchive
from lookalike_components.ingest.sources.zips import ZipArchive
from lookalike_components.progress import say
from lookalike_components.storage import local_path

SUFFIXES = (".zip", ".tar", *PACKED_TARS)


def is_archive(source: str) -> bool:
    """Whether the name ends like an archive's."""
    return source.lower().endswith(SUFFIXES)


def open_archive(config: IngestConfig) -> Source:
    """Lists the images in an archive, as people count; of members with the same name the last one counts, as in tar.

    Archives within the archive are not opened.

    Raises:
        UserError: The archive is torn or damaged, or larger than allowed once it is unpacked.
    """
    uri = absolute(config.source)
    archive: Archive = (
        ZipArchive(uri, config.most_bytes) if uri.lower().endswith(".zip") else TarArchive(uri, config.store)
    )
    try:
        return _source(config, uri, archive)
    except BaseException:
        archive.close()
        raise


def absolute(source: str) -> str:
    """A local path in full; anything else as it is.

    Raises:
        UserError: There is no such file, or it is a folder.
    """
    path = local_path(source)
    if path is not None and not path.is_file():
        raise UserError(f"{source} is not an archive; pass a file ending in {', '.join(SUFFIXES)}")
    return source if path is None else str(Path(path).resolve())


def _source(config: IngestConfig, uri: str, archive: Archive) -> Source:
    members = _last_of_each_name(archive, config.source)
    found = [members[name] for name in images_among(members, config.source)]
    uris = [f"{uri}!/{member.name}" for member in found]
    images = listing(uris, (member.nbytes for member in found), (member.version for member in found))
    refusals = {uri: member.refusal for uri, member in zip(uris, found, strict=True) if member.refusal}
    reads_at_once = BUCKET_READS if local_path(uri) is None else DISK_READS
    reader = _Members(archive, dict(zip(uris, found, strict=True)))
    return Source(images, reader, reads_at_once, refusals=too_large(images, config.most_bytes) | refusals)


def _last_of_each_name(archive: Archive, source: str) -> dict[str, Member]:
    found = archive.members()
    members = {member.name: member for member in found}
    if len(members) < len(found):
        say(
            f"passes over {len(found) - len(members):,} members of {source} whose names come again; the last one counts"
        )
    return members


class _Members:
    """Reads members by their uri."""

    def __init__(self, archive: Archive, members: dict[str, Member]) -> None:
        self._archive = archive
        self._members = members

    def read(self, uri: str, unless: str) -> Content | None:
        """The bytes of a member; its version is in the listing."""
        return Content(self._archive.data(self._members[uri].place))

    def close(self) -> None:
        """Closes the archive."""
        self._archive.close()
