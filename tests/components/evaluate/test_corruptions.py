"""Each corruption does what its name says, and more of it with each severity."""

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from lookalike_components.evaluate.robustness.corruptions import CELLS, CORRUPTIONS, variants

SIZE = 112


@pytest.fixture(scope="module")
def large(photographer) -> torch.Tensor:
    """Three pictures at twice the encoder's size."""
    pictures = [np.array(photographer(label, 0, 2 * SIZE)) for label in range(3)]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)


@pytest.fixture(scope="module")
def made(large) -> dict[tuple[str, int], torch.Tensor]:
    """Every variant by corruption and severity; the untouched one is (``untouched``, 0)."""
    return dict(zip([("untouched", 0), *CELLS], variants(large, SIZE, ["a", "b", "c"]), strict=True))


def distance(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one.float() - other.float()).abs().mean())


def test_there_are_eight_in_three_severities():
    assert len(CORRUPTIONS) == 8
    assert [(name, severity) for name in CORRUPTIONS for severity in (1, 2, 3)] == CELLS


def test_every_variant_is_a_batch_for_the_encoder(made):
    assert {(variant.shape, variant.dtype) for variant in made.values()} == {((3, 3, SIZE, SIZE), torch.uint8)}


def test_the_first_variant_is_the_picture_itself(made, large):
    assert torch.equal(made["untouched", 0], functional.resize(large, [SIZE, SIZE], antialias=True))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_more_severe_is_farther_from_the_picture(made, name):
    away = [distance(made[name, severity], made["untouched", 0]) for severity in (1, 2, 3)]
    assert 0 < away[0] < away[1] < away[2]


def test_chance_belongs_to_the_picture_and_not_to_the_batch(large, made):
    reversed_batch = list(variants(large.flip(0), SIZE, ["c", "b", "a"]))
    alone = list(variants(large[1:2], SIZE, ["b"]))
    for place, whole in enumerate(made.values()):
        assert torch.equal(reversed_batch[place].flip(0), whole)
        assert torch.equal(alone[place], whole[1:2])


def test_another_picture_has_another_chance(large):
    one, other = (
        dict(zip([("untouched", 0), *CELLS], variants(large[:1], SIZE, [name]), strict=True)) for name in "ab"
    )
    by_chance = {name for name, severity in CELLS if severity == 3 and not torch.equal(one[name, 3], other[name, 3])}
    assert by_chance >= {"crop", "noise", "occlusion"}
    assert by_chance.isdisjoint({"blur", "jpeg", "downscale"})


def test_a_crop_shows_a_part_in_the_detail_that_it_has(large):
    area = CORRUPTIONS["crop"].strengths[2]
    stripes = torch.arange(2 * SIZE) // 2 % 2 * 255  # two pixels wide: gone at half the size, there in a crop
    picture = stripes.to(torch.uint8).expand(1, 3, 2 * SIZE, 2 * SIZE)
    small, *others = variants(picture, SIZE, ["a"])
    cropped = dict(zip(CELLS, others, strict=True))["crop", 3]
    assert area < 0.5
    assert cropped.float().std() > small.float().std()


def test_occlusion_covers_its_share_of_the_picture():
    black = torch.zeros(1, 3, 2 * SIZE, 2 * SIZE, dtype=torch.uint8)
    _, *others = variants(black, SIZE, ["a"])
    made = dict(zip(CELLS, others, strict=True))
    for severity, share in enumerate(CORRUPTIONS["occlusion"].strengths, 1):
        assert (made["occlusion", severity] > 0).float().mean() == pytest.approx(share, abs=0.02)


def test_a_picture_gets_lighter_or_darker_by_the_same_factor():
    grey = torch.full((40, 3, 2 * SIZE, 2 * SIZE), 100, dtype=torch.uint8)
    _, *others = variants(grey, SIZE, [str(number) for number in range(40)])
    lit = dict(zip(CELLS, others, strict=True))["light", 2][:, 0, 0, 0].tolist()
    assert set(lit) == {180, int(100 / 1.8)}


def test_noise_has_the_spread_that_it_says():
    grey = torch.full((1, 3, 2 * SIZE, 2 * SIZE), 128, dtype=torch.uint8)
    _, *others = variants(grey, SIZE, ["a"])
    spread = dict(zip(CELLS, others, strict=True))["noise", 1].float().std()
    assert spread == pytest.approx(255 * CORRUPTIONS["noise"].strengths[0], rel=0.03)
