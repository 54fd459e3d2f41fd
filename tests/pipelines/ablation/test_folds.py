import pandas as pd
import pytest

from lookalike.ablation.folds import contents_digest, folds, prepare
from lookalike.config import FinetuneConfig
from lookalike_components.dataset import read_table, write_table
from lookalike_components.errors import UserError


@pytest.fixture(scope="module")
def config(few_photos, brief):
    return FinetuneConfig.resolve(overrides={"source": str(few_photos), **brief})


@pytest.fixture(scope="module")
def table(config, tmp_path_factory):
    return prepare(config, tmp_path_factory.mktemp("prepared"))[0]


@pytest.fixture(scope="module")
def parted(table, config):
    return folds(table, 3, config.step("split"))


def labels(fold, *subsets):
    table = read_table(fold.table)
    return set(table[table["subset"].isin(subsets)]["label"])


def test_the_labels_of_the_test_are_in_no_fold(table, parted):
    closed = read_table(table).query("subset in ['query', 'index']")["label"]
    assert closed.nunique() == 2
    for fold in parted:
        assert not labels(fold, "train", "validation", "query") & set(closed)


def test_every_other_label_is_measured_in_one_fold(table, parted):
    measured = [label for fold in parted for label in labels(fold, "query")]
    assert len(measured) == len(set(measured)) == 8


def test_what_a_fold_measures_it_does_not_train_on(parted):
    for fold in parted:
        assert not labels(fold, "query") & labels(fold, "train", "validation")
        assert not labels(fold, "train") & labels(fold, "validation")
        assert (len(labels(fold, "validation")), len(labels(fold, "train", "validation", "query"))) == (2, 8)


def test_the_folds_are_the_same_each_time_and_told_apart(table, config, parted):
    again = folds(table, 3, config.step("split"))
    assert [fold.digest for fold in again] == [fold.digest for fold in parted]
    assert len({fold.digest for fold in parted}) == 3


def test_where_pictures_lie_makes_no_other_fold(parted):
    frame = read_table(parted[0].table)
    assert contents_digest(frame.assign(shard="gs://elsewhere/0.tar", offset=0)) == parted[0].digest


def test_labels_with_one_picture_are_spread_without_counting(config, table, tmp_path):
    frame = read_table(table)
    alone = frame.drop_duplicates("label").assign(label=lambda rows: rows["label"] + "-alone", subset="train")
    alone["image_id"] = "f" + alone["image_id"].str[1:]
    write_table(pd.concat([frame, alone]), tmp_path / "table.parquet")
    for fold in folds(tmp_path / "table.parquet", 4, config.step("split")):
        assert sum(not label.endswith("alone") for label in labels(fold, "query")) == 2


def test_too_many_folds_for_the_labels_are_refused(table, config):
    with pytest.raises(
        UserError, match=r"^5 folds need 10 labels of two pictures or more .* there are 8; pass a lower"
    ):
        folds(table, 5, config.step("split"))
