"""Pictures of which nobody said what they show: all of them, where the rule none makes each its own label, or some."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from lookalike_components.dataset import are_unlabelled, in_the_source
from lookalike_components.errors import UserError
from lookalike_components.registry import freeze


@pytest.fixture
def unlabelled(labelled: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    table = labelled()
    return table.assign(label=table["image_id"])


def test_ids_for_labels_tell_that_there_are_none(
    unlabelled: pd.DataFrame, labelled: Callable[..., pd.DataFrame]
) -> None:
    assert are_unlabelled(unlabelled)
    assert not are_unlabelled(labelled())
    assert not are_unlabelled(unlabelled.assign(label=["mug", *unlabelled["label"][1:]]))
    assert not are_unlabelled(unlabelled.iloc[:0])


@pytest.mark.parametrize("queries", ["all", "first", "random"])
def test_every_test_image_is_a_query_and_some_validate(run, unlabelled: pd.DataFrame, queries: str) -> None:
    subsets = run.subsets(unlabelled, near_duplicates="off", queries=queries)["subset"]
    assert subsets.value_counts().to_dict() == {"train": 25, "query": 12, "validation": 3}


def test_labels_with_one_image_each_are_still_refused(run, unlabelled: pd.DataFrame) -> None:
    named = unlabelled.assign(label=unlabelled["uri"])
    with pytest.raises(UserError, match="no test label has two images, so there is nothing to find"):
        run(named, near_duplicates="off")


@pytest.fixture
def with_some(labelled: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """Ten labels, and between their pictures three without a label; two of these are copies of others."""
    table = labelled()
    some = table.iloc[[0, 30, 39]].assign(label=None, uri=["a.png", "b.png", "c.png"], position=[40, 41, 42])
    some = some.assign(image_id=[*table["image_id"][[0, 30]], "f" * 64])
    return pd.concat([table.head(20), some, table.tail(20)], ignore_index=True)


@pytest.mark.parametrize("by", ["label", "image", "position"])
def test_among_others_they_are_in_no_subset_and_change_nothing(
    run: Any, labelled: Callable[..., pd.DataFrame], with_some: pd.DataFrame, by: str
) -> None:
    settings = {"by": by, "train_positions": "0:20", "test_positions": "20:40", "queries": "first"}
    alone = run.subsets(labelled(), **settings)
    together = run.subsets(with_some, **settings)
    pd.testing.assert_frame_equal(together.head(40), alone)
    rest = together.tail(3)
    assert (rest["uri"].tolist(), rest["label"].isna().all()) == (["a.png", "b.png", "c.png"], True)
    assert rest["subset"].isna().all()


def test_copies_without_a_label_are_no_leaks_and_no_doubts(run: Any, with_some: pd.DataFrame) -> None:
    facts = run(with_some)
    assert (facts["leaks"], facts["unlabelled"]) == (0, 3)
    assert not {"doubts", "left_out"} & set(facts)


def test_beside_a_frozen_test_set_they_stay(
    run: Any, labelled: Callable[..., pd.DataFrame], with_some: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "0.tar").touch()
    first = run.subsets(labelled().assign(shard=str(tmp_path / "0.tar")))
    (tmp_path / "frozen.parquet").write_bytes(freeze(first)[1])
    table = run.subsets(with_some, test_set=str(tmp_path / "frozen.parquet"))
    assert freeze(table) == freeze(first)
    assert table["label"].isna().sum() == 3
    assert sorted(in_the_source(table)["uri"]) == sorted(with_some["uri"])
