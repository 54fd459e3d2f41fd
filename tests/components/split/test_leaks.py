from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from lookalike_components.dataset import read_table
from lookalike_components.errors import UserError
from lookalike_components.progress import Facts
from lookalike_components.storage import read_bytes

Album = Callable[..., pd.DataFrame]
Scene = Callable[..., Image.Image]
Saved = Callable[..., bytes]


class Run(Protocol):
    table: Path
    leaks: Path
    page: Path
    doubts: Path

    def __call__(self, frame: pd.DataFrame, page_uri: str = "", **settings: object) -> Facts: ...
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
        f"images of the test are also in training, the same, under the same label: 21.png; look at {run.page}, then "
        "pass --leaks drop to take them out of training, or label.duplicates=keep_first or group to settle all "
        "duplicates"
    )
    assert not run.table.exists()


def test_what_was_found_is_listed_even_when_it_is_refused(run: Run, leaky: pd.DataFrame) -> None:
    with pytest.raises(UserError):
        run(leaky, **HALVES)
    found = pd.read_parquet(run.leaks).drop(columns="image_id")
    exact = {"copy": "exact", "found_by": "bytes", "likeness": 1.0}
    one = {"uri_train": "1.png", "uri_test": "21.png", "label_train": "thing-0", "label_test": "thing-0"}
    other = {"uri_train": "2.png", "uri_test": "30.png", "label_train": "thing-0", "label_test": "thing-7"}
    assert found.to_dict("records") == [{**one, "kind": "leak", **exact}, {**other, "kind": "doubt", **exact}]


def test_on_a_cluster_the_page_of_refused_leaks_is_brought_to_the_bucket_by_hand(
    run: Run, leaky: pd.DataFrame, bucket: str
) -> None:
    with pytest.raises(UserError, match=f"look at {bucket}/split/leaks_page, then"):
        run(leaky, page_uri=f"{bucket}/split/leaks_page", **HALVES)
    assert read_bytes(f"{bucket}/split/leaks_page") == run.page.read_bytes()


def test_where_a_page_cannot_be_kept_the_sentence_tells_how_to_get_one(run: Run, leaky: pd.DataFrame) -> None:
    with pytest.raises(UserError, match=r"look at the page of a run with split\.leaks=ignore, then"):
        run(leaky, page_uri="minio://mlpipeline/split/leaks_page", **HALVES)


def test_a_leak_is_dropped_from_training_and_the_test_stays(run: Run, leaky: pd.DataFrame) -> None:
    table = run.subsets(leaky, **HALVES, leaks="drop").set_index("uri")["subset"]
    assert (table["1.png"], table["2.png"]) == (None, "train")
    assert (table["21.png"], table["30.png"]) == ("query", "query")


def test_a_training_of_which_the_leaks_leave_single_images_is_refused(
    run: Run, labelled: Callable[..., pd.DataFrame]
) -> None:
    """The test has three of the four images of every training label too."""
    frame = labelled()
    again = frame[:20].assign(position=range(20, 40), uri=frame["uri"][20:].to_numpy())
    copies = pd.concat([frame[:20], again[again["position"] % 4 != 0]], ignore_index=True)
    with pytest.raises(UserError, match="no training label has two images left, and a pair needs two"):
        run(copies, **HALVES, leaks="drop")


def test_leaks_can_be_ignored_and_are_counted(run: Run, leaky: pd.DataFrame) -> None:
    facts = run(leaky, **HALVES, leaks="ignore")
    assert facts == {"train": 20, "validation": 0, "query": 20, "index": 0, "leaks": 1, "doubts": 1}


def test_the_same_picture_under_another_label_is_a_doubt_and_no_leak(run: Run, leaky: pd.DataFrame) -> None:
    assert run(leaky.drop(index=[21]), **HALVES)["doubts"] == 1


def test_nothing_found_is_an_empty_table(run: Run, labelled: Callable[..., pd.DataFrame]) -> None:
    run(labelled())
    found = pd.read_parquet(run.leaks)
    assert list(found.columns) == [
        *("image_id", "uri_train", "uri_test", "label_train", "label_test"),
        *("kind", "copy", "found_by", "likeness"),
    ]
    assert found.empty
    assert "No picture is in training and in the test" in run.page.read_text()


def test_without_the_encoder_no_label_is_doubted(run: Run, labelled: Callable[..., pd.DataFrame]) -> None:
    run(labelled())
    assert run.doubts.read_text() == "image,label,current_label,agreement,score\n"


FOUR = {"by": "position", "train_positions": "0:4", "test_positions": "4:8", "validation": 0}


@pytest.fixture
def pictured(album: Album, scene: Scene, saved: Saved) -> pd.DataFrame:
    """Position 4 is position 0 saved again, under the same label; position 6 is position 3 so, under another."""
    files = {f"{number}.png": saved(scene(number)) for number in range(8)}
    files |= {"4.png": saved(scene(0), "JPEG", quality=60), "6.png": saved(scene(3), "JPEG", quality=60)}
    return album(files, label=["mug", "mug", "lamp", "lamp", "mug", "mug", "cup", "cup"])


def test_nearly_the_same_picture_on_both_sides_is_refused_and_shown(run: Run, pictured: pd.DataFrame) -> None:
    with pytest.raises(UserError) as error:
        run(pictured, **FOUR)
    assert str(error.value).startswith(
        "images of the test are also in training, the same or nearly the same, under the same label: 4.png; look at "
    )
    page = run.page.read_text()
    assert "<h2>1 leak</h2>" in page
    assert page.count("<article") == 2
    assert page.count("data:image/webp") == 4


