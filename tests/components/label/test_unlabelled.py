"""Pictures of which nobody said what they show, among others of which somebody did."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike_components.dataset import read_table
from lookalike_components.errors import UserError
from lookalike_components.progress import Facts

Images = Callable[..., Path]
Run = Callable[..., Facts]
Spreadsheet = Callable[[str], str]

URIS = ["0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg"]
LABELS = ["mug", None, "mug", "lamp", "lamp"]
IN_FOLDERS = [
    "/photos/heap.jpg",
    "/photos/mug/0.jpg",
    "/photos/mug/1.jpg",
    "/photos/lamp/a/0.jpg",
    "/photos/lamp/a/1.jpg",
]


def labels(path: Path) -> list[str | None]:
    return read_table(path)["label"].tolist()


def test_they_can_stay_without_a_label(
    images: Images, run: Run, labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(images(URIS, label=LABELS), unlabelled="keep") == {"labels": 2, "images": 5, "unlabelled": 1}
    assert labels(labelled) == LABELS
    assert read_table(labelled)["uri"].tolist() == URIS
    assert capsys.readouterr().err.endswith("keeps without a label 1 of 5 images: 1.jpg\n")


def test_they_can_be_dropped(images: Images, run: Run, labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(images(URIS, label=LABELS), unlabelled="drop") == {"labels": 2, "images": 4, "dropped": 1}
    assert read_table(labelled)["uri"].tolist() == ["0.jpg", "2.jpg", "3.jpg", "4.jpg"]
    assert capsys.readouterr().err.endswith("drops without a label 1 of 5 images: 1.jpg\n")


def test_an_empty_label_is_none(images: Images, run: Run, labelled: Path) -> None:
    run(images(URIS, label=["mug", "", "mug", "lamp", "lamp"]), unlabelled="keep")
    assert labels(labelled) == LABELS


@pytest.mark.parametrize("unlabelled", ["refuse", "drop", "keep"])
def test_nothing_but_such_pictures_is_refused(images: Images, run: Run, unlabelled: str) -> None:
    with pytest.raises(UserError) as error:
        run(images(URIS), rule="pattern", pattern="(x)", unlabelled=unlabelled)
    assert str(error.value) == (
        "the rule pattern finds no label for 5 of 5 images: 0.jpg, 1.jpg, 2.jpg and 2 more; change the pattern (x)"
    )


def test_by_folder_what_lies_above_all_folders_has_none(images: Images, run: Run, labelled: Path) -> None:
    run(images(IN_FOLDERS), rule="folder", unlabelled="keep")
    assert labels(labelled) == [None, "mug", "mug", "a", "a"]


def test_by_folder_it_has_the_top_folders_name_where_every_picture_needs_one(images: Images, run: Run) -> None:
    with pytest.raises(UserError, match=r"^1 of 3 labels have one image only, and a pair needs two: photos;"):
        run(images(IN_FOLDERS), rule="folder")


def test_by_folder_no_folder_is_above_itself(images: Images, run: Run) -> None:
    with pytest.raises(UserError, match=r"^every image has the label photos,"):
        run(images(["/photos/0.jpg", "/photos/1.jpg"]), rule="folder", unlabelled="keep")


def test_by_folder_names_that_begin_alike_are_no_folder_and_its_parent(
    images: Images, run: Run, labelled: Path
) -> None:
    run(images(["/mug/0.jpg", "/mug/1.jpg", "/mugs/0.jpg", "/mugs/1.jpg"]), rule="folder", unlabelled="keep")
    assert labels(labelled) == ["mug", "mug", "mugs", "mugs"]


def test_what_a_pattern_does_not_match_has_none(images: Images, run: Run, labelled: Path) -> None:
    uris = ["mug_0.jpg", "mug_1.jpg", "x.jpg", "lamp_0.jpg", "lamp_1.jpg"]
    run(images(uris), rule="pattern", pattern="([a-z]+)_", unlabelled="keep")
    assert labels(labelled) == ["mug", "mug", None, "lamp", "lamp"]


def test_what_is_missing_in_a_table_or_empty_there_has_none(
    images: Images, run: Run, labelled: Path, spreadsheet: Spreadsheet
) -> None:
    table = spreadsheet("image,label\n0.jpg,a\n1.jpg,a\n2.jpg,b\n3.jpg,b\n4.jpg,\n")
    run(images([*URIS, "5.jpg"]), rule="table", table=table, unlabelled="keep")
    assert labels(labelled) == ["a", "a", "b", "b", None, None]


def test_what_is_in_no_pair_has_none(images: Images, run: Run, labelled: Path, spreadsheet: Spreadsheet) -> None:
    run(images(URIS), rule="pairs", table=spreadsheet("a,b\n0.jpg,1.jpg\n2.jpg,3.jpg\n"), unlabelled="keep")
    assert labels(labelled) == ["0.jpg", "0.jpg", "2.jpg", "2.jpg", None]


def test_a_correction_can_give_one(images: Images, run: Run, labelled: Path, spreadsheet: Spreadsheet) -> None:
    corrections = spreadsheet("image,label\n1.jpg,mug\n")
    assert run(images([*URIS, "5.jpg"], label=[*LABELS, None]), unlabelled="keep", corrections=corrections) == {
        "labels": 2,
        "images": 6,
        "corrected": 1,
        "unlabelled": 1,
    }


def test_they_contradict_nothing_and_are_nobodys_duplicates(images: Images, run: Run, labelled: Path) -> None:
    table = images(URIS, label=LABELS, image_id=["a" * 64, "a" * 64, "b" * 64, "c" * 64, "d" * 64])
    settings = {"unlabelled": "keep", "conflicts": "refuse", "duplicates": "keep_first"}
    assert run(table, **settings) == {"labels": 2, "images": 5, "unlabelled": 1}
    assert labels(labelled) == LABELS


def test_a_label_with_one_image_is_dropped_as_before(images: Images, run: Run, labelled: Path) -> None:
    facts = run(images([*URIS, "5.jpg"], label=[*LABELS, "pen"]), unlabelled="keep", singletons="drop")
    assert facts == {"labels": 2, "images": 5, "dropped": 1, "unlabelled": 1}
    assert labels(labelled) == LABELS
