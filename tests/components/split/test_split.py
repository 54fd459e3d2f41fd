from collections.abc import Callable
from typing import Protocol

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookalike_components.errors import UserError
from lookalike_components.progress import Facts
from lookalike_components.split.config import SplitConfig
from lookalike_components.split.held_out import hold_out, hold_out_validation, share


class Run(Protocol):
    def __call__(self, frame: pd.DataFrame, **settings: object) -> Facts: ...
    def subsets(self, frame: pd.DataFrame, **settings: object) -> pd.DataFrame: ...


Labelled = Callable[..., pd.DataFrame]


def labels_of(table: pd.DataFrame, *subsets: str) -> set[str]:
    return set(table["label"][table["subset"].isin(subsets)])


def numbers(frame: pd.DataFrame) -> dict[str, int]:
    return frame["subset"].value_counts().to_dict()


@pytest.mark.parametrize(
    ("amount", "total", "expected"), [(0.3, 10, 3), (0.25, 10, 2), (1, 10, 1), (7, 10, 7), (0, 9, 0)]
)
def test_a_share_is_a_fraction_below_one_and_a_number_from_one_up(amount: float, total: int, expected: int) -> None:
    assert share(amount, total) == expected


def test_test_labels_never_occur_in_training(run: Run, labelled: Labelled) -> None:
    table = run.subsets(labelled(), validation=0.3)
    train, validation, test = (
        labels_of(table, "train"),
        labels_of(table, "validation"),
        labels_of(table, "query", "index"),
    )
    assert (len(train), len(validation), len(test)) == (5, 2, 3)
    assert len(train | validation | test) == 10


@pytest.mark.parametrize(("labels", "test", "held_out"), [(11, 0.1, 2), (12, 0.1, 6), (12, 3, 3), (30, 0.3, 9)])
def test_a_fraction_of_enough_labels_holds_out_as_many_as_a_verdict_needs(
    run: Run, labelled: Labelled, labels: int, test: float, held_out: int
) -> None:
    table = run.subsets(labelled(labels), test=test)
    assert len(labels_of(table, "query")) == held_out


def test_the_facts_count_the_images(run: Run, labelled: Labelled) -> None:
    assert run(labelled(), queries="first") == {"train": 20, "validation": 8, "query": 3, "index": 9, "leaks": 0}


def test_the_rows_stay_as_they_are(run: Run, labelled: Labelled) -> None:
    frame = labelled().assign(weather="rain")
    pd.testing.assert_frame_equal(
        run.subsets(frame).drop(columns="subset"), frame.drop(columns="subset"), check_like=True
    )


