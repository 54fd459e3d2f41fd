from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookalike_components.dataset import read_table, write_table
from lookalike_components.label.duplicates import settle_duplicates
from lookalike_components.progress import Facts

Run = Callable[..., Facts]


@pytest.fixture
def path(tmp_path: Path, album: Callable, scene: Callable, saved: Callable) -> Path:
    """Picture 0 is there three times: twice as a mug, once as a lamp; and a lamp that is a copy of itself."""
    files = {
        "mug/0.png": saved(scene(0)),
        "mug/1.png": saved(scene(1)),
        "mug/0.jpg": saved(scene(0), "JPEG", quality=70),
        "lamp/0.jpg": saved(scene(0), "JPEG", quality=50),
        "lamp/2.png": saved(scene(2)),
        "lamp/3.png": saved(scene(3)),
        "lamp/2-copy.png": saved(scene(2)),
    }
    write_table(album(files), tmp_path / "images")
    return tmp_path / "images"


def labels(path: Path) -> dict[str, str]:
    return read_table(path).set_index("uri")["label"].to_dict()


def test_duplicates_are_not_looked_for_unless_asked(path: Path, run: Run) -> None:
    assert run(path) == {"labels": 2, "images": 7}


def test_the_first_of_each_label_can_be_kept(path: Path, run: Run, labelled: Path) -> None:
    assert run(path, duplicates="keep_first") == {"labels": 2, "images": 5, "duplicates": 3, "dropped": 2}
    assert list(labels(labelled)) == ["mug/0.png", "mug/1.png", "lamp/0.jpg", "lamp/2.png", "lamp/3.png"]


def test_all_that_occurs_twice_can_be_dropped(path: Path, run: Run, labelled: Path) -> None:
    facts = run(path, duplicates="drop", singletons="keep")
    assert facts == {"labels": 2, "images": 2, "duplicates": 3, "dropped": 5}
    assert list(labels(labelled)) == ["mug/1.png", "lamp/3.png"]


def test_duplicates_can_become_one_label(path: Path, run: Run, labelled: Path) -> None:
    assert run(path, duplicates="group") == {"labels": 2, "images": 7, "duplicates": 3}
    assert labels(labelled)["lamp/0.jpg"] == "mug"


def test_without_labels_duplicates_are_what_belongs_together(path: Path, run: Run, labelled: Path) -> None:
    run(path, rule="none", duplicates="group")
    found = labels(labelled)
    assert found["mug/0.png"] == found["mug/0.jpg"] == found["lamp/0.jpg"]
    assert found["lamp/2.png"] == found["lamp/2-copy.png"]
    assert len(set(found.values())) == 4


def test_without_labels_what_belongs_to_nothing_can_be_dropped(
    tmp_path: Path, run: Run, labelled: Path, album: Callable, scene: Callable, saved: Callable
) -> None:
    files = {f"{seed}.{kind}": saved(scene(seed), kind) for seed in range(2) for kind in ("PNG", "JPEG")}
    write_table(album({**files, "alone.PNG": saved(scene(2))}), tmp_path / "images")
    assert run(tmp_path / "images", rule="none", duplicates="group")["images"] == 5
    run(tmp_path / "images", rule="none", duplicates="group", singletons="drop")
    assert list(labels(labelled)) == list(files)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["mug", "lamp", "pen"])), min_size=1, max_size=20))
def test_copies_are_never_split_by_grouping_nor_kept_twice(rows: list[tuple[str, str]]) -> None:
    table = pd.DataFrame(rows, columns=["image_id", "label"]).assign(perceptual_hash=None)
    table["uri"] = [f"{number}.jpg" for number in range(len(table))]
    grouped, _ = settle_duplicates(table, "group")
    assert (grouped.groupby("image_id")["label"].nunique() == 1).all()
    assert set(grouped["label"]) <= set(table["label"])
    kept, _ = settle_duplicates(table, "keep_first")
    assert not kept[["image_id", "label"]].duplicated().any()
    dropped, _ = settle_duplicates(table, "drop")
    assert not dropped["image_id"].isin(table["image_id"][table["image_id"].duplicated()]).any()
