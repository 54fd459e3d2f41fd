from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.dataset import read_images
from lookalike_components.errors import LookalikeError, UserError

Store = Callable[..., pd.DataFrame]


def test_images_come_in_the_order_of_the_table(table: pd.DataFrame, pictures: list[bytes]) -> None:
    assert list(read_images(table.iloc[[7, 0, 7, 11]])) == [pictures[number] for number in (7, 0, 7, 11)]


def test_a_shard_that_is_gone_is_named(table: pd.DataFrame) -> None:
    Path(table["shard"].iloc[0]).unlink()
    with pytest.raises(UserError) as error:
        list(read_images(table))
    assert str(error.value) == f"{table['shard'].iloc[0]} does not exist; run ingest again"


def test_a_shard_that_was_cut_short_is_named(table: pd.DataFrame) -> None:
    shard = Path(table["shard"].iloc[0])
    shard.write_bytes(shard.read_bytes()[:1000])
    with pytest.raises(LookalikeError) as error:
        list(read_images(table))
    end = table["offset"].iloc[0] + table["nbytes"].iloc[0]
    assert str(error.value) == f"{shard} ends before byte {end:,}; delete it and run ingest again"
