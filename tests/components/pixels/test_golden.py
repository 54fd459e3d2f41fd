"""What becomes of each kind of file: docs/pixels.md in files, made by ``make_golden.py``."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookalike_components.pixels import BrokenImage, decode, inspect, inspect_closely, thumbnail, to_pixels

GOLDEN = Path(__file__).parent / "golden"
OUTCOMES = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))
ACCEPTED = {name: outcome for name, outcome in OUTCOMES.items() if "pixels" in outcome}
REFUSED = {name: outcome["reason"] for name, outcome in OUTCOMES.items() if "reason" in outcome}
pytestmark = pytest.mark.filterwarnings("ignore:::PIL")
READERS = {
    "decode": decode,
    "inspect": inspect,
    "inspect_closely": inspect_closely,
    "exact": lambda data: to_pixels(data, 8),
    "fast": lambda data: to_pixels(data, 8, "fast"),
    "thumbnail": lambda data: thumbnail(data, 8),
}


def expected(name: str) -> np.ndarray:
    return np.asarray(Image.open(GOLDEN / ACCEPTED[name]["pixels"]).convert("RGB"), int)


def off_by(made: object, name: str) -> int:
    return int(np.abs(np.asarray(made, int) - expected(name)).max())


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_pixels_are_those_that_the_file_was_made_of(name: str) -> None:
    image = decode((GOLDEN / name).read_bytes())
    assert image.mode == "RGB"
    assert off_by(image, name) <= ACCEPTED[name]["levels"]


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_size_told_is_that_of_the_upright_picture(name: str) -> None:
    facts = inspect((GOLDEN / name).read_bytes())
    assert (facts.height, facts.width) == expected(name).shape[:2]


@pytest.mark.parametrize("name", ACCEPTED)
@pytest.mark.parametrize("policy", ["exact", "fast"])
@pytest.mark.parametrize("aspect", ["squash", "pad", "crop"])
@pytest.mark.parametrize("size", [1, 4, 224])
def test_what_is_accepted_becomes_a_square_under_every_policy(name: str, policy: str, aspect: str, size: int) -> None:
    pixels = to_pixels((GOLDEN / name).read_bytes(), size, policy, aspect)
    assert (pixels.shape, pixels.dtype) == ((size, size, 3), np.uint8)


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_accepted_has_a_thumbnail(name: str) -> None:
    assert thumbnail((GOLDEN / name).read_bytes(), 96)[8:12] == b"WEBP"


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", REFUSED)
def test_the_rest_is_refused_with_its_reason_by_every_reader(name: str, reader: str) -> None:
    with pytest.raises(BrokenImage) as refusal:
        READERS[reader]((GOLDEN / name).read_bytes())
    assert str(refusal.value) == REFUSED[name]


def test_a_wrong_suffix_does_not_matter() -> None:
    kinds = {name: inspect((GOLDEN / name).read_bytes()).format for name in ("jpeg-called.png", "png-called.jpg")}
    assert kinds == {"jpeg-called.png": "JPEG", "png-called.jpg": "PNG"}


def test_the_golden_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in GOLDEN.iterdir()) <= 100_000
