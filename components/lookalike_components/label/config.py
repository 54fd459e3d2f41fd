"""Settings of the step `label`."""

from typing import Literal

from pydantic import Field

from lookalike_components.step_config import StepConfig

Rule = Literal["auto", "folder", "column", "table", "pattern", "position", "pairs", "none"]


class LabelConfig(StepConfig):
    """Which images show the same thing, and what to do with an image that is alone."""

    rule: Rule = Field(
        default="auto",
        description=(
            "auto: the source's labels, else the parent folder; folder: the parent folder's name; column: the source's "
            "labels; table: a spreadsheet of images and labels; pattern: a group of a regular expression; position: "
            "so many neighbours in the source a label; pairs: a spreadsheet of images that belong together; none: "
            "every image its own label"
        ),
    )
    table: str = Field(default="", description="CSV, JSON Lines or Parquet file for the rules table and pairs")
    pattern: str = Field(
        default="", description="regular expression searched in each uri; its first group is the label"
    )
    images_per_label: int = Field(default=4, ge=1, description="for the rule position: label = position // this")
    singletons: Literal["refuse", "drop", "keep"] = Field(
        default="refuse", description="what happens to a label that has one image only"
    )
    unlabelled: Literal["refuse", "drop", "keep"] = Field(
        default="refuse",
        description=(
            "what happens to images without a label; keep trains on none of them and searches among them; by the rules "
            "folder and pairs it also leaves those without one that are in no folder, or in no pair"
        ),
    )
    corrections: str = Field(
        default="",
        description="CSV, JSON Lines or Parquet file of images and labels that take the place of the rule's",
    )
    conflicts: Literal["keep", "refuse", "drop"] = Field(
        default="keep",
        description="what happens to copies of one file under two labels; keep only counts them",
    )
    duplicates: Literal["ignore", "keep_first", "drop", "group"] = Field(
        default="ignore",
        description=(
            "what happens to images that are the same or nearly: ignore does not look for them; keep_first keeps one "
            "of each label; drop keeps none of them; group gives them one label"
        ),
    )
