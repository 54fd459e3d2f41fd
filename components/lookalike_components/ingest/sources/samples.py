"""Samples of a shard in WebDataset's layout: an image, and beside it what is known of it.

A sample is what follows each other under one key: ``0001.jpg``, ``0001.cls``, ``0001.json``. The key is the name up to
the first dot behind the last slash.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from lookalike_components.ingest.sources.names import is_hidden, is_image
from lookalike_components.ingest.sources.tar_index import Entry

KEY = re.compile(r"((?:.*/)?[^./]+)\.([^/]+)", re.DOTALL)
LABEL, FIELDS, CAPTION = "cls", "json", "txt"  # extensions of what says something about an image
MOST_INTEGER = 2**63


class Part(NamedTuple):
    """One file of a sample."""

    key: str
    extension: str
    entry: Entry


class Sample(NamedTuple):
    """One image: where it lies, what the files beside it say of it, and why it is refused, if it is."""

    image: Entry
    said: dict[str, Any]
    refusal: str


def samples(entries: Iterable[Entry]) -> Iterator[Sample]:
    """The images of a shard, in its order.

    Of a key's images those count that have a plain extension, if any has: ``1.jpg``, and not ``1.mask.png``.
    """
    for _, group in groupby(filter(None, map(_part, entries)), key=lambda part: part.key):
        sample = list(group)
        images = [part for part in sample if is_image(part.entry.name)]
        for image in [part for part in images if "." not in part.extension] or images:
            said, fault = _said(sample)
            yield Sample(image.entry, said, image.entry.refusal or fault)


def _part(entry: Entry) -> Part | None:
    named = KEY.fullmatch(entry.name)
    return None if named is None or is_hidden(entry.name) else Part(named[1], named[2].lower(), entry)


def _said(sample: Sequence[Part]) -> tuple[dict[str, Any], str]:
    """Label, caption and fields of a sample; and what is wrong with them, if anything is."""
    texts = {part.extension: part.entry.text for part in sample}
    try:
        said = _fields(texts[FIELDS]) if FIELDS in texts else {}
        said |= {CAPTION: texts[CAPTION].decode().strip()} if CAPTION in texts else {}
        said |= {"label": texts[LABEL].decode().strip()} if LABEL in texts else {}
    except (ValueError, RecursionError):  # no JSON, no object, no UTF-8
        return {}, f"has a .{LABEL}, .{FIELDS} or .{CAPTION} beside it that cannot be read"
    if said.get("label") is not None:
        said["label"] = str(said["label"]) or None
    return said, ""


def _fields(text: bytes) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("no object")
    return {name: _cell(value) for name, value in found.items()}


def _cell(value: Any) -> Any:
    """What a table can hold; lists and mappings stay JSON."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool) or (isinstance(value, int) and abs(value) < MOST_INTEGER):
        return value
    return json.dumps(value, ensure_ascii=False)
