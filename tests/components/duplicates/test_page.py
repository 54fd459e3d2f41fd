import re
from collections.abc import Callable

import pandas as pd
import pytest

from lookalike_components.duplicates import Section, find_duplicates, render
from lookalike_components.duplicates.page import PAIRS

Album = Callable[..., pd.DataFrame]


@pytest.fixture
def table(album: Album, scene: Callable, saved: Callable) -> pd.DataFrame:
    names = ["<b>mug</b>.png", "copy & paste.jpg"]
    files = dict(zip(names, [saved(scene(0)), saved(scene(0), "JPEG", quality=70)], strict=True))
    return album(files, label=["<i>", None])


def shown(table: pd.DataFrame, pairs: pd.DataFrame) -> str:
    return render(table, "Twice", "Look.", [Section("Pairs", "Some.", pairs, ("training", "test"))])


def test_a_pair_is_shown_side_by_side_with_names_labels_and_what_says_so(table: pd.DataFrame) -> None:
    page = shown(table, find_duplicates(table))
    assert page.count('<img src="data:image/webp;base64,') == 2
    assert "&lt;b&gt;mug&lt;/b&gt;.png" in page
    assert "<b>&lt;i&gt;</b>training: " in page
    assert "<b>no label</b>test: copy &amp; paste.jpg" in page
    assert re.search(r'class="kind">near</span>alike by hash; correlation 0\.\d{3}', page)


def test_the_page_loads_nothing(table: pd.DataFrame) -> None:
    page = shown(table, find_duplicates(table))
    assert not re.search(r"https?://|<script|<link(?! rel=\"icon\" href=\"data:,\")|url\(", page)
    assert "prefers-color-scheme: dark" in page


def test_a_picture_that_is_gone_leaves_its_name(table: pd.DataFrame) -> None:
    page = shown(table.assign(shard="/nowhere/0.tar"), find_duplicates(table))
    assert page.count("cannot be read") == 2
    assert "copy &amp; paste.jpg" in page


def test_of_many_pairs_the_first_are_shown_and_the_others_counted(table: pd.DataFrame) -> None:
    page = shown(table, pd.concat([find_duplicates(table)] * (PAIRS + 1), ignore_index=True))
    assert page.count("<article") == PAIRS
    assert f"{PAIRS} of {PAIRS + 1} are shown." in page


def test_no_pairs_are_told(table: pd.DataFrame) -> None:
    assert '<p class="empty">None.</p>' in shown(table, find_duplicates(table).iloc[:0])
