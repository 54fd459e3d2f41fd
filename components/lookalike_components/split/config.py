"""Settings of the step `split`."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from lookalike_components.encoder.choice import EncoderChoice


def _share(value: float) -> float:
    if value > 1 and value != int(value):
        raise ValueError("it should be a fraction below 1 or a whole number")
    return value


Share = Annotated[float, Field(ge=0), AfterValidator(_share)]


class SplitConfig(EncoderChoice):
    """What is held out, how it is queried, and what happens to images on both sides."""

    by: Literal["label", "image", "position"] = Field(
        default="label",
        description=(
            "label: test labels never occur in training; image: images of every label are held out; "
            "position: ranges of the source"
        ),
    )
    test: Share = Field(
        default=0.3,
        gt=0,
        description="labels (by image: of each label's images) held out for the test: a fraction below 1, of twelve "
        "labels or more at least six, or a number",
    )
    validation: Share = Field(
        default=0.1,
        description="training labels held out to watch the training: a fraction below 1, or a number; 0 for none",
    )
    test_set: str = Field(
        default="", description="URI of a frozen test set, which is taken as it is; what it holds is out of training"
    )
    train_positions: str = Field(
        default="", validate_default=True, description="by position: training images, such as 0:1000"
    )
    test_positions: str = Field(
        default="", validate_default=True, description="by position: test images, such as 1000:2000"
    )
    queries: Literal["first", "random", "all"] = Field(
        default="all",
        description="all: every test image among the others; first, random: some of each label among the rest",
    )
    queries_per_label: int = Field(
        default=1, ge=1, description="queries of each test label, when they are first or random"
    )
    leaks: Literal["refuse", "drop", "ignore"] = Field(
        default="refuse",
        description="what happens to a training image that is also in the test; drop takes it out of training",
    )
    near_duplicates: Literal["hash", "encoder", "off"] = Field(
        default="hash",
        description=(
            "how images that are nearly the same are found: hash; encoder: also among the neighbours under the "
            "pretrained encoder, which finds crops, borders and mirror images, and labels that look wrong; "
            "off: only copies of a file count"
        ),
    )
    seed: int = Field(default=0, ge=0, description="fixes what is held out and which queries are random")

    @field_validator("train_positions", "test_positions")
    @classmethod
    def _is_range(cls, value: str, info: ValidationInfo) -> str:
        if value and not re.fullmatch(r"\d+:\d+", value):
            raise ValueError("it should be two positions such as 0:1000, the second not included")
        if not value and info.data.get("by") == "position":
            raise ValueError("splitting by position needs one for training and one for the test, such as 0:1000")
        return value

    @field_validator("test_positions")
    @classmethod
    def _is_apart(cls, value: str, info: ValidationInfo) -> str:
        train = info.data.get("train_positions")
        if train and value and _overlap(positions(train), positions(value)):
            raise ValueError(f"it overlaps with train_positions, {train}")
        return value


def positions(text: str) -> range:
    """The positions that ``0:1000`` stands for; the second is not included."""
    start, stop = text.split(":")
    return range(int(start), int(stop))


def _overlap(one: range, other: range) -> bool:
    return max(one.start, other.start) < min(one.stop, other.stop)
