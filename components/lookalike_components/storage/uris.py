"""How a file is named: a plain path, ``file:///path`` or ``gs://bucket/key``."""

from pathlib import Path
from urllib.parse import quote, unquote

from lookalike_components.errors import UserError


def local_path(uri: str | Path) -> Path | None:
    """The path that a URI names on this machine, or None for one in a bucket.

    Raises:
        UserError: The URI's scheme is none that can be read, or no file can have this name.
    """
    scheme, separator, rest = str(uri).partition("://")
    if isinstance(uri, Path) or not separator:
        return _nameable(uri, str(uri))
    if scheme == "file":
        return _nameable(uri, "/" + unquote(rest.partition("/")[2], errors="surrogateescape"))
    if scheme == "gs":
        return None
    raise UserError(f"{uri} starts with {scheme}://, which cannot be read; use a path, file:// or gs://")


def _nameable(uri: str | Path, path: str) -> Path:
    if "\0" in path:
        raise UserError(f"{uri} has a zero byte in its name, which no file can have")
    return Path(path)


def join(uri: str | Path, *parts: str) -> str:
    """Appends names to a URI: ``join("gs://bucket/a/", "b", "c.tar")`` is ``gs://bucket/a/b/c.tar``.

    Names are taken as they are. Behind ``file://`` they are written the way such a URI asks for: ``a b`` as ``a%20b``.
    """
    base = str(uri)
    if base.startswith("file://"):
        parts = tuple(quote(part, errors="surrogateescape") for part in parts)
    return "/".join([base.rstrip("/") if base.strip("/") else "", *(part.strip("/") for part in parts)])
