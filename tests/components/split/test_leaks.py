from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pandas as pd
import pytest

from lookalike_components.errors import UserError
from lookalike_components.progress import Facts


class Run(Protocol):
    table: Path
    leaks: Path

    def __call__(self, frame: pd.DataFrame, **settings: object) -> Facts: ...
    def subsets(self, frame: pd.DataFrame, **settings: object) -> pd.DataFrame: ...


HALVES = {"by": "position", "train_positions": "0:20", "test_positions": "20:40", "validation": 0}


@pytest.fixture
def leaky(labelled: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """Image 21 is image 1 again, under the same label, and image 30 is image 2, under another."""
    frame = labelled()
    frame.loc[21, ["image_id", "label"]] = frame.loc[1, ["image_id", "label"]]
    frame.loc[22, "label"] = "thing-0"
    frame.loc[30, "image_id"] = frame.loc[2, "image_id"]
    return frame


def test_an_image_on_both_sides_is_refused(run: Run, leaky: pd.DataFrame) -> None:
    with pytest.raises(UserError) as error:
        run(leaky, **HALVES)
    assert str(error.value) == (
        "images of the test are also in training, under the same label: 21.png; "
        "pass --leaks drop to take them out of training"
    )
    assert not run.table.exists()


def test_what_was_found_is_listed_even_when_it_is_refused(run: Run, leaky: pd.DataFrame) -> None:
    with pytest.raises(UserError):
        run(leaky, **HALVES)
    found = pd.read_parquet(run.leaks).drop(columns="image_id")
    assert found.to_dict("records") == [
        {"uri_train": "1.png", "uri_test": "21.png", "label_train": "thing-0", "label_test": "thing-0", "kind": "leak"},
        {
            "uri_train": "2.png",
            "uri_test": "30.png",
            "label_train": "thing-0",
            "label_test": "thing-7",
            "kind": "doubt",
        },
    ]


def test_a_leak_is_dropped_from_training_and_the_test_stays(run: Run, leaky: pd.DataFrame) -> None:
    table = run.subsets(leaky, **HALVES, leaks="drop").set_index("uri")["subset"]
    assert (table["1.png"], table["2.png"]) == (None, "train")
    assert (table["21.png"], table["30.png"]) == ("query", "query")


def test_leaks_can_be_ignored_and_are_counted(run: Run, leaky: pd.DataFrame) -> None:
    facts = run(leaky, **HALVES, leaks="ignore")
    assert facts == {"train": 20, "validation": 0, "query": 20, "index": 0, "leaks": 1, "doubts": 1}


def test_the_same_picture_under_another_label_is_a_doubt_and_no_leak(run: Run, leaky: pd.DataFrame) -> None:
    assert run(leaky.drop(index=[21]), **HALVES)["doubts"] == 1


def test_nothing_found_is_an_empty_table(run: Run, labelled: Callable[..., pd.DataFrame]) -> None:
    run(labelled())
    found = pd.read_parquet(run.leaks)
    assert list(found.columns) == ["image_id", "uri_train", "uri_test", "label_train", "label_test", "kind"]
    assert found.empty