def test_a_near_leak_is_dropped_from_training_and_a_near_doubt_is_not(run: Run, pictured: pd.DataFrame) -> None:
    assert run(pictured, **FOUR, leaks="drop")["leaks"] == 1
    assert read_table(run.table)["subset"].isna().tolist() == [True, *[False] * 7]
    found = pd.read_parquet(run.leaks)
    assert found[["uri_train", "kind", "copy", "found_by"]].to_numpy().tolist() == [
        ["0.png", "leak", "near", "hash"],
        ["3.png", "doubt", "near", "hash"],
    ]


def test_near_duplicates_need_not_be_looked_for(run: Run, pictured: pd.DataFrame) -> None:
    assert run(pictured, **FOUR, near_duplicates="off")["leaks"] == 0


def test_by_image_near_duplicates_stay_on_one_side(run: Run, album: Album, scene: Scene, saved: Saved) -> None:
    files = {f"{seed}-{kind}": saved(scene(seed), kind) for seed in range(12) for kind in ("PNG", "JPEG", "WEBP")}
    table = album(files, label=[f"thing-{number % 2}" for number in range(12) for _ in range(3)])
    for seed in range(3):
        subsets = run.subsets(table, by="image", validation=0, seed=seed)
        sides = subsets["subset"].eq("train").groupby(subsets["uri"].str.partition("-")[0]).nunique()
        assert (sides == 1).all()
        assert pd.read_parquet(run.leaks).empty


def test_by_image_a_near_duplicate_under_another_label_is_a_doubt(
    run: Run, album: Album, scene: Scene, saved: Saved
) -> None:
    files = {f"{seed}.png": saved(scene(seed)) for seed in range(10)}
    again = {f"{seed}.jpg": saved(scene(seed), "JPEG") for seed in range(10)}
    facts = run(album({**files, **again}, label=["mug"] * 10 + ["cup"] * 10), by="image", validation=0, test=0.5)
    assert facts["leaks"] == 0
    found = pd.read_parquet(run.leaks)
    assert len(found) == facts["doubts"] > 0
    table = read_table(run.table).set_index("uri")["subset"]
    assert set(table[found["uri_train"]]) == {"train"}
    assert set(table[found["uri_test"]]) == {"query"}


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ids=st.lists(st.integers(0, 9), min_size=24, max_size=40),
    seed=st.integers(0, 3),
    by=st.sampled_from(["image", "position"]),
)
def test_after_dropping_no_copy_is_on_both_sides_under_one_label(
    run: Run, labelled: Callable[..., pd.DataFrame], ids: list[int], seed: int, by: str
) -> None:
    table = labelled(labels=len(ids), views=1).assign(image_id=[str(number) for number in ids])
    table["label"] = [f"thing-{number % 2}" for number in range(len(ids))]
    ranges = {"train_positions": "0:12", "test_positions": "12:40"} if by == "position" else {}
    try:
        subsets = run.subsets(table, by=by, seed=seed, leaks="drop", validation=0, **ranges)
    except UserError:
        reject()  # nothing is left to train on, or to be found
    train = subsets[subsets["subset"] == "train"]
    test = subsets[subsets["subset"].isin(["query", "index"])]
    assert train.merge(test, on=["image_id", "label"]).empty


@pytest.mark.slow
def test_the_encoder_finds_a_mirror_image_and_doubts_labels(
    run: Run, album: Album, scene: Scene, saved: Saved, weights: Path
) -> None:
    files = {f"{number}.png": saved(scene(number)) for number in range(8)}
    files |= {"4.png": saved(ImageOps.mirror(scene(0)))}
    table = album(files, label=["mug", "mug", "lamp", "lamp", "mug", "mug", "cup", "cup"])
    encoder = {"near_duplicates": "encoder", "model": "resnet18", "weights": str(weights), "input_size": 64}
    assert run(table, **FOUR, leaks="drop")["leaks"] == 0
    assert run(table, **FOUR, **encoder, leaks="drop")["leaks"] == 1
    assert pd.read_csv(run.doubts).columns.tolist() == ["image", "label", "current_label", "agreement", "score"]


def test_two_copies_under_another_label_are_one_thing_under_two_names(run: Run, leaky: pd.DataFrame) -> None:
    """One may be a slip, and is a doubt."""
    frame = leaky.drop(index=[21])
    assert run(frame, **HALVES)["leaks"] == 0
    frame.loc[31, "image_id"] = frame.loc[3, "image_id"]
    assert frame.loc[[2, 3, 30, 31], "label"].nunique() == 2
    assert run(frame, **HALVES, leaks="ignore")["leaks"] == 2
    with pytest.raises(UserError, match="the same, under the same label or one that shares two pictures with it: 30"):
        run(frame, **HALVES)
    subsets = run.subsets(frame, **HALVES, leaks="drop").set_index("uri")["subset"]
    assert subsets[["2.png", "3.png", "30.png", "31.png"]].tolist() == [None, None, "query", "query"]


def test_validation_pictures_are_there_once_under_a_label(run: Run, labelled: Callable[..., pd.DataFrame]) -> None:
    frame = labelled()
    frame["image_id"] = frame["image_id"].where(frame["position"] % 4 != 3, frame["image_id"].shift(1))
    table = run.subsets(frame, validation=3, leaks="ignore")
    held_out = table[table["subset"].isin(["validation", "query"])]
    assert not held_out.duplicated(["image_id", "label"]).any()
    assert (held_out.groupby("label").size() == 3).all()
    assert (table[table["subset"] == "train"].groupby("label").size() == 4).all()