def test_the_same_seed_splits_alike_and_another_differently(run: Run, labelled: Labelled) -> None:
    first, again, other = (run.subsets(labelled(), seed=seed)["subset"].tolist() for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_the_order_of_the_source_does_not_matter(run: Run, labelled: Labelled) -> None:
    straight, shuffled = (run.subsets(frame) for frame in (labelled(), labelled().sample(frac=1, random_state=0)))
    assert straight.set_index("uri")["subset"].to_dict() == shuffled.set_index("uri")["subset"].to_dict()


def test_what_the_test_asks_does_not_change_what_is_trained_on(run: Run, labelled: Labelled) -> None:
    every, first = (run.subsets(labelled(), queries=queries) for queries in ("all", "first"))
    assert labels_of(every, "train") == labels_of(first, "train")


def test_two_labels_stay_in_training_whatever_validation_wants(run: Run, labelled: Labelled) -> None:
    table = run.subsets(labelled(labels=7), test=3, validation=0.9)
    assert len(labels_of(table, "train")) == len(labels_of(table, "validation")) == 2


def test_there_is_no_validation_where_it_cannot_have_two_labels(run: Run, labelled: Labelled) -> None:
    assert run(labelled(labels=5), test=2, validation=0.3)["validation"] == 0


def test_validation_can_be_left_out(run: Run, labelled: Labelled) -> None:
    assert run(labelled(), validation=0)["validation"] == 0


@pytest.mark.parametrize(
    ("labels", "test", "sentence"),
    [
        (3, 0.3, "holding out 2 of 3 labels leaves too few to train on: at least 4 labels are needed; "),
        (10, 9, "holding out 9 of 10 labels leaves too few to train on: at least 11 labels are needed; "),
    ],
)
def test_too_few_labels_are_one_sentence(run: Run, labelled: Labelled, labels: int, test: float, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        run(labelled(labels), test=test)
    assert str(error.value) == sentence + "add labels, hold out fewer, or split by image"


def test_by_image_every_label_is_on_both_sides(run: Run, labelled: Labelled) -> None:
    table = run.subsets(labelled(labels=6, views=10), by="image", validation=0)
    assert labels_of(table, "train") == labels_of(table, "query") == set(table["label"])
    assert numbers(table) == {"train": 42, "query": 18}


def test_by_image_a_label_with_three_images_is_trained_on_alone(run: Run, labelled: Labelled) -> None:
    frame = labelled(labels=4, views=4).drop(index=[0])
    assert "thing-0" not in labels_of(run.subsets(frame, by="image"), "query", "index")


def test_by_image_copies_of_a_file_stay_on_one_side(run: Run, labelled: Labelled) -> None:
    frame = labelled(labels=4, views=8)
    copied = frame.assign(image_id=frame["image_id"].where(frame.index % 2 == 0, frame["image_id"].shift(1)))
    assert run(copied, by="image")["leaks"] == 0


def test_by_image_without_four_images_of_a_label_is_one_sentence(run: Run, labelled: Labelled) -> None:
    with pytest.raises(UserError) as error:
        run(labelled(views=3), by="image")
    assert str(error.value) == (
        "no label has four images, two to train on and two to test on; add images, or split by label"
    )


def test_by_position_gives_the_walkthroughs_split(run: Run, labelled: Labelled) -> None:
    protocol = {"by": "position", "train_positions": "0:1000", "test_positions": "1000:2000"}
    frame = labelled(labels=500, views=4)
    table = run.subsets(frame, **protocol, queries="first", validation=0)
    assert numbers(table) == {"train": 1000, "query": 250, "index": 750}
    assert table["position"][table["subset"] == "query"].tolist() == list(range(1000, 2000, 4))


def test_by_position_what_is_in_neither_range_is_left_out(run: Run, labelled: Labelled) -> None:
    facts = run(labelled(), by="position", train_positions="0:12", test_positions="20:40", validation=0)
    assert facts == {"train": 12, "validation": 0, "query": 20, "index": 0, "leaks": 0, "left_out": 8}


def test_by_position_labels_on_both_sides_are_told(
    run: Run, labelled: Labelled, capsys: pytest.CaptureFixture[str]
) -> None:
    run(labelled(), by="position", train_positions="0:22", test_positions="22:40", validation=0)
    assert "labels in training and in the test: thing-5" in capsys.readouterr().err


def test_by_position_a_range_beyond_the_source_is_one_sentence(run: Run, labelled: Labelled) -> None:
    with pytest.raises(UserError) as error:
        run(labelled(), by="position", train_positions="0:40", test_positions="40:80")
    assert str(error.value) == "no image is at the positions 40:80; the last one of the source is 39"


def test_training_on_one_label_is_refused(run: Run, labelled: Labelled) -> None:
    with pytest.raises(UserError) as error:
        run(labelled(), by="position", train_positions="0:4", test_positions="20:40")
    assert str(error.value) == "training needs images of at least 2 labels, and the split leaves 1"


def test_a_table_without_labels_is_refused(run: Run, labelled: Labelled) -> None:
    with pytest.raises(UserError, match=r"has no image with a label; run the step label first$"):
        run(labelled().assign(label=None))


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.integers(2, 7), min_size=4, max_size=30),
    test=st.sampled_from([0.1, 0.5, 2]),
    validation=st.sampled_from([0, 0.1, 0.5, 3]),
    seed=st.integers(0, 9),
)
def test_for_any_labels_both_sides_can_be_used(sizes: list[int], test: float, validation: float, seed: int) -> None:
    labels = [f"thing-{number}" for number, size in enumerate(sizes) for _ in range(size)]
    images = pd.DataFrame({"label": labels, "image_id": [str(number) for number in range(len(labels))]})
    config = SplitConfig(test=test, validation=validation, seed=seed)
    sides = hold_out(images, config)
    train = set(images["label"][sides == "train"])
    held_out = hold_out_validation(images[sides == "train"], config)
    assert train.isdisjoint(images["label"][sides == "test"])
    assert held_out <= train
    assert len(train - held_out) >= 2
    assert len(held_out) != 1
