"""Keeps a release that won its challenge, in the place of the champion that it beat."""

from pathlib import Path

from lookalike_components import registry
from lookalike_components.progress import Facts, this_run
from lookalike_components.promote.config import PromoteConfig

FilePath = str | Path


def promote(release: FilePath, encoder: FilePath, table: FilePath, config: PromoteConfig) -> tuple[str, Facts]:
    """Publishes a release and makes it the champion, unless there is another champion by now.

    Args:
        release: The sealed release's folder.
        encoder: Its encoder's folder.
        table: The image table with the test set that it was judged on.
        config: Where it goes, and in whose place.

    Returns:
        Where the cluster reads the release, or "" where that is the artifact's own URI; and facts for people.

    Raises:
        LookalikeError: The champion changed meanwhile, the release is damaged, or the store cannot be written to.
    """
    if not config.challenge:
        return config.storage_uri, {}
    digest = registry.publish(config.artifacts, release, encoder, table)
    by = this_run() or config.run
    registry.promote(config.artifacts, digest, config.version, by, reason="better than the encoder before")
    place = registry.release_uri(config.artifacts, digest)
    return config.storage_uri or _for_a_cluster(place), {"champion": digest[:12], "kept": place}


def _for_a_cluster(place: str) -> str:
    return place if "://" in place else Path(place).resolve().as_uri()
