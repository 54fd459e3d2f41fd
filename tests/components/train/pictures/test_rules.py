import pytest
from pydantic import ValidationError

from lookalike_components.train.config import TrainConfig


def test_parts_of_an_augmentation_are_checked_with_all_other_settings() -> None:
    with pytest.raises(ValidationError, match="augmentation_options sets blurr"):
        TrainConfig(augmentation_options={"blurr": 0.5})


def test_a_variants_augmentation_is_checked_as_well() -> None:
    with pytest.raises(ValidationError, match="augmentation_options: rotation is 400"):
        TrainConfig(variants=[{"augmentation_options": {"rotation": 400}}])


def test_a_network_of_one_size_is_not_trained_at_smaller_ones() -> None:
    with pytest.raises(ValidationError, match="but vit_b_16 takes pictures of one size only"):
        TrainConfig(model="vit_b_16", resolutions=[0.5, 1.0])
