"""Where a release comes from, through all its ancestors."""

from lookalike_components.errors import UserError
from lookalike_components.registry.champion import read_champion
from lookalike_components.registry.places import release_uri
from lookalike_components.registry.releases import find_digest, read_lineage, read_manifest
from lookalike_components.release.lineage import Lineage

CHAMPION = "champion"


def find_release(artifacts: str, name: str) -> str:
    """The digest of a release that is named by the beginning of it, or as ``champion``.

    Raises:
        UserError: There is no such release, or there are several.
    """
    if name != CHAMPION:
        return find_digest(artifacts, name)
    champion, _ = read_champion(artifacts)
    if champion is None:
        raise UserError(f"{artifacts} has no champion; run `lookalike fit --challenge` to get one")
    return champion.release


def lineage(artifacts: str, uri: str) -> list[tuple[str, Lineage]]:
    """What a release is made of, and then what each champion is made of that it and its ancestors had to beat.

    Args:
        artifacts: Folder or gs:// prefix with the ancestors.
        uri: Of the release's folder.

    Returns:
        Digests and lineages, the youngest first.

    Raises:
        UserError: The release, or an ancestor, is not there.
    """
    found = [(read_manifest(uri).digest, read_lineage(uri))]
    while parent := found[-1][1].parent_release:
        found.append((parent, read_lineage(release_uri(artifacts, parent))))
    return found
