"""A file within an archive."""

import re
from typing import Any, NamedTuple, Protocol

from lookalike_components.ingest.sources.names import printable

ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
LEADS_OUT = "has a name that leads out of the archive"


class Member(NamedTuple):
    """One entry of an archive that is no folder.

    Attributes:
        name: As a folder would have it, parts separated by slashes.
        nbytes: Length that the archive declares.
        version: The same version means the same bytes.
        place: What the archive needs to find the bytes.
        refusal: Why it is of no use; "" where it may be of some.
    """

    name: str
    nbytes: int
    version: str
    place: Any
    refusal: str = ""


class Archive(Protocol):
    """An archive that was opened; `data` is called from several threads."""

    def members(self) -> list[Member]:
        """Every entry that is no folder, in the order of the archive.

        Raises:
            UserError: The archive is torn or damaged.
        """

    def data(self, place: Any) -> bytes:
        """The bytes of a member.

        Raises:
            UserError: They are not what the archive says of them.
        """

    def close(self) -> None:
        """Gives back what was opened."""


def folder_name(name: str) -> str:
    """A member's name as a folder would have it, ``./a//b.jpg`` as ``a/b.jpg``; what leads out of the archive stays."""
    if not leads_out(name):
        name = "/".join(part for part in name.split("/") if part not in {"", "."})
    return printable(name)


def leads_out(name: str) -> bool:
    """Whether a member's name is absolute or climbs out of the archive, here or on Windows."""
    return bool(ABSOLUTE.match(name)) or ".." in re.split(r"[/\\]", name)
