from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike_components.dataset import read_table
from lookalike_components.errors import UserError
from lookalike_components.progress import Facts

Images = Callable[..., Path]
Run = Callable[..., Facts]

FOLDERS = ["/photos/mug/0.jpg", "/photos/mug/1.jpg", "/photos/lamp/0.jpg", "/photos/lamp/1.jpg"]
FLAT = [f"/photos/ukbench{number:05d}.jpg" for number in range(8)]


def labels(path: Path) -> list[str]:
    return read_table(path)["label"].tolist()


def test_the_folder_is_the_label(images: Images, run: Run, labelled: Path) -> None:
    assert run(images(FOLDERS), rule="folder") == {"labels": 2, "images": 4}
    assert labels(labelled) == ["mug", "mug", "lamp", "lamp"]


def test_folders_of_one_name_become_one_label_aloud(
    images: Images, run: Run, labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(images(["a/mug/0.jpg", "b/mug/0.jpg", "a/lamp/0.jpg", "a/lamp/1.jpg"]), rule="folder")
    assert labels(labelled) == ["mug", "mug", "lamp", "lamp"]
    assert "folders of the same name are one label: mug" in capsys.readouterr().err


def test_auto_takes_the_labels_of_the_source(images: Images, run: Run, labelled: Path) -> None:
    run(images(FOLDERS, label=["a", "b", "a", "b"]))
    assert labels(labelled) == ["a", "b", "a", "b"]


def test_auto_takes_the_folder_where_the_source_brought_no_labels(images: Images, run: Run, labelled: Path) -> None:
    run(images(FOLDERS))
    assert labels(labelled) == ["mug", "mug", "lamp", "lamp"]


def test_the_folder_can_be_asked_for_in_spite_of_labels(images: Images, run: Run, labelled: Path) -> None:
    run(images(FOLDERS, label=["a", "b", "a", "b"]), rule="folder")
    assert labels(labelled) == ["mug", "mug", "lamp", "lamp"]


def test_so_many_neighbours_in_the_source_are_one_label(images: Images, run: Run, labelled: Path) -> None:
    assert run(images(FLAT), rule="position") == {"labels": 2, "images": 8}
    assert labels(labelled) == ["0"] * 4 + ["1"] * 4


def test_a_refused_image_does_not_shift_the_positions(images: Images, run: Run, labelled: Path) -> None:
    run(images(FLAT[1:], position=range(1, 8)), rule="position", images_per_label=4)
    assert labels(labelled) == ["0"] * 3 + ["1"] * 4


def test_the_group_of_a_pattern_is_the_label(images: Images, run: Run, labelled: Path) -> None:
    run(images(["a/mug_1.jpg", "b/mug_2.jpg", "a/lamp_1.jpg", "b/lamp_2.jpg"]), rule="pattern", pattern=r"([a-z]+)_\d")
    assert labels(labelled) == ["mug", "mug", "lamp", "lamp"]


def test_a_named_group_is_a_group(images: Images, run: Run, labelled: Path) -> None:
    run(images(["mug_1.jpg", "mug_2.jpg", "lamp_1.jpg", "lamp_2.jpg"]), rule="pattern", pattern=r"(?P<thing>[a-z]+)_\d")
    assert labels(labelled) == ["mug", "mug", "lamp", "lamp"]


def test_the_query_of_a_web_address_is_no_folder(images: Images, run: Run, labelled: Path) -> None:
    names = ["mug/0.jpg?size=1/2", "mug/1.jpg?size=1/2", "lamp/0.jpg#a/b", "lamp/1.jpg"]
    run(images([f"https://example.org/{name}" for name in names]), rule="folder")
    assert labels(labelled) == ["mug", "mug", "lamp", "lamp"]


def test_without_a_rule_every_image_is_its_own_label(images: Images, run: Run, labelled: Path) -> None:
    assert run(images(FLAT), rule="none") == {"labels": 8, "images": 8}
    assert labels(labelled) == read_table(labelled)["image_id"].tolist()


def test_a_table_gives_the_labels_by_any_end_of_the_name(
    images: Images, run: Run, labelled: Path, spreadsheet: Callable[[str], str]
) -> None:
    table = spreadsheet(
        "image,label\n/photos/mug/0.jpg,a\nmug/1.jpg,a\n./lamp/0.jpg,007\nlamp/1.jpg,007\nother.jpg,b\n"
    )
    run(images(FOLDERS), rule="table", table=table)
    assert labels(labelled) == ["a", "a", "007", "007"]


def test_an_end_is_made_of_whole_parts(images: Images, run: Run, spreadsheet: Callable[[str], str]) -> None:
    with pytest.raises(UserError, match=r"finds no label for 1 of 2 images: photos/big-mug.jpg;"):
        run(images(["photos/big-mug.jpg", "mug.jpg"]), rule="table", table=spreadsheet("image,label\nmug.jpg,a\n"))


def test_linked_pairs_are_one_label(
    images: Images, run: Run, labelled: Path, spreadsheet: Callable[[str], str]
) -> None:
    pairs = spreadsheet("first,second\n5.jpg,4.jpg\n0.jpg,1.jpg\n2.jpg,1.jpg\n4.jpg,3.jpg\n")
    run(images([f"{number}.jpg" for number in range(6)]), rule="pairs", table=pairs)
    assert labels(labelled) == ["0.jpg"] * 3 + ["3.jpg"] * 3


def test_a_name_with_and_without_a_leading_dot_is_one_name(
    images: Images, run: Run, labelled: Path, spreadsheet: Callable[[str], str]
) -> None:
    pairs = "one,other\n./a/0.jpg,a/1.jpg\nb/0.jpg,b/1.jpg\na/0.jpg,c/0.jpg\n"
    run(images(["a/0.jpg", "a/1.jpg", "b/0.jpg", "b/1.jpg", "c/0.jpg"]), rule="pairs", table=spreadsheet(pairs))
    assert labels(labelled) == ["a/0.jpg", "a/0.jpg", "b/0.jpg", "b/0.jpg", "a/0.jpg"]
    with pytest.raises(UserError, match="gives two labels to a/0"):
        run(images(["a/0.jpg"]), rule="table", table=spreadsheet("image,label\na/0.jpg,a\n./a/0.jpg,b\n"))


@pytest.mark.parametrize("header", ["", "image,label\n"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_contradictory_rows_are_counted_as_a_spreadsheet_shows_them(
    images: Images, run: Run, tmp_path: Path, header: str, delimiter: str
) -> None:
    table = tmp_path / ("table.csv" if delimiter == "," else "table.tsv")
    table.write_text(f"{header}mug/0.jpg,a\nmug/1.jpg,a\nmug/0.jpg,b\n".replace(",", delimiter))
    rows = "a in row 2 and b in row 4" if header else "a in row 1 and b in row 3"
    with pytest.raises(UserError, match=rows):
        run(images(FOLDERS), rule="table", table=str(table))


def test_pairs_that_join_very_many_images_are_told(
    images: Images, run: Run, spreadsheet: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    chain = [f"{number}.jpg,{number + 1}.jpg" for number in range(119)]
    pairs = spreadsheet("\n".join(["first,second", *chain, "120.jpg,121.jpg"]))
    run(images([f"{number}.jpg" for number in range(122)]), rule="pairs", table=pairs)
    told = "pairs join very many images into one label, perhaps over a wrong pair: 0.jpg (120 images)\n"
    assert capsys.readouterr().err.endswith(told)


def test_an_image_in_no_pair_is_alone(images: Images, run: Run, spreadsheet: Callable[[str], str]) -> None:
    pairs = spreadsheet("first,second\n0.jpg,1.jpg\n2.jpg,3.jpg\n")
    table = images([f"{number}.jpg" for number in range(5)])
    assert run(table, rule="pairs", table=pairs, singletons="drop") == {"labels": 2, "images": 4, "dropped": 1}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"rule": "column"}, "the source brought no labels: it has no column label, or the column is empty"),
        ({"rule": "table"}, "the rule table needs a table: a CSV, JSON Lines or Parquet file"),
        ({"rule": "pairs"}, "the rule pairs needs a table: a CSV, JSON Lines or Parquet file"),
        ({"rule": "pattern"}, "the rule pattern needs a pattern, such as /([^/]+)_[0-9]+.jpg$"),
        (
            {"rule": "pattern", "pattern": "("},
            "the pattern ( is no regular expression: missing ), unterminated subpattern at position 0",
        ),
        (
            {"rule": "pattern", "pattern": "mug"},
            "the pattern mug has no group; put the label's part in parentheses",
        ),
        (
            {"rule": "pattern", "pattern": "(mug)/"},
            "the rule pattern finds no label for 2 of 4 images: /photos/lamp/0.jpg, /photos/lamp/1.jpg; "
            "change the pattern (mug)/, or pass --set label.unlabelled=keep to search among them only",
        ),
    ],
    ids=["column", "table", "pairs", "no pattern", "broken pattern", "no group", "no match"],
)
def test_a_rule_that_lacks_something_says_what(
    settings: dict[str, str], sentence: str, images: Images, run: Run, labelled: Path
) -> None:
    with pytest.raises(UserError) as error:
        run(images(FOLDERS), **settings)
    assert str(error.value) == sentence
    assert not labelled.exists()


