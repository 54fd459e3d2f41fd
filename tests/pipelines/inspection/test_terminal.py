import io

import pytest
from rich.console import Console

from lookalike.inspection import Inspection
from lookalike.inspection.terminal import inspection_table


@pytest.fixture
def lines(inspected: Inspection) -> list[str]:
    console = Console(file=io.StringIO(), width=80)
    console.print(inspection_table(inspected))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_it_fits_80_columns(lines: list[str]) -> None:
    assert max(map(len, lines)) <= 80


def test_each_finding_has_one_line_with_its_number_and_first_examples(lines: list[str]) -> None:
    told = [" ".join(line.split()) for line in lines]
    assert "is truncated 2 mug/a-cut.png, mug/b-cut.png" in told
    assert "the same file 1 lamp/copy.png = mug/0.png" in told
    assert "blurred 1 mug/blurred.png" in told


def test_numbers_stand_first_in_the_lines_of_their_section(lines: list[str]) -> None:
    sections = [line.split()[:2] for line in lines[1:] if not line.startswith(" ")]
    assert sections == [["accepted", "14"], ["refused", "3"], ["copies", "2"], ["labelled", "14"], ["suspected", "5"]]


def test_pictures_without_a_label_have_a_line(inspected: Inspection) -> None:
    some = inspected.images.assign(label=inspected.images["label"].mask(inspected.images["label"] == "alone", None))
    console = Console(file=io.StringIO(), width=80)
    console.print(inspection_table(Inspection(**{**vars(inspected), "images": some})))
    told = [line.split()[:4] for line in console.file.getvalue().splitlines()]
    assert ["without", "a", "label", "1"] in told
    assert ["labelled", "13", "2", "labels"] in told


def test_a_long_name_is_cut_and_takes_no_room_from_the_numbers(inspected: Inspection) -> None:
    images = inspected.images.assign(uri=[f"/a/{row}{'x' * 300}" for row in range(len(inspected.images))])
    longer = Inspection(**{**vars(inspected), "images": images})
    console = Console(file=io.StringIO(), width=80)
    console.print(inspection_table(longer))
    text = console.file.getvalue().splitlines()
    assert max(map(len, text)) <= 80
    assert any(line.split()[:3] == ["the", "same", "file"] and line.split()[3] == "1" for line in text)
