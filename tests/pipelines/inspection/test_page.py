import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from lookalike.inspection import Inspection
from lookalike.inspection.page import PICTURES, render


@pytest.fixture(scope="module")
def html(inspected: Inspection, page: Path) -> str:
    return page.read_text(encoding="utf-8")


def headings(html: str) -> list[str]:
    return [re.sub("<[^>]*>", "", heading) for heading in re.findall("<h[12]>(.*?)</h[12]>", html)]


def test_it_has_a_section_for_everything_that_was_found(html: str) -> None:
    assert headings(html) == [
        "14 of 17 images can be used.",
        "3 refused",
        "2 copies",
        "5 worth a second look",
        "3 labels",
    ]


def test_it_loads_nothing_and_runs_nothing(html: str) -> None:
    sources = re.findall(r"""(?:src|href)=["']?([^"'> ]*)""", html)
    assert len(sources) > 10
    assert all(source.startswith("data:") for source in sources)
    assert "<script" not in html


def test_names_are_escaped(html: str) -> None:
    assert "line &lt;b&gt;&amp;.png" in html
    assert "line <b>" not in html


def test_what_would_stop_a_run_stands_at_the_top(html: str) -> None:
    assert html.index("1 of 3 labels have one image only") < html.index("<section>")


def test_a_section_shows_so_many_pictures_and_says_so(inspected: Inspection) -> None:
    many = pd.concat([inspected.images.assign(sharpness=1.0)] * 3, ignore_index=True)
    html = render(replace(inspected, images=many, groups=[]), lambda uri: Path(uri).read_bytes())
    (strip,) = [strip for strip in html.split("<article") if re.search("<h3>[0-9]+ blurred", strip)]
    assert strip.count("<img") == PICTURES
    assert f"The worst {PICTURES} of them." in strip


def test_a_picture_that_is_gone_leaves_a_place(inspected: Inspection) -> None:
    html = render(inspected, lambda uri: b"")
    assert "<img" not in html
    assert "cannot be read again" in html


def test_a_source_without_a_usable_image_has_a_page(inspected: Inspection) -> None:
    html = render(replace(inspected, images=inspected.images.iloc[:0], groups=[]), lambda uri: b"")
    assert headings(html) == ["None of 3 images can be used.", "3 refused"]
