"""The drawings are there, whole, free, and tell an encoder that sees from one that does not."""

from collections import Counter
from importlib.resources import files

import numpy as np
import pytest

from lookalike_components.evaluate import forgetting as room
from lookalike_components.evaluate.embedding import embed_pixels
from lookalike_components.evaluate.forgetting.forgetting import forgetting, read_drawings
from lookalike_components.pixels import inspect


def test_a_hundred_things_are_drawn_by_three_artists():
    labels, drawings = read_drawings()
    assert set(Counter(labels).values()) == {3}
    assert len(set(labels)) == 100
    assert len(set(drawings)) == 300


def test_each_drawing_can_be_decoded():
    facts = [inspect(drawing) for drawing in read_drawings()[1]]
    assert {(one.format, one.width, one.height) for one in facts} == {("WEBP", 112, 112)}


def test_they_are_small_and_their_licences_lie_beside_them():
    folder = files(room)
    assert len(folder.joinpath("drawings.zip").read_bytes()) < 700_000
    licences = folder.joinpath("LICENSES.md").read_text(encoding="utf-8")
    assert all(name in licences for name in ("fluent-emoji", "fxemoji", "noto-v1"))


@pytest.mark.slow
def test_an_encoder_finds_some_of_them_and_not_all(encoder):
    found = forgetting(encoder)
    assert found["images"] == 300
    assert 2 / 299 < found["map_at_r"] < found["recall_at_1"] < 1


def test_progress_counts_every_drawing(encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("LOOKALIKE_LIVE", str(tmp_path))
    embed_pixels(encoder, iter(np.zeros((2, 3, 32, 32, 3), np.uint8)), 6, each=3)
    assert '"done": 6, "total": 6, "what": "images"' in (tmp_path / "events.jsonl").read_text()
