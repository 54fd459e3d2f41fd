from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike_components.dataset import read_table
from lookalike_components.errors import UserError
from lookalike_components.progress import Facts

Images = Callable[..., Path]
Run = Callable[..., Facts]

LABELS = ["mug", "mug", "lamp", "lamp", "pen"]
URIS = [f"{number}.jpg" for number in range(5)]
ALONE = "1 of 3 labels have one image only, and a pair needs two: pen; add images, or pass --singletons drop"


def test_a_label_with_one_image_is_refused(images: Images, run: Run, labelled: Path) -> None:
    with pytest.raises(UserError) as error:
        run(images(URIS, label=LABELS))
    assert str(error.value) == ALONE
    assert not labelled.exists()


def test_two_copies_of_a_file_are_one_image(images: Images, run: Run) -> None:
    copies = ["a" * 64, "b" * 64, "c" * 64, "d" * 64, "e" * 64, "e" * 64]
    with pytest.raises(UserError) as error:
        run(images([*URIS, "5.jpg"], label=[*LABELS, "pen"], image_id=copies))
    assert str(error.value) == ALONE


def test_a_label_with_one_image_can_be_dropped(images: Images, run: Run, labelled: Path) -> None:
    assert run(images(URIS, label=LABELS), singletons="drop") == {"labels": 2, "images": 4, "dropped": 1}
    assert read_table(labelled)["uri"].tolist() == URIS[:4]


def test_a_label_with_one_image_can_be_kept(images: Images, run: Run) -> None:
    assert run(images(URIS, label=LABELS), singletons="keep") == {"labels": 3, "images": 5}


def test_the_other_columns_are_handed_on(images: Images, run: Run, labelled: Path) -> None:
    run(images(URIS[:4], label=LABELS[:4], weather=["rain"] * 4))
    assert read_table(labelled)["weather"].tolist() == ["rain"] * 4


def test_one_label_only_is_refused(images: Images, run: Run) -> None:
    with pytest.raises(UserError) as error:
        run(images(["/photos/0.jpg", "/photos/1.jpg"]))
    assert str(error.value) == (
        "every image has the label photos, and at least two labels are needed; "
        "put the images of each thing in a folder of its own, or choose another rule"
    )


def test_nothing_but_labels_with_one_image_is_refused_even_when_they_are_dropped(images: Images, run: Run) -> None:
    with pytest.raises(UserError) as error:
        run(images(["0.jpg", "1.jpg"], label=["mug", "lamp"]), singletons="drop")
    assert str(error.value) == "no label has two images; add images, or choose another rule"


def test_a_row_without_a_label_is_refused(images: Images, run: Run) -> None:
    with pytest.raises(UserError) as error:
        run(images(URIS, label=["mug", "mug", None, "lamp", ""]))
    assert str(error.value) == (
        "the rule auto finds no label for 2 of 5 images: 2.jpg, 4.jpg; label them in the source, or choose another "
        "rule, or pass --set label.unlabelled=keep to search among them only"
    )
