import pytest

from lookalike_components.train.pictures.resolution import size_at, usual_share


def test_each_resolution_takes_an_equal_part_of_the_steps() -> None:
    assert [size_at(step, 9, 128, [0.5, 0.75, 1.0]) for step in range(9)] == [64] * 3 + [96] * 3 + [128] * 3


def test_the_last_resolution_takes_what_is_left_over() -> None:
    assert [size_at(step, 5, 128, [0.5, 1.0]) for step in range(5)] == [64, 64, 64, 128, 128]


@pytest.mark.parametrize(
    ("share", "multiple", "expected"), [(0.7, 1, 160), (0.7, 14, 154), (0.7, 16, 160), (0.25, 1, 64), (1.0, 14, 224)]
)
def test_smaller_sizes_are_multiples_of_what_the_network_takes(share: float, multiple: int, expected: int) -> None:
    assert size_at(0, 1, 224, [share], multiple) == expected


def test_no_size_is_above_the_encoders_own_or_below_one_multiple() -> None:
    assert size_at(0, 1, 40, [0.95]) == 32
    assert size_at(0, 1, 20, [0.95]) == 20
    assert size_at(0, 1, 64, [0.25]) == 32


def test_the_full_size_is_kept_whatever_it_is() -> None:
    assert size_at(0, 1, 101, [1.0]) == 101


@pytest.mark.parametrize(("size", "expected"), [(384, 224), (224, 128), (160, 128), (128, 128), (112, 112)])
def test_pictures_are_usually_trained_at_three_fifths_but_not_below_128_pixels(size: int, expected: int) -> None:
    assert size_at(0, 1, size, [usual_share(size)]) == expected
