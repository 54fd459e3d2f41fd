"""Where everything of a registry lies below its artifact store: a folder or ``gs://bucket/prefix``."""

from lookalike_components.storage import join


def champion_uri(artifacts: str) -> str:
    """Which release is the champion, and which were."""
    return join(artifacts, "champion.json")


def releases_uri(artifacts: str) -> str:
    """The releases, each under its digest."""
    return join(artifacts, "releases")


def release_uri(artifacts: str, digest: str) -> str:
    """One release's sealed folder."""
    return join(releases_uri(artifacts), digest)


def encoder_uri(artifacts: str, digest: str) -> str:
    """The folder of an encoder, from which training can go on."""
    return join(artifacts, "encoders", digest)


def frozen_uri(artifacts: str, digest: str) -> str:
    """The rows of an image table that releases were judged on."""
    return join(artifacts, "test-sets", f"{digest}.parquet")
