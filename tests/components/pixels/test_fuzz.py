"""Two thousand files that went wrong on their way: whatever happens to a file, there is a picture or a reason."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lookalike_components.pixels import BrokenImage, inspect, inspect_closely, thumbnail, to_pixels

GOLDEN = Path(__file__).parent / "golden"
FILES = [GOLDEN / name for name in json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))]
WHOLE = [path.read_bytes() for path in FILES if path.stat().st_size > 100]
BEGINNINGS = (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF....WEBPVP8 ", b"BM", b"II*\0", b"MM\0*")
REASONS = {
    "is damaged",
    "is empty",
    "is not an image",
    "is truncated",
    "has too many pixels",
    "has too much text in it",
    "has a side of more than 65,535 pixels",
    "has 32-bit pixels (8 or 16 bits are read)",
    "has Lab colours (grey, RGB and CMYK are read)",
    "is HEIC or AVIF, which is not read; save it as JPEG",
}


def flipped(data: bytes, random: np.random.Generator) -> bytes:
    """One to eight bits changed, half of the time near the beginning, where the header is."""
    changed = bytearray(data)
    end = len(data) if random.random() < 0.5 else min(64, len(data))
    for place in random.integers(0, end, size=random.integers(1, 9)):
        changed[place] ^= 1 << int(random.integers(8))
    return bytes(changed)


def cut(data: bytes, random: np.random.Generator) -> bytes:
    return data[: random.integers(len(data))]


def with_another_beginning(data: bytes, random: np.random.Generator) -> bytes:
    beginning = BEGINNINGS[random.integers(len(BEGINNINGS))]
    return beginning + data[len(beginning) :]


def with_a_hole(data: bytes, random: np.random.Generator) -> bytes:
    start, length = random.integers(len(data)), random.integers(1, 200)
    return data[:start] + random.bytes(length) + data[start + length :]


MUTATIONS = (flipped, cut, with_another_beginning, with_a_hole)


def outcome(data: bytes) -> str:
    """The reason for a refusal, or that the file was accepted; what is accepted has to work everywhere."""
    try:
        facts = inspect(data)
    except BrokenImage as refusal:
        return str(refusal)
    assert facts == inspect_closely(data)[0]
    for policy in ("exact", "fast"):
        assert to_pixels(data, 4, policy).shape == (4, 4, 3)
    assert thumbnail(data, 4)
    return "accepted"


@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_changed_file_is_accepted_for_good_or_refused_with_a_reason(mutation: object) -> None:
    random = np.random.default_rng(MUTATIONS.index(mutation))
    outcomes = Counter(outcome(mutation(WHOLE[random.integers(len(WHOLE))], random)) for _ in range(500))
    assert set(outcomes) <= REASONS | {"accepted"}
    assert min(outcomes["accepted"], outcomes["is truncated"]) > 10
