"""Small pictures of the index are read one at a time; a release may have none."""

from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.release.manifest import EncoderFacts
from lookalike_components.release.runtime import Release
from lookalike_components.release.sealing import seal
from lookalike_components.release.thumbnails import PICTURES_IN_A_BATCH, Thumbnails, write_thumbnails

FACTS = EncoderFacts(model="mean", dimension=3, input_size=8, resize="exact", licence="none", digest="0" * 64)


def test_a_release_shows_its_pictures(draft: Path, table: pd.DataFrame, tmp_path: Path):
    write_thumbnails(draft, table["image_id"], [name.encode() for name in table["image_id"]])
    seal(draft, tmp_path / "release", "colours", FACTS, threshold=0.9)
    release = Release.open(tmp_path / "release")
    assert release.thumbnail("green-1") == b"green-1"
    assert release.thumbnail("of another release") is None


def test_a_release_without_pictures_shows_none(folder: Path):
    assert Release.open(folder).thumbnail("green-1") is None


@pytest.mark.parametrize("count", [0, 1, PICTURES_IN_A_BATCH, PICTURES_IN_A_BATCH + 1])
def test_any_number_is_written(tmp_path: Path, count: int):
    names = [f"picture-{number}" for number in range(count)]
    write_thumbnails(tmp_path, names, [name.encode() for name in names])
    pictures = Thumbnails.of(tmp_path)
    assert pictures is not None
    assert [pictures.get(name) for name in names] == [name.encode() for name in names]