@pytest.mark.parametrize(
    ("rule", "text", "sentence"),
    [
        ("table", "image,name\nmug/0.jpg,a\n", "{0} has no column label; it has image, name"),
        (
            "table",
            "image,label\na.jpg,a\na.jpg,b\n",
            "{0} gives two labels to a.jpg (a in row 2 and b in row 3); keep one row of each",
        ),
        (
            "table",
            "image,label\n0.jpg,a\n",
            "the name 0.jpg in {0} fits 2 images: /photos/mug/0.jpg, /photos/lamp/0.jpg; write more of the path",
        ),
        (
            "table",
            "image,label\nmug/0.jpg,a\n",
            "the rule table finds no label for 3 of 4 images: /photos/mug/1.jpg, /photos/lamp/0.jpg, "
            "/photos/lamp/1.jpg; add them to {0}, or pass --set label.unlabelled=keep to search among them only",
        ),
        ("pairs", "first\nmug/0.jpg\n", "{0} has one column; pairs are read from the first two"),
    ],
    ids=["no label", "two labels", "a short name", "missing rows", "one column"],
)
def test_a_table_that_does_not_fit_says_why(
    rule: str, text: str, sentence: str, images: Images, run: Run, spreadsheet: Callable[[str], str]
) -> None:
    path = spreadsheet(text)
    with pytest.raises(UserError) as error:
        run(images(FOLDERS), rule=rule, table=path)
    assert str(error.value) == sentence.format(path)
