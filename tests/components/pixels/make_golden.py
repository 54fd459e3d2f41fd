"""Writes the golden files: small image files of every kind, and what is to become of each.

    python tests/components/pixels/make_golden.py

What is expected is computed from the numbers that a file was made of, never by decoding it: ``expected.json`` names
for each file the PNG with its upright RGB pixels and how many levels a lossy decoder may be off, or the reason for
which it is refused.
"""

import json
import zlib
from pathlib import Path

import numpy as np
from image_files import (
    ALPHA,
    GREY,
    OTHER,
    PICTURE,
    RGB,
    STORED,
    Pixels,
    chunk,
    display_p3,
    encoded,
    exif,
    jpeg,
    of_inks,
    on_white,
    palette,
    palette_pixels,
    patched,
    png,
    three,
    tiff,
    without_adobe,
    ycck,
)
from PIL import Image

Accepted = dict[str, tuple[bytes, Pixels, int]]
Refused = dict[str, tuple[bytes, str]]

FOLDER = Path(__file__).parent / "golden"
LOSSY = 3  # levels that JPEG and WebP lose at their best quality
SOFT = (96 + RGB // 4).astype(np.uint8)  # WebP halves the resolution of colour, so it gets less of it
INKS = np.concatenate([RGB, np.full((*GREY.shape, 1), 40, np.uint8)], axis=-1)
WIDE = RGB.astype(np.uint16) * 257
BITS = np.broadcast_to(np.arange(24) // 3 % 2 * 255, GREY.shape).astype(np.uint8)
LONG = np.broadcast_to(np.array([200, 100, 50], np.uint8), (10_000, 1, 3))
ANIMATION = {"save_all": True, "append_images": [OTHER]}
UNREADABLE_DEPTH = "has 32-bit pixels (8 or 16 bits are read)"


def accepted() -> Accepted:
    """File name: bytes, upright RGB pixels, and how many levels a decoder may be off."""
    return {
        **_orientations(),
        **_colors(),
        **_transparent(),
        **_depths(),
        **_several(),
        **_odd(),
    }


def _orientations() -> Accepted:
    turned = {n: jpeg(Image.fromarray(STORED[n]), exif=exif(n)) for n in STORED}
    files = {f"orientation-{number}.jpg": (data, RGB, LOSSY) for number, data in turned.items()}
    lying = Image.fromarray(STORED[6])
    for suffix, kind, options in (("png", "PNG", {}), ("webp", "WEBP", {"lossless": True}), ("tiff", "TIFF", {})):
        files[f"orientation-6.{suffix}"] = encoded(lying, kind, exif=exif(6), **options), RGB, 0
    unreadable = jpeg(PICTURE, exif=b"Exif\0\0II*\0\xff\xff\xff\xff not a directory")
    return files | {"orientation-unreadable.jpg": (unreadable, RGB, LOSSY)}


def _colors() -> Accepted:
    cmyk = Image.fromarray(INKS, "CMYK")
    black = np.full((*GREY.shape, 1), 20, np.uint8)
    profile = display_p3()
    return {
        "rgb.jpg": (jpeg(PICTURE), RGB, LOSSY),
        "progressive.jpg": (jpeg(PICTURE, progressive=True), RGB, LOSSY),
        "rgb.webp": (encoded(Image.fromarray(SOFT), "WEBP", quality=100), SOFT, LOSSY + 1),
        "rgb.bmp": (encoded(PICTURE, "BMP"), RGB, 0),
        "lzw.tiff": (encoded(PICTURE, "TIFF", compression="tiff_lzw"), RGB, 0),
        "deflate.tiff": (encoded(PICTURE, "TIFF", compression="tiff_deflate"), RGB, 0),
        "jpeg.tiff": (encoded(PICTURE, "TIFF", compression="jpeg", quality=100), RGB, LOSSY),
        "cmyk-adobe.jpg": (jpeg(cmyk), of_inks(INKS), LOSSY),
        "cmyk-without-adobe.jpg": (without_adobe(jpeg(cmyk)), of_inks(INKS), LOSSY),
        "ycck.jpg": (
            ycck(),
            of_inks(np.concatenate([RGB, black], axis=-1)),
            LOSSY + 1,
        ),  # two colour spaces, two roundings
        "cmyk.tiff": (encoded(cmyk, "TIFF"), of_inks(INKS), 1),
        "palette.png": (encoded(palette(False), "PNG"), palette_pixels((250, 10, 20)), 0),
        "palette.gif": (encoded(palette(False), "GIF"), palette_pixels((250, 10, 20)), 0),
        "grey.jpg": (jpeg(Image.fromarray(GREY)), three(GREY), LOSSY),
        "grey.png": (encoded(Image.fromarray(GREY), "PNG"), three(GREY), 0),
        "profile-p3.jpg": (jpeg(PICTURE, icc_profile=profile), RGB, LOSSY),
        "profile-p3.png": (encoded(PICTURE, "PNG", icc_profile=profile), RGB, 0),
        "profile-cmyk.jpg": (jpeg(cmyk, icc_profile=profile), of_inks(INKS), LOSSY),
    }


def _transparent() -> Accepted:
    rgba = Image.fromarray(np.concatenate([RGB, ALPHA[..., None]], axis=-1))
    grey = np.stack([GREY, ALPHA], axis=-1)
    color_key = b"\0\x28\0\x1e\0\xc8"  # the colour of the first pixel: 40, 30, 200
    keyed = RGB.copy()
    keyed[0, 0] = 255
    white = on_white(RGB, ALPHA)
    return {
        "alpha.png": (encoded(rgba, "PNG"), white, 1),
        "alpha.webp": (encoded(rgba, "WEBP", lossless=True, exact=True), white, 1),
        "alpha.tiff": (encoded(rgba, "TIFF"), white, 1),
        "grey-alpha.png": (png(grey), three(on_white(GREY[..., None], ALPHA)[..., 0]), 1),
        "palette-transparent.png": (encoded(palette(True), "PNG"), palette_pixels((255, 255, 255)), 0),
        "palette-transparent.gif": (encoded(palette(True), "GIF"), palette_pixels((255, 255, 255)), 0),
        "color-key.png": (png(RGB, chunk(b"tRNS", color_key)), keyed, 0),
    }


def _depths() -> Accepted:
    grey = Image.fromarray(WIDE[..., 0])
    alpha = (ALPHA.astype(np.uint16) * 257)[..., None]
    white = on_white(RGB, ALPHA)
    bits = Image.fromarray(BITS).convert("1")
    return {
        "grey-16.png": (png(WIDE[..., :1] + 100), three(GREY), 0),
        "grey-16.tiff": (encoded(grey, "TIFF"), three(GREY), 0),
        "grey-16-big-endian.tiff": (encoded(Image.fromarray(WIDE[..., 0].astype(">u2")), "TIFF"), three(GREY), 0),
        "rgb-16.png": (png(WIDE), RGB, 0),
        "rgb-16.tiff": (tiff(WIDE), RGB, 0),
        "grey-alpha-16.png": (
            png(np.concatenate([WIDE[..., :1], alpha], axis=-1)),
            three(on_white(GREY[..., None], ALPHA)[..., 0]),
            1,
        ),
        "alpha-16.png": (png(np.concatenate([WIDE, alpha], axis=-1)), white, 1),
        "one-bit.png": (encoded(bits, "PNG"), three(BITS), 0),
        "one-bit.tiff": (encoded(bits, "TIFF", compression="group4"), three(BITS), 0),
        "one-bit.bmp": (encoded(bits, "BMP"), three(BITS), 0),
    }


def _several() -> Accepted:
    few = palette(False)
    frames = {"save_all": True, "append_images": [few.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]}
    return {
        "animated.gif": (encoded(few, "GIF", **frames), palette_pixels((250, 10, 20)), 0),
        "animated.webp": (encoded(PICTURE, "WEBP", lossless=True, **ANIMATION), RGB, 0),
        "animated.png": (encoded(PICTURE, "PNG", **ANIMATION), RGB, 0),
        "animated-with-still.png": (encoded(PICTURE, "PNG", default_image=True, **ANIMATION), RGB, 0),
        "two-pages.tiff": (encoded(PICTURE, "TIFF", **ANIMATION), RGB, 0),
        "mpo.jpg": (encoded(PICTURE, "MPO", quality=100, subsampling=0, **ANIMATION), RGB, LOSSY),
        "animated-cut-in-second-frame.png": (encoded(PICTURE, "PNG", **ANIMATION)[:-40], RGB, 0),
    }


def _odd() -> Accepted:
    garbage = bytes(range(256))
    return {
        "jpeg-called.png": (jpeg(PICTURE), RGB, LOSSY),
        "png-called.jpg": (encoded(PICTURE, "PNG"), RGB, 0),
        "garbage-behind.jpg": (jpeg(PICTURE) + garbage, RGB, LOSSY),
        "garbage-behind.png": (encoded(PICTURE, "PNG") + garbage, RGB, 0),
        "strip-1x10000.png": (encoded(Image.fromarray(LONG), "PNG", optimize=True), LONG, 0),
        "strip-10000x1.jpg": (jpeg(Image.fromarray(LONG.transpose(1, 0, 2))), LONG.transpose(1, 0, 2), LOSSY),
        "one-pixel.png": (encoded(Image.fromarray(RGB[:1, :1]), "PNG"), RGB[:1, :1], 0),
    }


def refused() -> Refused:
    """File name: bytes, and the reason."""
    return {**_cut(), **_too_large(), **_foreign()}


def _cut() -> Refused:
    rough = Image.fromarray(np.random.default_rng(0).integers(256, size=(16, 24, 3), dtype=np.uint8))
    whole = {
        "truncated.jpg": jpeg(PICTURE),
        "truncated-progressive.jpg": jpeg(PICTURE, progressive=True),
        "truncated.png": encoded(rough, "PNG"),
        "truncated.webp": encoded(rough, "WEBP"),
        "truncated.gif": encoded(rough.convert("P"), "GIF"),
        "truncated.bmp": encoded(rough, "BMP"),
        "truncated.tiff": encoded(rough, "TIFF", compression="tiff_lzw"),
    }
    cut = {name: (data[: len(data) * 2 // 3], "is truncated") for name, data in whole.items()}
    damaged = whole["truncated.png"]
    return cut | {
        "truncated-header.jpg": (jpeg(PICTURE)[:20], "is truncated"),
        "damaged.png": (patched(damaged, 300, bytes(200)), "is damaged"),
        "damaged.webp": (patched(whole["truncated.webp"], 20, bytes(60)), "is damaged"),
    }


def _too_large() -> Refused:
    """Small files that say they are large, or that unpack to something large."""
    wide = jpeg(PICTURE)
    bitmap = encoded(PICTURE, "BMP")
    gif = encoded(palette(False), "GIF")
    webp = encoded(PICTURE, "WEBP", exif=exif(1))  # metadata gives it a header with the size of its canvas
    canvas = webp.index(b"VP8X") + 12
    text = zlib.compress(bytes(2 * 2**20), 9)
    size, sides = "has too many pixels", (60_000).to_bytes(2, "big") * 2
    return {
        "bomb.png": (png(RGB, size=(60_000, 60_000)), size),
        "bomb.jpg": (patched(wide, wide.index(b"\xff\xc0") + 5, sides), size),
        "bomb.bmp": (patched(bitmap, 18, (60_000).to_bytes(4, "little") * 2), size),
        "bomb.gif": (patched(patched(gif, 6, b"\xff\xff\xff\xff"), gif.index(b",") + 5, b"\xff\xff\xff\xff"), size),
        "bomb.webp": (patched(webp, canvas, b"\xfe\x3f\0" * 2), size),
        "bomb.tiff": (tiff(WIDE, size=(60_000, 60_000)), size),
        "bomb-just-too-many.png": (png(RGB, size=(12_001, 10_000)), size),
        "bomb-long.png": (png(RGB, size=(1, 100_000_000)), "has a side of more than 65,535 pixels"),
        "bomb-text.png": (png(RGB, chunk(b"zTXt", b"a\0\0" + text)), "has too much text in it"),
        "bomb-international-text.png": (png(RGB, chunk(b"iTXt", b"a\0\1\0\0\0" + text)), "has too much text in it"),
        "bomb-profile.png": (png(RGB, chunk(b"iCCP", b"a\0\0" + text)), "has too much text in it"),
    }


def _foreign() -> Refused:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40)
    levels = Image.fromarray(GREY)
    return {
        "empty.jpg": (b"", "is empty"),
        "text.jpg": (b"not a picture\n", "is not an image"),
        "drawing.svg": (b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>\n", "is not an image"),
        "photo.heic": (heic, "is HEIC or AVIF, which is not read; save it as JPEG"),
        "floats.tiff": (encoded(levels.convert("F"), "TIFF"), UNREADABLE_DEPTH),
        "grey-32.tiff": (encoded(levels.convert("I"), "TIFF"), UNREADABLE_DEPTH),
        "lab.tiff": (
            encoded(Image.fromarray(RGB, "LAB"), "TIFF"),
            "has Lab colours (grey, RGB and CMYK are read)",
        ),
    }


def write(folder: Path) -> None:
    """Files, expected pixels (one PNG for all files that show the same), and ``expected.json``."""
    folder.mkdir(exist_ok=True)
    outcomes: dict[str, object] = {name: {"reason": reason} for name, (_, reason) in refused().items()}
    pictures: dict[tuple[bytes, int], str] = {}
    for name, (data, expected, levels) in accepted().items():
        shown = pictures.setdefault((expected.tobytes(), len(expected)), f"{Path(name).stem}.expected.png")
        (folder / shown).write_bytes(encoded(Image.fromarray(expected), "PNG", optimize=True))
        (folder / name).write_bytes(data)
        outcomes[name] = {"pixels": shown, "levels": levels}
    for name, (data, _) in refused().items():
        (folder / name).write_bytes(data)
    (folder / "expected.json").write_text(json.dumps(outcomes, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(FOLDER)
