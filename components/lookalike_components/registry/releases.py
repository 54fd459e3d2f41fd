"""The releases of an artifact store: put there once, found by the beginning of their digest, never changed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lookalike_components.dataset import read_table
from lookalike_components.errors import UserError, listed
from lookalike_components.registry.places import encoder_uri, release_uri, releases_uri
from lookalike_components.registry.test_sets import keep_test_set
from lookalike_components.release.lineage import LINEAGE, Lineage
from lookalike_components.release.manifest import CARD, MANIFEST, Manifest
from lookalike_components.storage import create_file, exists, join, list_files, local_path, read_bytes, upload

DIGEST = re.compile(r"[0-9a-f]{4,64}")


class Published(NamedTuple):
    """A release of the registry."""

    digest: str
    manifest: Manifest


def publish(artifacts: str, release_folder: str | Path, encoder_folder: str | Path, table_path: str | Path) -> str:
    """Puts a release into the registry, with its encoder and its test set; what is there already stays as it is.

    Args:
        artifacts: Folder or gs:// prefix.
        release_folder: The sealed release.
        encoder_folder: The encoder's folder that it was exported from.
        table_path: The image table that the encoder was trained and judged on.

    Returns:
        The release's digest.

    Raises:
        UserError: A folder is not what it should be.
        LookalikeError: The release is damaged, or the store cannot be written to.
    """
    manifest = Manifest.read(release_folder)
    manifest.verify(release_folder)
    keep_test_set(artifacts, read_table(table_path))
    _keep(Path(encoder_folder), encoder_uri(artifacts, manifest.encoder.digest))
    _keep_release(Path(release_folder), release_uri(artifacts, manifest.digest))
    return manifest.digest


def _keep_release(folder: Path, uri: str) -> None:
    """Brings a release, its manifest last.

    The digest says nothing of the model card, which tells how fast everything was that day. One that was left by an
    attempt that came to no end may be of another export, and gives way to the one that this manifest has the sum of.
    """
    card = folder / CARD
    if card.is_file() and not exists(join(uri, MANIFEST)):
        upload(card, join(uri, CARD))
    _keep(folder, uri, last=MANIFEST)


def _keep(folder: Path, uri: str, last: str = "") -> None:
    """Brings every file; that which tells that a folder is whole comes last."""
    for path in sorted(folder.iterdir(), key=lambda path: (path.name == last, path.name)):
        create_file(join(uri, path.name), path)


def list_releases(artifacts: str) -> list[Published]:
    """Every release of the registry, oldest first."""
    published = [Published(digest, read_manifest(release_uri(artifacts, digest))) for digest in _digests(artifacts)]
    return sorted(published, key=lambda one: one.manifest.created)


def find_digest(artifacts: str, beginning: str) -> str:
    """The digest of the only release whose digest begins like this.

    Raises:
        UserError: There is none, or there are several.
    """
    found = [digest for digest in _digests(artifacts) if digest.startswith(beginning)]
    if not DIGEST.fullmatch(beginning) or not found:
        raise UserError(
            f"{artifacts} has no release {beginning}; `lookalike releases list --artifacts {artifacts}` shows them"
        )
    if len(found) > 1:
        raise UserError(f"{beginning} begins several releases of {artifacts}: {listed(found)}; write more of it")
    return found[0]


def read_manifest(uri: str) -> Manifest:
    """The manifest of a release.

    Args:
        uri: Of its folder, in a registry or anywhere else.

    Raises:
        UserError: There is no release.
        LookalikeError: It is damaged, or the store cannot be reached.
    """
    return Manifest.parse(*_read(uri, MANIFEST))


def read_lineage(uri: str) -> Lineage:
    """Where a release comes from.

    Args:
        uri: Of its folder, in a registry or anywhere else.

    Raises:
        UserError: There is no release, or it is from before there was a lineage.
        LookalikeError: It is damaged, or the store cannot be reached.
    """
    return Lineage.parse(*_read(uri, LINEAGE))


def _read(uri: str, name: str) -> tuple[bytes, str]:
    """A file of a release, and what to call it."""
    whole = join(uri, name)
    if not exists(whole):
        raise UserError(f"{uri} is no release with a {name}; `lookalike releases list` shows those of a store")
    return read_bytes(whole), whole


def _digests(artifacts: str) -> Iterator[str]:
    """Of the releases that are whole."""
    root = releases_uri(artifacts)
    path = local_path(root)
    files = [] if path is not None and not path.exists() else [file.uri for file in list_files(root)]
    return (file.split("/")[-2] for file in files if file.endswith(f"/{MANIFEST}"))
