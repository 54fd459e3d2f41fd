"""How many changed copies are found again, change by change, and how many different pictures are taken for copies.

    python benchmarks/duplicates.py FOLDER [--pictures 400] [--encoder mobilenet_v2]

FOLDER holds pictures of which no two are meant to be the same. Every change is applied to some of them; a changed
picture counts as found where `find_duplicates` pairs it with the picture that it was made from.
"""

import argparse
import io
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from lookalike_components.dataset import ShardWriter
from lookalike_components.duplicates import embed, find_duplicates
from lookalike_components.encoder.choice import EncoderChoice
from lookalike_components.pixels import decode, inspect

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
Change = Callable[[Image.Image], bytes]


def saved(image: Image.Image, kind: str = "JPEG", quality: int = 90) -> bytes:
    """The bytes of an image file."""
    file = io.BytesIO()
    image.save(file, kind, quality=quality)
    return file.getvalue()


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Without so much of its width and height, half of it on either side."""
    width, height = image.size
    left, top = int(width * share / 2), int(height * share / 2)
    return image.crop((left, top, width - left, height - top))


def cornered(image: Image.Image, share: float) -> Image.Image:
    """Without so much of its width and height on the right and below."""
    return image.crop((0, 0, int(image.width * (1 - share)), int(image.height * (1 - share))))


def marked(image: Image.Image) -> Image.Image:
    """With a line of small grey text in the corner."""
    image = image.copy()
    size = max(8, image.height // 20)
    ImageDraw.Draw(image).text(
        (image.width * 0.6, image.height * 0.9), "(c) shop", fill=(128, 128, 128), font_size=size
    )
    return image


CHANGES: dict[str, Change] = {
    "JPEG, quality 90": lambda image: saved(image, quality=90),
    "JPEG, quality 60": lambda image: saved(image, quality=60),
    "JPEG, quality 40": lambda image: saved(image, quality=40),
    "WebP, quality 75": lambda image: saved(image, "WEBP", 75),
    "half the size": lambda image: saved(image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)),
    "10 % brighter": lambda image: saved(ImageEnhance.Brightness(image).enhance(1.1)),
    "10 % darker": lambda image: saved(ImageEnhance.Brightness(image).enhance(0.9)),
    "10 % more contrast": lambda image: saved(ImageEnhance.Contrast(image).enhance(1.1)),
    "10 % less contrast": lambda image: saved(ImageEnhance.Contrast(image).enhance(0.9)),
    "2 % cropped": lambda image: saved(cropped(image, 0.02)),
    "5 % cropped": lambda image: saved(cropped(image, 0.05)),
    "8 % cropped": lambda image: saved(cropped(image, 0.08)),
    "15 % cropped": lambda image: saved(cropped(image, 0.15)),
    "5 % cropped at a corner": lambda image: saved(cornered(image, 0.05)),
    "border of 2 %": lambda image: saved(ImageOps.expand(image, max(1, image.width // 50), "black")),
    "small text": lambda image: saved(marked(image)),
    "mirrored": lambda image: saved(ImageOps.mirror(image)),
}


def table_of(pictures: dict[str, bytes], store: Path) -> pd.DataFrame:
    """The image table of pictures in memory."""
    with ShardWriter(store) as writer:
        locations = [writer.add(data, inspect(data).format) for data in pictures.values()]
    rows = [{"uri": uri, "perceptual_hash": inspect(data).perceptual_hash} for uri, data in pictures.items()]
    columns = ["image_id", "shard", "offset", "nbytes"]
    places = [{name: getattr(location, name) for name in columns} for location in locations]
    return pd.DataFrame(rows).join(pd.DataFrame(places)).assign(label=None)


def vectors_of(table: pd.DataFrame, encoder: str) -> Any:
    """What the encoder sees; None where none was named."""
    return embed(table, EncoderChoice(model=encoder)) if encoder else None


class Originals(NamedTuple):
    """The pictures as they are, and what the encoder sees, if there is one."""

    table: pd.DataFrame
    vectors: Any


def measure(name: str, originals: Originals, changed: dict[str, bytes], store: Path, encoder: str) -> None:
    """Prints a line: how many of the changed pictures are found, and pairs with other pictures."""
    started = time.monotonic()
    copies = table_of(changed, store)
    both = pd.concat([originals.table, copies], ignore_index=True)
    vectors = np.concatenate([originals.vectors, vectors_of(copies, encoder)]) if encoder else None
    rows = np.arange(len(both))
    pairs = find_duplicates(both, (rows[len(originals.table) :], rows[: len(originals.table)]), vectors=vectors)
    right = pairs["uri_first"].str.removeprefix("changed:") == pairs["uri_second"]
    found = pairs.loc[right, "uri_first"].nunique() / len(changed)
    print(f"| {name:<24} | {found:6.1%} | {(~right).sum():5} | {time.monotonic() - started:7.1f} |", flush=True)


def main() -> None:
    """Prints the table for a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=400, help="pictures that are changed")
    parser.add_argument("--encoder", default="", help="look among its nearest neighbours too, such as mobilenet_v2")
    given = parser.parse_args()
    paths = sorted(path for path in given.folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        sys.exit(f"{given.folder} holds no pictures")
    pictures = {str(path.relative_to(given.folder)): path.read_bytes() for path in paths}
    chosen = [list(pictures)[number] for number in np.random.default_rng(0).permutation(len(paths))[: given.pictures]]
    with TemporaryDirectory() as store:
        table = table_of(pictures, Path(store))
        originals = Originals(table, vectors_of(table, given.encoder))
        pairs = find_duplicates(table, vectors=originals.vectors)
        kinds = pairs["kind"].value_counts()
        print(f"{len(table):,} pictures: {kinds.get('exact', 0)} copies, {kinds.get('near', 0)} near-duplicates\n")
        print(f"| {len(chosen)} pictures, {'changed':<10} | found | other | seconds |\n|---|---|---|---|")
        for name, change in CHANGES.items():
            changed = {f"changed:{uri}": change(decode(pictures[uri])) for uri in chosen}
            measure(name, originals, changed, Path(store), given.encoder)
    for row in pairs.head(200).itertuples():
        print(row.kind, row.found_by, f"{row.likeness:.3f}", row.uri_first, row.uri_second, file=sys.stderr)


if __name__ == "__main__":
    main()
