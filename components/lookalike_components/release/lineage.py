"""Where a release comes from: ``lineage.json`` in its folder.

It holds no times, since the digest of a release must not depend on when it was made.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError

from lookalike_components.errors import LookalikeError
from lookalike_components.release.part import Part
from lookalike_components.step_config import explain

LINEAGE = "lineage.json"


class Lineage(Part):
    """The data, the code, the image and the parents of a release."""

    schema_version: Literal[1] = 1
    table: str = Field(description="sha256 of the image table that it was trained on.")
    test_set: str = Field(description="sha256 of the test set that it was judged on.")
    encoder: str = Field(description="Digest of its encoder's folder.")
    settings: str = Field(description="sha256 of the settings of the training; empty where they are not known.")
    weights: str = Field(description="sha256 of the pretrained weights at the root of its training.")
    parent_encoder: str = Field(description="Digest of the encoder that training went on from; empty for none.")
    parent_release: str = Field(description="Digest of the champion that it was to beat; empty for none.")
    code: str = Field(description="Version of the package, and its commit where that is known.")
    image: str = Field(description="Reference of the container's image; empty outside of one.")

    @classmethod
    def parse(cls, data: bytes, where: str) -> Self:
        """Reads the content of ``lineage.json``.

        Raises:
            LookalikeError: It is damaged or of another version.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise LookalikeError(f"{explain(error, where=where)}; publish the release again") from error

    def write(self, folder: Path) -> None:
        """Puts it into the folder of a release in the making."""
        (folder / LINEAGE).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
