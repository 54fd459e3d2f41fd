"""Which names are images, and in what order people count them."""

import re
from collections.abc import Iterable

from lookalike_components.dataset.spreadsheet import IMAGE_SUFFIXES
from lookalike_components.errors import listed
from lookalike_components.progress import say

ACCEPTED = f"{', '.join(IMAGE_SUFFIXES[:-1])} or {IMAGE_SUFFIXES[-1]}"
PASSED_OVER_UNHEARD = {"__MACOSX"}
DIGITS = re.compile(r"[0-9]+")


def images_among(names: Iterable[str], source: str) -> list[str]:
    """The names that end like images, as people count them; tells of the others, except of hidden ones.

    Args:
        names: Relative to the source, parts separated by slashes.
        source: Where they are, for the sentence.
    """
    seen = sorted((name for name in names if not is_hidden(name)), key=natural)
    images = [name for name in seen if is_image(name)]
    if len(images) < len(seen):
        others = [name for name in seen if not is_image(name)]
        say(f"passes over what has no image's suffix in {source}: {listed(others, most=3)}")
    return images


def is_image(name: str) -> bool:
    """Whether a name ends like an image's."""
    return name.lower().rpartition(".")[2] in IMAGE_SUFFIXES


def is_hidden(name: str) -> bool:
    """Whether a file, or a folder above it, is hidden or what a Mac packs beside the real files."""
    parts = name.split("/")
    return any((part.startswith(".") and part not in {".", ".."}) or part in PASSED_OVER_UNHEARD for part in parts)


def natural(name: str) -> str:
    """A key that sorts as people count: 2.jpg before 10.jpg, and a folder's files together; never equal for two names.

    Digits are compared by their number, without leading zeros, then by themselves.
    """
    return f"{DIGITS.sub(_counted, name.replace('/', chr(0)))}\0{name}"


def _counted(digits: re.Match[str]) -> str:
    number = digits[0].lstrip("0")
    return f"\1{chr(len(number))}{number}"


def printable(name: str) -> str:
    r"""A name as Unicode text: bytes that are none become ``\udcff``."""
    return name.encode("utf-8", "backslashreplace").decode()


def unprintable(names: Iterable[str]) -> dict[str, str]:
    """Reasons against the names that no table can hold, by their printable form."""
    return {printable(name): "has a name that is not Unicode; rename it" for name in names if not _is_unicode(name)}


def _is_unicode(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
