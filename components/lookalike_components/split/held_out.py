"""Which images train and which test: each function gives one side a row, ``train``, ``test`` or None."""

import numpy as np
import pandas as pd

from lookalike_components.dataset import are_unlabelled
from lookalike_components.errors import UserError
from lookalike_components.split.config import SplitConfig
from lookalike_components.split.config import positions as positions_of

FEWEST = 2  # labels, or images of a label, on either side: with one there is nothing to tell apart, or to find
ENOUGH = 6
"""Labels of a test from which a gain can be shown at 95 % (docs/gate.md); a fraction of fewer is so many where half of
all labels are left to train on."""


def hold_out(images: pd.DataFrame, config: SplitConfig) -> pd.Series:
    """Divides the images into training and test as the settings say.

    Args:
        images: Has the columns ``label``, ``position`` and ``picture``: the same for images that are nearly the same.
        config: How, how many, and the seed.

    Raises:
        UserError: There are too few labels, images of a label, or images in a range.
    """
    return {"label": _by_label, "image": _by_image, "position": _by_position}[config.by](images, config)


def hold_out_validation(images: pd.DataFrame, config: SplitConfig) -> set[str]:
    """Picks validation labels out of the training images; none when that would leave fewer than two of either kind.

    Labels with one image have nothing to find, unless all images are unlabelled, and asked for by views of themselves.

    Args:
        images: The training images alone, so that the test can have no say.
        config: The share of labels, and the seed.
    """
    different_images = images.groupby("label")["image_id"].nunique()
    searchable = different_images.index[(different_images >= FEWEST) | are_unlabelled(images)]
    wanted = max(share(config.validation, len(different_images)), FEWEST) if config.validation else 0
    number = min(wanted, len(different_images) - FEWEST, len(searchable))
    return set(_shuffled(searchable, [config.seed, 1])[:number]) if number >= FEWEST else set()


def share(amount: float, total: int) -> int:
    """A fraction below 1 of ``total``, rounded; or the number itself."""
    return round(amount * total) if amount < 1 else int(amount)


def _by_label(images: pd.DataFrame, config: SplitConfig) -> pd.Series:
    labels = pd.Index(images["label"].unique())
    least = ENOUGH if config.test < 1 and len(labels) >= 2 * ENOUGH else FEWEST
    number = max(share(config.test, len(labels)), least)
    if number > len(labels) - FEWEST:
        raise UserError(
            f"holding out {number} of {len(labels)} labels leaves too few to train on: at least {number + FEWEST} "
            "labels are needed; add labels, hold out fewer, or split by image"
        )
    test = _shuffled(labels, [config.seed, 0])[:number]
    return _sides(images["label"].isin(test))


def _by_image(images: pd.DataFrame, config: SplitConfig) -> pd.Series:
    """What is nearly the same stays on one side, and a label with fewer than four pictures stays in training."""
    different = images[["label", "picture"]].drop_duplicates().sort_values(["label", "picture"])
    shuffled = different.sample(frac=1, random_state=np.random.default_rng([config.seed, 0]))
    by_label = shuffled.groupby("label")["picture"]
    sizes = by_label.transform("size")
    wanted = {size: min(max(share(config.test, size), FEWEST), size - FEWEST) for size in sizes.unique()}
    numbers = sizes.map(wanted)
    test = shuffled[(by_label.cumcount() < numbers) & (numbers >= FEWEST)]
    if test.empty:
        raise UserError("no label has four images, two to train on and two to test on; add images, or split by label")
    pairs = pd.MultiIndex.from_frame(images[["label", "picture"]])
    return _sides(pd.Series(pairs.isin(pd.MultiIndex.from_frame(test)), images.index))


def _by_position(images: pd.DataFrame, config: SplitConfig) -> pd.Series:
    train, test = (_within(images["position"], text) for text in (config.train_positions, config.test_positions))
    return _sides(test).where(train | test, None)


def _within(positions: pd.Series, text: str) -> pd.Series:
    wanted = positions_of(text)
    inside = positions.between(wanted.start, wanted.stop, inclusive="left")
    if not inside.any():
        raise UserError(f"no image is at the positions {text}; the last one of the source is {positions.max()}")
    return inside


def _sides(test: "pd.Series[bool]") -> pd.Series:
    return test.map({True: "test", False: "train"})


def _shuffled(names: pd.Index, seed: list[int]) -> list[str]:
    """Sorted first: the outcome depends on the names and the seed, not on the order of the source."""
    return list(np.random.default_rng(seed).permutation(np.sort(names.to_numpy(dtype=str))))
