from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.dataset import read_table
from lookalike_components.errors import UserError
from lookalike_components.progress import Facts

Images = Callable[..., Path]
Run = Callable[..., Facts]
Spreadsheet = Callable[[str], str]

URIS = ["/photos/mug/0.jpg", "/photos/mug/1.jpg", "/photos/lamp/0.jpg", "/photos/lamp/1.jpg", "/photos/lamp/2.jpg"]


def labels(path: Path) -> list[str]:
    return read_table(path)["label"].tolist()


def test_a_correction_takes_the_place_of_what_the_rule_says(
    images: Images, run: Run, labelled: Path, spreadsheet: Spreadsheet
) -> None:
    corrections = spreadsheet("image,label,current_label,agreement,score\n/photos/lamp/0.jpg,mug,lamp,3,0.91\n")
    assert run(images(URIS), corrections=corrections) == {"labels": 2, "images": 5, "corrected": 1}
    assert labels(labelled) == ["mug", "mug", "mug", "lamp", "lamp"]


def test_a_correction_that_says_what_the_rule_says_changes_nothing(
    images: Images, run: Run, spreadsheet: Spreadsheet
) -> None:
    assert run(images(URIS), corrections=spreadsheet("image,label\nmug/0.jpg,mug\n")) == {"labels": 2, "images": 5}


def test_a_correction_labels_what_the_rule_does_not(
    images: Images, run: Run, labelled: Path, spreadsheet: Spreadsheet
) -> None:
    table = images(["a.jpg", "b.jpg", "c.jpg", "d.jpg"], label=["mug", "mug", "lamp", None])
    run(table, rule="column", corrections=spreadsheet("image,label\nd.jpg,lamp\n"))
    assert labels(labelled) == ["mug", "mug", "lamp", "lamp"]


def test_corrections_without_rows_are_none(images: Images, run: Run, spreadsheet: Spreadsheet) -> None:
    empty = spreadsheet(pd.DataFrame(columns=["image", "label", "current_label"]).to_csv(index=False))
    assert run(images(URIS), corrections=empty) == {"labels": 2, "images": 5}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("image,labels\nmug/0.jpg,a\n", "{0} has no column label; it has image, labels"),
        (
            "image,label\nmug/0.jpg,a\nmug/1.jpg,b\nmug/0.jpg,b\n",
            "{0} gives two labels to mug/0.jpg (a in row 2 and b in row 4); keep one row of each",
        ),
    ],
    ids=["no label", "two labels"],
)
def test_corrections_that_cannot_be_applied_say_why(
    text: str, sentence: str, images: Images, run: Run, spreadsheet: Spreadsheet
) -> None:
    path = spreadsheet(text)
    with pytest.raises(UserError) as error:
        run(images(URIS), corrections=path)
    assert str(error.value) == sentence.format(path)


def test_corrections_of_none_of_the_images_are_told(
    images: Images, run: Run, spreadsheet: Spreadsheet, capsys: pytest.CaptureFixture[str]
) -> None:
    table = spreadsheet("image,label\nnowhere.jpg,mug\n")
    run(images(URIS), corrections=table)
    assert f"{table} corrects nothing: none of its names is an image of the source" in capsys.readouterr().err
