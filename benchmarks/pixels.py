"""How quickly bytes become pixels, and what the quicker policy does to embeddings.

    python benchmarks/pixels.py FOLDER [--weights FILE] [--images 200]

Reads up to so many JPEGs of FOLDER, spread over it, and prints for several sizes of file and of target, on one core:

- images per second of both policies, of plain Pillow (decode, convert, resize) and of torchvision's ``decode_jpeg``
  with the antialiased resize of ``transforms.v2``, each the best of several rounds that take turns;
- how far each is from plain Pillow: mean levels of 255, and the cosine of MobileNetV2's embeddings (mean, lowest).

Then it prints what taking pixels as they stand costs where a file brings a colour profile: the cosine of the embedding
of a picture stored as Display P3 with that of the same picture stored as sRGB, and what a conversion would take.

``--weights`` is torchvision's file of ``mobilenet_v2``; without it, torchvision downloads it.
"""

import argparse
import io
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageCms
from torchvision.io import ImageReadMode, decode_jpeg
from torchvision.transforms.v2 import functional

from lookalike_components.encoder.encode import encode
from lookalike_components.encoder.model import Encoder, build
from lookalike_components.pixels import to_pixels

Pixels = npt.NDArray[np.uint8]
Reader = Callable[[bytes, int], Pixels]
ROUNDS = 5
# Longer side of the files (0: as they are), and side of the target.
SIZES = ((0, 112), (0, 160), (0, 224), (1000, 224), (1400, 224), (4000, 224))
TO_P3 = np.array([[0.8225, 0.1774, 0.0], [0.0332, 0.9669, 0.0], [0.0171, 0.0724, 0.9108]])
"""Linear sRGB to linear Display P3, both with white D65 (CSS Color 4, section 10)."""


def with_pillow(data: bytes, size: int) -> Pixels:
    """What `exact` has to give: decode, convert, resize."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB").resize((size, size), Image.Resampling.BILINEAR))


def with_torchvision(data: bytes, size: int) -> Pixels:
    """The same with torch's tensors."""
    tensor = decode_jpeg(torch.frombuffer(bytearray(data), dtype=torch.uint8), ImageReadMode.RGB)
    resized: Pixels = functional.resize(tensor, [size, size], antialias=True).permute(1, 2, 0).numpy()
    return resized


READERS: dict[str, Reader] = {
    "Pillow": with_pillow,
    "exact": lambda data, size: to_pixels(data, size, "exact"),
    "fast": lambda data, size: to_pixels(data, size, "fast"),
    "torchvision": with_torchvision,
}


def saved(data: bytes, side: int) -> bytes:
    """The picture saved again with this longer side."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    scale = side / max(image.size)
    file = io.BytesIO()
    size = round(image.width * scale), round(image.height * scale)
    image.resize(size, Image.Resampling.LANCZOS).save(file, "JPEG", quality=90)
    return file.getvalue()


def seconds_each(files: list[bytes], size: int) -> dict[str, float]:
    """Seconds that each reader takes for all files: the best round."""
    taken: dict[str, list[float]] = {name: [] for name in READERS}
    for _ in range(ROUNDS):
        for name, read in READERS.items():
            started = time.perf_counter()
            for data in files:
                read(data, size)
            taken[name].append(time.perf_counter() - started)
    return {name: min(rounds) for name, rounds in taken.items()}


def compare(files: list[bytes], size: int, encoder: Encoder) -> None:
    """Prints a line a reader."""
    pixels = {name: np.stack([read(data, size) for data in files]) for name, read in READERS.items()}
    seconds = seconds_each(files, size)
    expected = encode(encoder, [pixels["Pillow"]])
    width, height = Image.open(io.BytesIO(files[0])).size
    print(
        f"\n{width} x {height} to {size}: {len(files)} files of {np.mean([len(data) for data in files]) / 1e3:.0f} kB"
    )
    for name in READERS:
        cosines = (encode(encoder, [pixels[name]]) * expected).sum(axis=1)
        levels = np.abs(pixels[name].astype(int) - pixels["Pillow"]).mean()
        print(
            f"  {name:<12}{len(files) / seconds[name]:7.0f} images/s  x {seconds['Pillow'] / seconds[name]:4.2f}   "
            f"{levels:5.2f} levels   cosine {cosines.mean():.5f}, lowest {cosines.min():.5f}"
        )


def as_display_p3(pixels: Pixels) -> Pixels:
    """The numbers that a camera writes which stores the same colours as Display P3."""
    share = pixels / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ TO_P3.T
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.clip(linear, 0, None) ** (1 / 2.4) - 0.055)
    return np.round(255 * np.clip(coded, 0, 1)).astype(np.uint8)


def colour_profiles(files: list[bytes], encoder: Encoder, size: int = 224) -> None:
    """Prints what taking a profile into account would change, and take."""
    stored = np.stack([to_pixels(data, size) for data in files])
    expected, found = encode(encoder, [stored]), encode(encoder, [as_display_p3(stored)])
    cosines, itself = (found * expected).sum(axis=1), 2 * np.eye(len(files))
    kept = ((found @ expected.T - itself).argmax(axis=1) == (expected @ expected.T - itself).argmax(axis=1)).mean()
    small, large = (conversion_ms(Image.new("RGB", shape)) for shape in ((size, size), (4000, 3000)))
    print(
        f"\nDisplay P3 taken as it stands: cosine {cosines.mean():.4f}, lowest {cosines.min():.4f}, "
        f"nearest kept {kept:.1%}\n"
        f"a conversion would take {small:.1f} ms at {size} x {size}, {large:.0f} ms at 4000 x 3000"
    )


def conversion_ms(image: Image.Image) -> float:
    """Milliseconds that littlecms takes for a picture: the best round."""
    profile = ImageCms.createProfile("sRGB")
    convert = ImageCms.buildTransform(profile, profile, "RGB", "RGB")
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        ImageCms.applyTransform(image, convert)
        taken.append(time.perf_counter() - started)
    return 1e3 * min(taken)


def main() -> None:
    """Reads the arguments, and keeps to one core."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", default="")
    parser.add_argument("--images", type=int, default=200)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    paths = sorted(arguments.folder.rglob("*.jpg"))
    files = [path.read_bytes() for path in paths[:: -(-len(paths) // arguments.images)]]
    encoder = build("mobilenet_v2", arguments.weights, 224)
    for side, size in SIZES:
        some = files[: 30 if side > 2000 else len(files)]
        compare([saved(data, side) for data in some] if side else some, size, encoder)
    colour_profiles(files, encoder)


if __name__ == "__main__":
    main()
