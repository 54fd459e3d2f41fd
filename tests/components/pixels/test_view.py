from collections.abc import Callable

import numpy as np
import pytest

from lookalike_components.pixels import view
from lookalike_components.pixels.resize import PADDING
from lookalike_components.pixels.view import _part


@pytest.fixture
def picture(photographer: Callable[..., object]) -> np.ndarray:
    return np.asarray(photographer(3, 1, size=64))


def views(picture: np.ndarray, number: int = 40) -> list[np.ndarray]:
    return [view(picture, np.random.default_rng(seed)) for seed in range(number)]


def test_a_view_is_a_picture_of_the_same_size(picture: np.ndarray) -> None:
    seen = view(picture, np.random.default_rng(0))
    assert (seen.shape, seen.dtype, seen.flags.writeable) == ((64, 64, 3), np.uint8, True)


def test_one_seed_gives_one_view_and_another_another(picture: np.ndarray) -> None:
    assert len({seen.tobytes() for seen in views(picture)}) == 40
    assert np.array_equal(view(picture, np.random.default_rng(1)), view(picture, np.random.default_rng(1)))


def test_the_picture_is_left_as_it_is(picture: np.ndarray) -> None:
    before = picture.copy()
    views(picture)
    assert np.array_equal(picture, before)


def test_what_is_shown_is_the_share_of_the_area_that_it_should_be() -> None:
    maps = np.array([_part(64, np.random.default_rng(seed)) for seed in range(200)])
    areas = maps[:, 0] * maps[:, 4] - maps[:, 1] * maps[:, 3]
    assert 0.3 <= areas.min() < 0.33
    assert 0.75 < areas.max() <= 0.8


def test_its_middle_lies_inside_the_picture_and_little_is_beyond_the_edges() -> None:
    maps = np.array([_part(64, np.random.default_rng(seed)) for seed in range(200)]).reshape(-1, 2, 3)
    corners = maps @ np.array([[0, 64, 64, 0, 32], [0, 0, 64, 64, 32], [1, 1, 1, 1, 1]])
    assert 0 < corners[:, :, 4].min() < corners[:, :, 4].max() < 64
    assert -16 < corners.min() < corners.max() < 80


def test_light_changes_and_what_lies_beyond_the_edges_has_the_colour_of_padding() -> None:
    plain = np.full((32, 32, 3), PADDING, np.uint8)
    means = [seen.mean() for seen in views(plain)]
    assert min(means) < 0.75 * plain.mean() < 1.25 * plain.mean() < max(means)
    assert max(seen.reshape(-1, 3).std(axis=0).max() for seen in views(plain)) == 0
