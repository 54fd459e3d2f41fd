"""Settings of step `champion`."""

from typing import Literal

from pydantic import Field

from lookalike_components.step_config import StepConfig


class ChampionConfig(StepConfig):
    """Whether there is an encoder to beat other than the pretrained one, and what is taken over from it."""

    challenge: bool = Field(False, description="whether the champion of artifacts is the encoder to beat")
    artifacts: str = Field("", description="folder or gs://bucket/prefix whose champion it is")
    train_from: Literal["pretrained", "champion"] = Field(
        "pretrained",
        description="where a challenger's training starts: at the pretrained backbone, or where the champion's ended",
    )
    test_set: Literal["frozen", "new"] = Field(
        "frozen",
        description="what a challenger is judged on: the test set that its champion was judged on, or a new split, of "
        "which the champion may have been trained on some labels",
    )
