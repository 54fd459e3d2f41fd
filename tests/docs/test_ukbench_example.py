from pathlib import Path

import pytest

from lookalike.config import FinetuneConfig

EXAMPLE = Path(__file__).parents[2] / "examples" / "ukbench.yaml"


@pytest.fixture(scope="module")
def example():
    return FinetuneConfig.resolve(file=EXAMPLE, overrides={"source": "ukbench"})


def test_the_example_and_the_preset_are_one_recipe(example):
    preset = FinetuneConfig.resolve(preset="walkthrough", overrides={"source": "ukbench"})
    assert (example.k, example.encoder, example.train) == (preset.k, preset.encoder, preset.train)


def test_the_example_batches_as_the_walkthrough_does(example):
    assert example.train.classes_per_batch * example.train.images_per_class == 128


def test_the_example_takes_no_object_away_from_training(example):
    assert (example.split.train_positions, example.split.validation) == ("0:1000", 0)
