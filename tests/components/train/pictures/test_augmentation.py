from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional

from lookalike_components.train.config import TrainConfig
from lookalike_components.train.pictures.augmentation import (
    CORNERS,
    DRAWN,
    Augmentation,
    colour_maps,
    homographies,
)
from lookalike_components.train.pictures.variation import VARIATIONS, Variation

SIZE = 32


@pytest.fixture
def images(photographer: Callable[..., object]) -> Tensor:
    """Eight pictures of 40 x 40 pixels."""
    return torch.from_numpy(np.stack([np.asarray(photographer(label, 0, size=40)) for label in range(8)]))


def augmentation(name: str = "none", **options: object) -> Augmentation:
    return Augmentation(TrainConfig(augmentation=name, augmentation_options=options))


def randoms(number: int, step: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng([step, place]) for place in range(number)]


def draws(number: int = 64) -> np.ndarray:
    return np.random.default_rng(0).random((number, DRAWN))


def mapped(maps: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Where ``points`` of results lie in their sources, ``[b, n, 2]``."""
    lifted = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ maps.transpose(0, 2, 1)
    return lifted[..., :2] / lifted[..., 2:]


def test_without_variation_pictures_of_the_right_size_stay_as_they_are(images: Tensor) -> None:
    assert torch.equal(augmentation()(images, 40, randoms(8)), images)


def test_without_variation_larger_pictures_are_resized_as_torchvision_does(images: Tensor) -> None:
    expected = functional.resize(images.permute(0, 3, 1, 2), [SIZE, SIZE], antialias=True).permute(0, 2, 3, 1)
    assert torch.equal(augmentation()(images, SIZE, randoms(8)), expected)


@pytest.mark.parametrize("name", VARIATIONS)
def test_a_picture_is_varied_alike_in_every_batch(images: Tensor, name: str) -> None:
    vary = augmentation(name)
    together = vary(images, SIZE, randoms(8))
    alone = [vary(images[place : place + 1], SIZE, randoms(8)[place : place + 1]) for place in range(8)]
    assert torch.equal(together, torch.cat(alone))
    assert (together.shape, together.dtype, together.is_contiguous()) == ((8, SIZE, SIZE, 3), torch.uint8, True)


@pytest.mark.parametrize("name", ["crop", "photo", "strong"])
def test_a_picture_is_varied_otherwise_at_another_step(images: Tensor, name: str) -> None:
    vary = augmentation(name)
    once, again = (vary(images, SIZE, randoms(8, step)) for step in (1, 2))
    assert not any(torch.equal(first, second) for first, second in zip(once, again, strict=True))


def test_the_batch_that_is_given_is_left_as_it_is(images: Tensor) -> None:
    before = images.clone()
    augmentation("strong", erase=1.0, blur=1.0)(images, 40, randoms(8))
    assert torch.equal(images, before)


def test_crops_keep_an_area_and_a_shape_within_their_ranges_and_stay_inside() -> None:
    how = Variation(crop_area=(0.3, 0.5), crop_ratio=(0.8, 1.25))
    corners = mapped(homographies(how, draws()), CORNERS)
    sides = (corners[:, 2] - corners[:, 0]) / 2
    area, ratio = sides[:, 0] * sides[:, 1], sides[:, 0] / sides[:, 1]
    assert 0.3 <= area.min() < 0.32 < 0.48 < area.max() <= 0.5
    assert 0.8 <= ratio.min() < 0.85 < 1.15 < ratio.max() <= 1.25
    assert np.abs(corners).max() <= 1 + 1e-12


def test_a_mirrored_picture_is_torchvisions(images: Tensor) -> None:
    mirrored = augmentation(flip=1.0)(images, 40, randoms(8))
    assert torch.equal(mirrored, functional.horizontal_flip(images.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))


def test_a_turned_picture_is_turned_by_no_more_than_it_may_and_keeps_its_shape() -> None:
    corners = mapped(homographies(Variation(rotation=20), draws()), CORNERS)
    angles = np.degrees(np.arctan2(*(corners[:, 1] - corners[:, 0]).T[::-1]))
    assert -20 <= angles.min() < -17 < 17 < angles.max() <= 20
    assert np.allclose(np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1), 2)


def test_perspective_moves_each_corner_inwards_by_no_more_than_it_may() -> None:
    corners = mapped(homographies(Variation(perspective=0.3), draws()), CORNERS)
    inwards = 1 - corners * CORNERS
    assert 0 <= inwards.min() < 0.02 < 0.28 < inwards.max() <= 0.3
    assert np.ptp(inwards, axis=(1, 2)).min() > 0.05


def test_perspective_agrees_with_torchvisions(images: Tensor) -> None:
    """Torchvision takes where corners of the source go; ours says where those of the result come from."""
    numbers = draws(1)
    how = Variation(perspective=0.3)
    corners = ((mapped(homographies(how, numbers), CORNERS)[0] + 1) * 40 / 2 - 0.5).tolist()
    ends = ((CORNERS + 1) * 40 / 2 - 0.5).tolist()
    expected = functional.perspective(images[:1].permute(0, 3, 1, 2).float(), corners, ends)
    made = augmentation(perspective=0.3)(images[:1], 40, [_Given(numbers[0])])
    difference = (made.permute(0, 3, 1, 2).float() - expected)[..., 4:-4, 4:-4].abs()
    assert float(difference.mean()) < 3


class _Given:
    """A source of chance that gives numbers that are known."""

    def __init__(self, numbers: np.ndarray) -> None:
        self._numbers = numbers

    def random(self, count: int) -> np.ndarray:
        return self._numbers[:count]


@pytest.mark.parametrize(
    ("part", "place", "reference"),
    [
        ("brightness", 14, functional.adjust_brightness),
        ("contrast", 15, functional.adjust_contrast),
        ("saturation", 16, functional.adjust_saturation),
    ],
)
def test_colours_change_as_torchvisions_do(
    images: Tensor, part: str, place: int, reference: Callable[[Tensor, float], Tensor]
) -> None:
    numbers = np.full(DRAWN, 0.5)
    numbers[place] = 0.1
    made = augmentation(**{part: 0.5})(images, 40, [_Given(numbers)] * 8)
    expected = reference(images.permute(0, 3, 1, 2), 1 - 0.8 * 0.5).permute(0, 2, 3, 1)
    off = 8 if part == "contrast" else 1  # our mean grey is that of every sixteenth pixel
    assert int((made.int() - expected.int()).abs().max()) <= off


def test_pictures_lose_all_their_colour_where_grey_is_certain(images: Tensor) -> None:
    made = augmentation(grey=1.0)(images, 40, randoms(8)).int()
    expected = functional.rgb_to_grayscale(images.permute(0, 3, 1, 2), 3).permute(0, 2, 3, 1).int()
    assert int((made - expected).abs().max()) <= 1


def test_hues_turn_about_greys_and_a_whole_turn_changes_nothing() -> None:
    numbers = draws()
    maps, _ = colour_maps(Variation(hue=0.1), numbers)
    assert np.allclose(maps @ np.ones(3), 1)
    assert np.abs(maps - np.eye(3)).max() > 0.1
    numbers[:, 17] = 0.5
    assert np.allclose(colour_maps(Variation(hue=0.5), numbers)[0], np.eye(3))


def test_a_blurred_picture_is_softer(images: Tensor) -> None:
    blurred = augmentation(blur=1.0)(images, 40, randoms(8))
    before, after = (each.float().diff(dim=2).square().mean(dim=(1, 2, 3)) for each in (images, blurred))
    assert bool((after <= before).all())
    assert float(after.sum()) < 0.9 * float(before.sum())


def test_an_erased_rectangle_takes_no_more_than_its_share(images: Tensor) -> None:
    changed = (augmentation(erase=1.0)(images, 40, randoms(8)) != images).any(dim=3).float().mean(dim=(1, 2))
    assert float(changed.min()) > 0
    assert float(changed.max()) <= 0.22


def test_switching_a_part_off_leaves_the_numbers_of_the_others_alone() -> None:
    """So that an ablation compares the same crops."""
    numbers = draws()
    assert np.array_equal(
        homographies(Variation(crop_area=(0.3, 1.0)), numbers),
        homographies(Variation(crop_area=(0.3, 1.0), blur=1.0, hue=0.3), numbers),
    )


def test_crops_are_cut_from_larger_pictures_and_the_rest_is_not() -> None:
    sizes = {name: augmentation(name).source_size(128) for name in VARIATIONS}
    assert sizes == {"none": 128, "crop": 160, "photo": 160, "strong": 160}


def test_fine_patterns_do_not_turn_into_others_where_pictures_become_much_smaller() -> None:
    board = torch.from_numpy((np.indices((256, 256)).sum(axis=0) % 2 * 255).astype(np.uint8))
    board = board[None, :, :, None].expand(4, -1, -1, 3)
    made = augmentation("crop")(board, SIZE, randoms(4)).float()
    assert float((made - 127.5).abs().max()) <= 16
