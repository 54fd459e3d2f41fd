"""Pictures of which nobody said what they show: the rule none makes each its own label."""

from collections.abc import Callable

import pandas as pd
import pytest

from lookalike_components.dataset import are_unlabelled
from lookalike_components.errors import UserError


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
