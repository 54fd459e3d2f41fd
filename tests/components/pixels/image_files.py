"""Image files of every kind, made from numbers that are known, some of them byte by byte."""

import io
import struct
import zlib

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 24, 16
ORIENTATION = 0x0112


def upright() -> Pixels:
    """Smooth, so that lossy formats keep it, and like none of its mirror images."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack([40 + 8 * x, 30 + 10 * y, 200 - 3 * (x + y)], axis=-1).astype(np.uint8)


RGB = upright()
PICTURE = Image.fromarray(RGB)
GREY = RGB[..., 0]
ALPHA = np.broadcast_to(np.linspace(0, 255, HEIGHT).astype(np.uint8)[:, None], GREY.shape)
OTHER = Image.fromarray(255 - RGB)
STORED = {  # what lies in the file when the upright picture has to be made of it
    1: RGB,
    2: RGB[:, ::-1],
    3: RGB[::-1, ::-1],
    4: RGB[::-1],
    5: RGB.transpose(1, 0, 2),
    6: np.rot90(RGB),
    7: RGB[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(RGB, -1),
}


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(image: Image.Image, **options: object) -> bytes:
    return encoded(image, "JPEG", **{"quality": 100, "subsampling": 0, **options})


def exif(orientation: int) -> Image.Exif:
    written = Image.Exif()
    written[ORIENTATION] = orientation
    return written


def on_white(color: Pixels, alpha: Pixels) -> Pixels:
    part = alpha[..., None] / 255
    return np.round(color * part + 255 * (1 - part)).astype(np.uint8)


def three(grey: Pixels) -> Pixels:
    return np.stack([grey] * 3, axis=-1)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(pixels: npt.NDArray[np.uint8] | npt.NDArray[np.uint16], *extra: bytes, size: tuple[int, int] = (0, 0)) -> bytes:
    """A PNG by hand: Pillow writes no colours of 16 bits. ``size`` claims another width and height than there is."""
    height, width, channels = pixels.shape
    color = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", *(size if any(size) else (width, height)), pixels.itemsize * 8, color, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(f">u{pixels.itemsize}").tobytes() for row in pixels)
    end = chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(extra) + end


def tiff(pixels: npt.NDArray[np.uint16], size: tuple[int, int] = (0, 0)) -> bytes:
    """A TIFF by hand, RGB of 16 bits, uncompressed: the pixels first, then three times the 16, then the directory."""
    height, width, channels = pixels.shape
    data = pixels.astype("<u2").tobytes()
    bits = 8 + len(data)
    width, height = size if any(size) else (width, height)
    fields = [(256, width), (257, height), (259, 1), (262, 2), (273, 8), (277, channels), (278, height)]
    entries = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in [*fields, (279, len(data))]]
    entries.insert(2, struct.pack("<HHII", 258, 3, 3, bits))
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", bits + 6) + data + struct.pack("<3H", 16, 16, 16) + directory


def ycck() -> bytes:
    """Luma and chroma of the inks in place of the inks, as Photoshop writes them: Adobe's transform 2."""
    luma = np.asarray(Image.fromarray(RGB).convert("YCbCr"))
    inks = np.concatenate([255 - luma, np.full((*GREY.shape, 1), 20, np.uint8)], axis=-1)  # Pillow inverts all four
    data = bytearray(jpeg(Image.fromarray(inks, "CMYK")))
    data[data.index(b"Adobe") + 11] = 2
    return bytes(data)


def of_inks(inks: Pixels) -> Pixels:
    """Cyan, magenta, yellow and black to RGB without a profile."""
    paper = 255 - inks.astype(float)
    return np.round(paper[..., :3] * paper[..., 3:] / 255).astype(np.uint8)


def without_adobe(data: bytes) -> bytes:
    start = data.index(b"\xff\xee")
    return data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4], "big") :]


def display_p3() -> bytes:
    """A small colour profile (ICC, version 2) with the primaries of Display P3 and a gamma of 2.2."""

    def xyz(*numbers: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(number * 65536) for number in numbers))

    red, green, blue = (0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407)
    white = xyz(0.9642, 1.0, 0.8249)
    tags = {b"rXYZ": xyz(*red), b"gXYZ": xyz(*green), b"bXYZ": xyz(*blue), b"wtpt": white}
    curve = b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(2.2 * 256))
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    tags[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", 3) + b"P3\0" + bytes(78 + 3)
    tags[b"cprt"] = b"text\0\0\0\0CC0\0"
    return _profile(tags)


def _profile(tags: dict[bytes, bytes]) -> bytes:
    at, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4xI4s4s4s12x4s", at + len(body), 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    illuminant = struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(68, b"\0") + illuminant + bytes(48) + table + body


def palette(transparent: bool) -> Image.Image:
    """Four colours in columns; the first of them may be see-through."""
    image = Image.fromarray(np.broadcast_to(np.arange(WIDTH, dtype=np.uint8) // 6, GREY.shape).copy(), "P")
    image.putpalette([250, 10, 20, 30, 240, 50, 60, 70, 230, 80, 90, 100])
    if transparent:
        image.info["transparency"] = 0
    return image


def palette_pixels(first: tuple[int, int, int]) -> Pixels:
    colors = np.array([first, (30, 240, 50), (60, 70, 230), (80, 90, 100)], np.uint8)
    return colors[np.broadcast_to(np.arange(WIDTH) // 6, GREY.shape)]


def patched(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]
