"""An inspection as one page without a single request to anywhere: its pictures are inside."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lookalike.inspection.copies import Group, Read
from lookalike.inspection.findings import Inspection, common_folder, short_names, surplus
from lookalike.inspection.suspects import Suspicion
from lookalike_components.compare import wording
from lookalike_components.pixels import BrokenImage, thumbnail
from lookalike_components.storage import replacing

THUMBNAIL_PIXELS = 144
PICTURES = 12  # a section
GROUPS = 12
COPIES = 6  # of a group
LABELS = 12
PICTURES_OF_A_LABEL = 4
NAMES = 8  # a line of the table of refusals


@dataclass(frozen=True, slots=True)
class Picture:
    """A thumbnail as a data URI ("" where it cannot be had again), its name, and a word about it."""

    source: str
    name: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """Pictures that belong together, with what is said of them."""

    title: str
    words: str
    pictures: list[Picture]


@dataclass(frozen=True, slots=True)
class Section:
    """Strips under one heading."""

    title: str
    lede: str
    strips: list[Strip]


def write_page(inspection: Inspection, path: Path, read: Read) -> None:
    """Writes the page, whole or not at all.

    Args:
        inspection: What the page tells.
        path: HTML file.
        read: Bytes of an image by its uri; empty where it cannot be had.
    """
    html = render(inspection, read)
    with replacing(path) as temporary:
        temporary.write_text(html, encoding="utf-8")


def render(inspection: Inspection, read: Read) -> str:
    """Renders the page as HTML; styles and pictures are inside.

    Args:
        inspection: What the page tells.
        read: Bytes of an image by its uri; empty where it cannot be had.
    """
    folders = [Path(__file__).parent, Path(wording.__file__).parent]  # the look is that of the report
    environment = Environment(loader=FileSystemLoader(folders), autoescape=True, undefined=StrictUndefined)
    environment.filters.update(counted=wording.counted)
    return environment.get_template("check.html.j2").render(_context(inspection, _Album(inspection, read)))


def _context(inspection: Inspection, album: "_Album") -> dict[str, Any]:
    sections = (make(inspection, album) for make in (_copies, _suspects, _labels))
    return {
        "inspection": inspection,
        "sizes": inspection.label_sizes,
        "copies": surplus(inspection.groups),
        "refusals": [
            (reason, len(rows), list(album.names(rows["uri"].head(NAMES)))) for reason, rows in inspection.refusals()
        ],
        "sections": [section for section in sections if section],
    }


class _Album:
    """Makes pictures of rows."""

    def __init__(self, inspection: Inspection, read: Read) -> None:
        self._read = read
        self._root = common_folder(pd.concat([inspection.images["uri"], inspection.refused["uri"]]))

    def names(self, uris: Iterable[str]) -> Iterator[str]:
        return short_names(uris, self._root)

    def picture(self, row: "pd.Series[Any]", words: str = "") -> Picture:
        (name,) = self.names([row["uri"]])
        return Picture(self._thumbnail(row["uri"]), name, words)

    def _thumbnail(self, uri: str) -> str:
        try:
            webp = thumbnail(self._read(uri), THUMBNAIL_PIXELS)
        except BrokenImage:  # it changed since it was looked at, or cannot be had a second time
            return ""
        return "data:image/webp;base64," + b64encode(webp).decode()


def _copies(inspection: Inspection, album: _Album) -> Section | None:
    groups = sorted(inspection.groups, key=lambda group: not group.across_labels)
    if not groups:
        return None
    lede = "Pictures that are there more than once, those under different labels first."
    if len(groups) > GROUPS:
        lede += f" The first {GROUPS} of {len(groups):,}."
    strips = [_strip_of(group, inspection.images, album) for group in groups[:GROUPS]]
    return Section(wording.counted(surplus(groups), "copy", "copies"), lede, strips)


def _strip_of(group: Group, images: pd.DataFrame, album: _Album) -> Strip:
    rows = images.iloc[group.rows]
    pictures = [album.picture(row, str(row["label"] or "")) for _, row in rows.head(COPIES).iterrows()]
    told = [f"{len(rows):,} times"] * (len(rows) > COPIES) + ["under different labels"] * group.across_labels
    return Strip("The same file" if group.exact else "Nearly the same", ", ".join(told), pictures)


def _suspects(inspection: Inspection, album: _Album) -> Section | None:
    found = [(suspicion, rows) for suspicion, rows in inspection.suspected() if len(rows)]
    if not found:
        return None
    strips = [_strip_of_suspects(suspicion, rows, album) for suspicion, rows in found]
    lede = "They are accepted; whether they should be there is for you to say."
    return Section(f"{inspection.suspects:,} worth a second look", lede, strips)


def _strip_of_suspects(suspicion: Suspicion, rows: pd.DataFrame, album: _Album) -> Strip:
    pictures = [album.picture(row, suspicion.told(row)) for _, row in rows.head(PICTURES).iterrows()]
    more = f" The worst {PICTURES} of them." if len(rows) > PICTURES else ""
    return Strip(f"{len(rows):,} {suspicion.name}", suspicion.meaning + more, pictures)


def _labels(inspection: Inspection, album: _Album) -> Section | None:
    """The smallest labels first: what is wrong with labels shows there."""
    sizes = inspection.label_sizes
    if sizes.empty:
        return None
    some = f"The {LABELS} with the fewest images. " if len(sizes) > LABELS else ""
    smallest = sizes.sort_values(kind="stable").head(LABELS)
    strips = [_strip_of_label(str(name), size, inspection.images, album) for name, size in smallest.items()]
    lede = f"{some}Each with its first pictures, which should show the same thing."
    return Section(wording.counted(len(sizes), "label"), lede, strips)


def _strip_of_label(name: str, size: int, images: pd.DataFrame, album: _Album) -> Strip:
    rows = images[images["label"] == name].head(PICTURES_OF_A_LABEL)
    return Strip(name, wording.counted(size, "image"), [album.picture(row) for _, row in rows.iterrows()])
