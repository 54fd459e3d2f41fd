"""Icon sets in the format of Iconify: one JSON file of SVG fragments, packed with a note on who drew them."""

import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCUMENT = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="{side}" height="{side}" viewBox="0 0 {width} {height}">{body}</svg>'
)
SIDE = 128
"""Width and height, in pixels, of every drawing."""
DEFAULT_SIZE = 16
"""Width and height of an icon when neither it nor its set names one (Iconify's own default)."""


@dataclass(frozen=True, slots=True)
class IconSet:
    """One artist's drawings of many objects.

    Attributes:
        name: Short name, fit for a file: ``noto``.
        title: Name for people: ``Noto Emoji``.
        author: Who drew it.
        licence: SPDX identifier of the licence.
        source: Address where the drawings come from.
        drawings: SVG document of each object, ``SIDE`` pixels wide and high, by the object's name.
    """

    name: str
    title: str
    author: str
    licence: str
    source: str
    drawings: dict[str, str]


def read_icon_set(archive: Path) -> IconSet:
    """Reads the drawings and their licence from an ``@iconify-json`` package (``.tgz``)."""
    with tarfile.open(archive) as package:
        icons, info = _read_json(package, "icons.json"), _read_json(package, "info.json")
    return IconSet(
        name=icons["prefix"],
        title=info["name"],
        author=info["author"]["name"],
        licence=info["license"]["spdx"],
        source=info["author"]["url"],
        drawings={name: _document(icon, icons) for name, icon in icons["icons"].items()},
    )


def common_objects(icon_sets: Sequence[IconSet]) -> list[str]:
    """Names, sorted, of the objects that every one of the sets draws."""
    return sorted(set.intersection(*(set(icon_set.drawings) for icon_set in icon_sets)))


def _read_json(package: tarfile.TarFile, name: str) -> dict[str, Any]:
    with package.extractfile(f"package/{name}") as file:  # type: ignore[union-attr]  # None only for a folder
        content: dict[str, Any] = json.load(file)
    return content


def _document(icon: dict[str, Any], icon_set: dict[str, Any]) -> str:
    width, height = (icon.get(side, icon_set.get(side, DEFAULT_SIZE)) for side in ("width", "height"))
    return DOCUMENT.format(side=SIDE, width=width, height=height, body=icon["body"])
