from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike_components.dataset import read_table
from lookalike_components.errors import UserError
from lookalike_components.progress import Facts

Images = Callable[..., Path]
Run = Callable[..., Facts]

LABELS = ["mug", "mug", "lamp", "lamp"]


def test_a_source_that_gives_one_image_two_labels_is_refused_with_its_rows(images: Images, run: Run) -> None:
    with pytest.raises(UserError) as error:
        run(images(["a.jpg", "b.jpg", "a.jpg", "c.jpg"], label=LABELS))
    assert str(error.value) == (
        "the source gives two labels to 1 images: a.jpg (mug at position 0) and a.jpg (lamp at position 2); "
        "keep one row of each, or write both under one label"
    )


def test_an_image_that_is_listed_twice_under_one_label_is_no_conflict(images: Images, run: Run) -> None:
    assert run(images(["a.jpg", "a.jpg", "c.jpg", "d.jpg"], label=LABELS)) == {"labels": 2, "images": 4}


@pytest.fixture
def copied(images: Images) -> Path:
    """The file x is there as a mug and as a lamp."""
    ids = ["x", "b", "c", "d", "x", "f"]
    return images([f"{number}.jpg" for number in range(6)], label=["mug"] * 3 + ["lamp"] * 3, image_id=ids)


def test_the_same_file_under_two_labels_is_kept_told_and_counted(
    copied: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(copied) == {"labels": 2, "images": 6, "doubts": 2}
    told = "the same file under two labels: 0.jpg (mug at position 0) and 4.jpg (lamp at position 4)\n"
    assert capsys.readouterr().err.endswith(told)


def test_the_same_file_under_two_labels_can_be_refused(copied: Path, run: Run, labelled: Path) -> None:
    with pytest.raises(UserError) as error:
        run(copied, conflicts="refuse")
    assert str(error.value) == (
        "1 files are there under two labels: 0.jpg (mug at position 0) and 4.jpg (lamp at position 4); "
        "remove one of each, or pass --set label.conflicts=drop"
    )
    assert not labelled.exists()


def test_the_same_file_under_two_labels_can_be_dropped(copied: Path, run: Run, labelled: Path) -> None:
    assert run(copied, conflicts="drop") == {"labels": 2, "images": 4, "doubts": 2, "dropped": 2}
    assert read_table(labelled)["uri"].tolist() == ["1.jpg", "2.jpg", "3.jpg", "5.jpg"]
