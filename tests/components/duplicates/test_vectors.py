from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import ImageOps

from lookalike_components.duplicates import embed, find_duplicates, find_label_doubts
from lookalike_components.duplicates.vectors import by_vector, nearest
from lookalike_components.encoder.choice import EncoderChoice
from lookalike_components.errors import LookalikeError

Album = Callable[..., pd.DataFrame]


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture
def vectors() -> np.ndarray:
    """Ten directions, and each again with some noise."""
    random = np.random.default_rng(0)
    directions = random.normal(size=(10, 32))
    return unit(np.concatenate([directions, directions + 0.1 * random.normal(size=(10, 32))]))


def pairs_of(vectors: np.ndarray, left: np.ndarray, right: np.ndarray) -> list[tuple[int, int]]:
    return sorted(map(tuple, np.concatenate(list(by_vector(vectors, left, right))).tolist()))


def test_neighbours_are_paired_once_each(vectors: np.ndarray) -> None:
    rows = np.arange(20)
    assert pairs_of(vectors, rows, rows) == [(row, row + 10) for row in range(10)]


def test_across_two_sides_the_left_comes_first(vectors: np.ndarray) -> None:
    assert pairs_of(vectors, np.array([13, 14]), np.arange(10)) == [(13, 3), (14, 4)]


def test_there_may_be_fewer_to_be_found_than_wanted(vectors: np.ndarray) -> None:
    [(_, _, found)] = nearest(vectors, np.arange(3), np.array([7, 17]), 5)
    assert (np.sort(found, axis=1)[:, :3] == -1).all()


def test_lists_of_neighbours_find_what_comparing_with_all_finds(vectors: np.ndarray) -> None:
    many = unit(np.random.default_rng(1).normal(size=(3000, 32)))
    rows = np.arange(3000)
    [(_, scores, found)] = nearest(many, rows, rows, 1, compared_with_all=1000)
    assert (found[:, 0] == rows).all()
    assert scores == pytest.approx(1, abs=5e-3)


def table(labels: list[str]) -> pd.DataFrame:
    ids = [f"{number:064x}" for number in range(len(labels))]
    return pd.DataFrame({"image_id": ids, "uri": [f"{number}.jpg" for number in range(len(labels))], "label": labels})


def around(centres: list[int]) -> np.ndarray:
    random = np.random.default_rng(0)
    return unit(np.eye(8)[centres] + 0.05 * random.normal(size=(len(centres), 8)))


def test_a_label_is_doubted_where_all_neighbours_carry_another() -> None:
    doubts = find_label_doubts(table(["mug"] * 4 + ["lamp"] * 5), around([0] * 4 + [0] + [1] * 4))
    assert doubts.drop(columns="score").to_dict("records") == [
        {"image": "4.jpg", "label": "mug", "current_label": "lamp", "agreement": 3}
    ]
    assert doubts["score"].between(0.9, 1).all()


def test_neighbours_that_disagree_prove_nothing() -> None:
    assert find_label_doubts(table(["mug", "mug", "pen", "lamp", "lamp"]), around([0] * 5)).empty


def test_copies_of_a_neighbour_count_once() -> None:
    images = table(["mug", "lamp", "lamp", "lamp", "pen", "cup"]).assign(image_id=["a", "b", "b", "b", "c", "d"])
    assert find_label_doubts(images, around([0, 0, 0, 0, 1, 1])).empty


def test_too_few_images_are_beyond_doubt() -> None:
    doubts = find_label_doubts(table(["mug", "lamp"]), around([0, 0]))
    assert doubts.empty
    assert list(doubts.columns) == ["image", "label", "current_label", "agreement", "score"]


@pytest.mark.slow
def test_the_encoder_finds_a_mirror_image_that_hashes_do_not(
    album: Album, scene: Callable, saved: Callable, weights: Path
) -> None:
    files = {f"{seed}.png": saved(scene(seed)) for seed in range(4)}
    images = album({**files, "mirrored.jpg": saved(ImageOps.mirror(scene(2)), "JPEG", quality=80)})
    vectors = embed(images, EncoderChoice(model="resnet18", weights=str(weights), input_size=64))
    assert vectors.shape == (5, 512)
    assert find_duplicates(images).empty
    pairs = find_duplicates(images, vectors=vectors)
    assert pairs[["uri_first", "uri_second", "found_by"]].to_numpy().tolist() == [["2.png", "mirrored.jpg", "encoder"]]


def test_where_the_backbone_is_chosen_later_the_usual_one_looks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("LOOKALIKE_CACHE", "TORCH_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(LookalikeError, match=r"^the weights of resnet50 could not be fetched"):
        embed(table(["mug"]), EncoderChoice(model="auto"))
