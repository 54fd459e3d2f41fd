from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lookalike_components.dataset import read_images, write_table
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.errors import UserError
from lookalike_components.pixels import to_pixels
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.fine_tune import fine_tune
from lookalike_components.train.pictures.augmentation import Augmentation
from lookalike_components.train.pictures.loader import Loader
from lookalike_components.train.pictures.pictures import decode
from lookalike_components.train.pictures.sampler import Sampler

SIZE = 250
"""Side of a picture of which five make a megabyte."""


@pytest.fixture
def encoder() -> EncoderConfig:
    """What the pictures are prepared for."""
    return EncoderConfig(
        model="resnet18",
        pooling="avg",
        head=False,
        dimension=512,
        input_size=SIZE,
        resize="fast",
        aspect="pad",
        mean=(0, 0, 0),
        std=(1, 1, 1),
        licence="",
        weights="",
        weights_sha256="",
        versions={},
    )


def all_of(rows: pd.DataFrame, subset: str) -> np.ndarray:
    shown = read_images(rows[rows["subset"] == subset])
    return np.stack([to_pixels(data, SIZE, "fast", "pad") for data in shown])


@pytest.mark.parametrize("megabytes", [0, 1, 20_000])
def test_pixels_are_the_same_whether_they_are_kept_or_decoded_at_each_use(
    rows: pd.DataFrame, encoder: EncoderConfig, tmp_path: Path, megabytes: int
) -> None:
    pictures = decode(rows, "train", encoder, SIZE, tmp_path, TrainConfig(cache_megabytes=megabytes))
    positions = np.random.default_rng(0).integers(len(pictures), size=48)
    assert np.array_equal(pictures.take(positions), all_of(rows, "train")[positions])


def test_no_more_is_kept_than_may_be(rows: pd.DataFrame, encoder: EncoderConfig, tmp_path: Path) -> None:
    pictures = decode(rows, "train", encoder, SIZE, tmp_path, TrainConfig(cache_megabytes=1))
    assert (len(pictures), len(pictures.pixels)) == (32, 5)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1_000_000


def test_the_validation_pictures_get_the_room_that_those_of_the_training_leave(
    rows: pd.DataFrame, encoder: EncoderConfig, tmp_path: Path
) -> None:
    config = TrainConfig(cache_megabytes=7)  # 37 pictures, of which the training has 32
    trained = decode(rows, "train", encoder, SIZE, tmp_path, config)
    validation = decode(rows, "validation", encoder, SIZE, tmp_path, config, taken=trained.pixels.nbytes)
    assert (len(trained.pixels), len(validation.pixels), len(validation)) == (32, 5, 16)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 7_000_000


def test_a_training_decodes_no_more_than_may_be_kept(
    rows: pd.DataFrame, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(rows, tmp_path / "table.parquet")
    config = TrainConfig(
        model="resnet18", weights=str(weights), input_size=SIZE, augmentation="none", cache_megabytes=7
    )
    brief = config.model_copy(update={"resolutions": [0.25], "steps": 1, "variants": [], "classes_per_batch": 2})
    fine_tune(tmp_path / "table.parquet", tmp_path / "encoder", tmp_path / "history.jsonl", brief)
    assert "11 pictures of validation are beyond train.cache_megabytes" in capsys.readouterr().err


def test_batches_are_the_same_with_a_small_cache(rows: pd.DataFrame, encoder: EncoderConfig, tmp_path: Path) -> None:
    batches = []
    for megabytes in (1, 20_000):
        config = TrainConfig(cache_megabytes=megabytes, classes_per_batch=4, images_per_class=2)
        pictures = decode(rows, "train", encoder, SIZE, tmp_path, config)
        loader = Loader(pictures, Sampler(pictures, config), Augmentation(config), lambda _: 32, config.seed)
        batches.append(np.concatenate([batch.images.numpy() for batch in loader.batches(0, 4)]))
    assert np.array_equal(*batches)


def test_what_finds_no_room_is_told_with_what_to_do(
    rows: pd.DataFrame, encoder: EncoderConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decode(rows, "train", encoder, SIZE, tmp_path, TrainConfig(cache_megabytes=1))
    assert "27 pictures of train are beyond train.cache_megabytes" in "".join(capsys.readouterr())


def test_labels_and_categories_are_numbered_from_0(rows: pd.DataFrame, encoder: EncoderConfig, tmp_path: Path) -> None:
    shelves = rows.assign(shelf=rows["label"].map(lambda label: "low" if label < "thing-04" else "high"))
    pictures = decode(shelves, "train", encoder, SIZE, tmp_path, TrainConfig(sampler="category", category="shelf"))
    assert pictures.labels.tolist() == [label for label in range(8) for _ in range(4)]
    assert pictures.categories is not None
    assert pictures.categories.tolist() == 16 * [0] + 16 * [1]


def test_categories_are_not_looked_for_where_none_are_asked_for(
    rows: pd.DataFrame, encoder: EncoderConfig, tmp_path: Path
) -> None:
    assert decode(rows, "validation", encoder, SIZE, tmp_path, TrainConfig()).categories is None


def test_a_category_that_is_no_column_is_refused_with_what_there_is(
    rows: pd.DataFrame, encoder: EncoderConfig, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"the image table has no column shelf for train\.category; it has uri, "):
        decode(rows, "train", encoder, SIZE, tmp_path, TrainConfig(sampler="category", category="shelf"))


def test_a_subset_without_rows_has_no_pictures(rows: pd.DataFrame, encoder: EncoderConfig, tmp_path: Path) -> None:
    pictures = decode(rows, "query", encoder, SIZE, tmp_path, TrainConfig())
    assert (len(pictures), pictures.pixels.shape) == (0, (0, SIZE, SIZE, 3))
