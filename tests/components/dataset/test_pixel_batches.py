from pathlib import Path
from threading import Semaphore

import numpy as np
import pandas as pd
import pytest

from lookalike_components.dataset import load_pixels, pixel_batches, pixel_memmap
from lookalike_components.errors import UserError
from lookalike_components.pixels import to_pixels


def test_batches_come_in_the_order_of_the_table(table: pd.DataFrame, pictures: list[bytes]) -> None:
    batches = list(load_pixels(table, size=16, batch_size=5))
    assert [batch.shape for batch in batches] == [(5, 16, 16, 3), (5, 16, 16, 3), (2, 16, 16, 3)]
    assert np.array_equal(np.concatenate(batches), [to_pixels(data, 16) for data in pictures])


def test_a_table_without_rows_has_no_batches(table: pd.DataFrame) -> None:
    assert list(load_pixels(table.iloc[:0], size=16)) == []


def test_later_batches_are_prepared_while_the_first_is_worked_on(
    table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = Semaphore(0)

    def counting(*arguments: object, **settings: object) -> object:
        prepared.release()
        return to_pixels(*arguments, **settings)

    monkeypatch.setattr(pixel_batches, "to_pixels", counting)
    batches = load_pixels(table, size=16, batch_size=2)
    next(batches)
    assert all(prepared.acquire(timeout=10) for _ in range(len(table)))


def test_the_policy_of_resizing_is_passed_on(table: pd.DataFrame, pictures: list[bytes]) -> None:
    batch = next(load_pixels(table, size=16, resize="fast"))
    assert np.array_equal(batch[0], to_pixels(pictures[0], 16, "fast"))


def test_a_memory_map_holds_every_image_once(table: pd.DataFrame, pictures: list[bytes], tmp_path: Path) -> None:
    pixels = pixel_memmap(table, 16, "exact", tmp_path)
    assert isinstance(pixels, np.memmap)
    assert np.array_equal(pixels, [to_pixels(data, 16) for data in pictures])


def test_two_memory_maps_in_one_folder_stay_apart(table: pd.DataFrame, tmp_path: Path) -> None:
    train, validation = (pixel_memmap(table.iloc[rows], 16, "exact", tmp_path) for rows in ([0, 1], [2]))
    assert (train.shape, validation.shape) == ((2, 16, 16, 3), (1, 16, 16, 3))


def test_a_memory_map_cannot_be_changed_by_accident(table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        pixel_memmap(table, 16, "exact", tmp_path)[0] = 0


def test_a_failed_memory_map_leaves_no_file_behind(table: pd.DataFrame, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    Path(table["shard"].iloc[-1]).unlink()
    with pytest.raises(UserError, match=r"does not exist; run ingest again$"):
        pixel_memmap(table, 16, "exact", scratch)
    assert list(scratch.iterdir()) == []
