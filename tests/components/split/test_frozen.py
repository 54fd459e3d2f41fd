"""A test set that stays as it is while the source grows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lookalike_components.dataset import LABEL_NOW
from lookalike_components.errors import UserError
from lookalike_components.registry import freeze

Labelled = Callable[..., pd.DataFrame]
TESTED = ("query", "index")


def judged(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["subset"].isin(TESTED)]


@pytest.fixture
def frozen(run: Any, labelled: Labelled, tmp_path: Path) -> tuple[str, pd.DataFrame]:
    """The test of a first split of ten labels: where it is, and its rows."""
    shard = tmp_path / "0.tar"
    shard.touch()
    table = run.subsets(labelled().assign(shard=str(shard)), test=0.3, queries="first")
    path = tmp_path / "frozen.parquet"
    path.write_bytes(freeze(table)[1])
    return str(path), judged(table)


def test_the_test_set_is_taken_as_it_is(run: Any, labelled: Labelled, frozen: tuple[str, pd.DataFrame]) -> None:
    uri, rows = frozen
    table = run.subsets(labelled(), test_set=uri, test=0.5, seed=7)
    assert freeze(table) == freeze(rows)


def test_a_source_that_has_lost_the_pictures_is_judged_on_them_still(
    run: Any, labelled: Labelled, frozen: tuple[str, pd.DataFrame]
) -> None:
    uri, rows = frozen
    images = labelled()
    table = run.subsets(images[~images["label"].isin(rows["label"])], test_set=uri)
    assert freeze(table) == freeze(rows)


def test_no_picture_of_the_test_is_there_twice(run: Any, labelled: Labelled, frozen: tuple[str, pd.DataFrame]) -> None:
    table = run.subsets(labelled(), test_set=frozen[0])
    assert table["image_id"].is_unique
    assert len(table) == 40


def test_the_rest_is_split_into_training_and_validation(
    run: Any, labelled: Labelled, frozen: tuple[str, pd.DataFrame]
) -> None:
    table = run.subsets(labelled(), test_set=frozen[0], validation=0.3)
    rest = table[~table["subset"].isin(TESTED)]
    assert rest.groupby("label")["subset"].first().value_counts().to_dict() == {"train": 5, "validation": 2}


def test_by_label_a_new_picture_of_a_test_label_trains_nothing(
    run: Any, labelled: Labelled, frozen: tuple[str, pd.DataFrame]
) -> None:
    uri, rows = frozen
    grown = labelled(labels=12, views=6)
    grown = grown.assign(label=[f"thing-{n % 12}" for n in range(72)])
    table = run.subsets(grown, test_set=uri)
    trained = table[table["subset"].isin(["train", "validation"])]
    assert not set(trained["label"]) & set(rows["label"])
    left_out = table[table["subset"].isna()]
    assert set(left_out["label"]) <= set(rows["label"])
    assert len(left_out)


def test_by_image_only_the_pictures_of_the_test_are_out_of_training(
    run: Any, labelled: Labelled, frozen: tuple[str, pd.DataFrame]
) -> None:
    uri, rows = frozen
    grown = labelled(labels=10, views=6).assign(label=[f"thing-{n % 10}" for n in range(60)])
    table = run.subsets(grown, by="image", test_set=uri, validation=0)
    trained = table[table["subset"] == "train"]
    assert set(trained["label"]) >= set(rows["label"])
    assert not set(trained["image_id"]) & set(rows["image_id"])


def test_by_position_the_training_range_counts(run: Any, labelled: Labelled, frozen: tuple[str, pd.DataFrame]) -> None:
    uri, rows = frozen
    table = run.subsets(
        labelled(), by="position", train_positions="0:20", test_positions="20:40", test_set=uri, validation=0
    )
    assert set(table["position"][table["subset"] == "train"]) == set(range(20)) - set(rows["position"])
    assert freeze(table) == freeze(rows)


def test_by_image_what_is_nearly_a_test_picture_does_not_train(
    run: Any, album: Any, scene: Any, saved: Any, tmp_path: Path
) -> None:
    """It came after the test set was frozen, so nobody can be asked to settle it: nothing is refused."""
    settings = {"by": "image", "validation": 0}
    files = {f"{seed}.png": saved(scene(seed)) for seed in range(12)}
    again = {f"{seed}.jpg": saved(scene(seed), "JPEG", quality=60) for seed in range(12)}
    labels = ["mug"] * 6 + ["cup"] * 6
    first = run.subsets(album(files, label=labels), test=0.5, **settings)
    (tmp_path / "frozen.parquet").write_bytes(freeze(first)[1])
    table = run.subsets(
        album({**files, **again}, label=labels * 2), test_set=str(tmp_path / "frozen.parquet"), **settings
    )
    scenes = table["uri"].str.split(".").str[0]
    assert not set(scenes[table["subset"] == "train"]) & set(scenes[table["subset"].isin(TESTED)])
    assert table["subset"].isna().sum() == len(judged(first))


def test_columns_of_the_source_stay(run: Any, labelled: Labelled, frozen: tuple[str, pd.DataFrame]) -> None:
    table = run.subsets(labelled().assign(weather="rain"), test_set=frozen[0])
    assert set(table["weather"][table["subset"] == "train"]) == {"rain"}
    assert judged(table)["weather"].isna().all()


def test_a_test_set_that_is_gone_is_named(run: Any, labelled: Labelled, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.parquet does not exist"):
        run(labelled(), test_set=str(tmp_path / "gone.parquet"))


def test_a_test_set_whose_pictures_are_gone_is_refused_before_anything_is_trained(
    run: Any, labelled: Labelled, frozen: tuple[str, pd.DataFrame]
) -> None:
    uri, rows = frozen
    (shard,) = rows["shard"].unique()
    Path(shard).unlink()
    with pytest.raises(UserError) as error:
        run(labelled(), test_set=uri)
    assert str(error.value) == (
        f"pictures of the frozen test set {uri} are gone with their shards: {shard}; restore these, or pass "
        "--set champion.test_set=new"
    )


def test_a_test_set_that_leaves_too_little_to_train_on_is_refused(
    run: Any, labelled: Labelled, frozen: tuple[str, pd.DataFrame]
) -> None:
    uri, rows = frozen
    images = labelled()
    with pytest.raises(UserError, match="training needs images of at least 2 labels, and the split leaves 0"):
        run(images[images["label"].isin(rows["label"])], test_set=uri)


def test_what_became_of_the_pictures_in_the_source_is_known_and_told(
    run: Any, labelled: Labelled, frozen: tuple[str, pd.DataFrame], capsys: pytest.CaptureFixture[str]
) -> None:
    uri, rows = frozen
    gone, renamed, copied = rows["image_id"].iloc[[0, 1, 2]]
    images = labelled()
    copies = images[images["image_id"] == copied].assign(label="zebra", uri="copy.png", position=99)
    images = pd.concat([images[images["image_id"] != gone], copies], ignore_index=True)
    images["label"] = images["label"].mask(images["image_id"] == renamed, "zebra")
    table = run.subsets(images, test_set=uri).set_index("image_id")
    assert pd.isna(table.loc[gone, LABEL_NOW])
    assert (table.loc[renamed, "label"], table.loc[renamed, LABEL_NOW]) == (rows["label"].iloc[1], "zebra")
    others = table.drop(index=[gone, renamed])
    assert others[LABEL_NOW].tolist() == others["label"].tolist()
    assert f"{len(rows) - 1} of them are in the source, 1 of these under another label" in capsys.readouterr().err
