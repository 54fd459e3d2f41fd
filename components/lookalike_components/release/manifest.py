"""What a release says about itself: the digest of every file, and one digest for the whole."""

import hashlib
import json
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.pixels import Aspect, ResizePolicy
from lookalike_components.release.candidates import Candidate, Trial, onnx
from lookalike_components.release.lineage import LINEAGE
from lookalike_components.release.part import Part
from lookalike_components.step_config import explain

MANIFEST = "manifest.json"
CARD = "model_card.md"
INDEX = "index.faiss"
INDEX_TABLE = "index.parquet"
THUMBNAILS = "thumbnails.arrow"
_NOT_DIGESTED = {"created", "digest", "checksum"}
_SINCE_VERSION_2 = {"candidates", "trial"}
_OF_THE_INDEX_SINCE_VERSION_2 = ("kind", "recall", "recall_at")


class EncoderFacts(Part):
    """The encoder inside a release."""

    model: str = Field(description="Name of the backbone, such as `mobilenet_v2`.")
    dimension: int = Field(gt=0, description="Length of an embedding.")
    input_size: int = Field(gt=0, description="Height and width in pixels that the graph takes.")
    resize: ResizePolicy = Field(description="How pictures are brought to the input size.")
    aspect: Aspect = Field("squash", description="What becomes of the shape of pictures.")
    licence: str = Field(description="Licence of the pretrained weights.")
    digest: str = Field(description="sha256 of the encoder's folder that the graph was exported from.")


class IndexFacts(Part):
    """The index inside a release."""

    images: int = Field(ge=0, description="Pictures that can be found.")
    labels: int = Field(ge=0, description="Distinct labels among them.")
    kind: Literal["flat", "ivf"] = Field("flat", description="Compares with all, or with those in the nearest lists.")
    recall: float = Field(1.0, ge=0, le=1, description="Share of the nearest pictures that it finds.")
    recall_at: int = Field(0, ge=0, description="How many neighbours that was measured on; 0 for an exact index.")


class Manifest(Part):
    """Everything that a server has to know before it loads a release, kept as ``manifest.json``."""

    schema_version: Literal[1, 2] = 2
    name: str = Field(description="Name of the release, for people.")
    created: str = Field(description="When it was sealed: ISO 8601, UTC.")
    encoder: EncoderFacts
    index: IndexFacts
    threshold: float | None = Field(description="Cosine from which two pictures count as the same thing.")
    trial: Trial | None = Field(None, description="On what the candidates were measured; None where nothing was.")
    candidates: tuple[Candidate, ...] = Field((), description="Ways to run the encoder that were tried.")
    files: dict[str, str] = Field(description="sha256 of every other file, by name.")
    digest: str = Field("", description="sha256 over what makes two releases behave differently: the release's name.")
    checksum: str = Field("", description="sha256 over all of the above; empty in version 1.")

    @classmethod
    def read(cls, folder: str | Path) -> Self:
        """Reads the manifest of the release in ``folder``; the files are not looked at.

        Raises:
            UserError: The folder holds no manifest.
            LookalikeError: The manifest is damaged or of another version.
        """
        path = Path(folder, MANIFEST)
        if not path.is_file():
            raise UserError(
                f"{folder} is not a release (it has no {MANIFEST}); pass the release folder of a finished run"
            )
        return cls.parse(path.read_bytes(), where=str(path))

    @classmethod
    def parse(cls, data: bytes, where: str) -> Self:
        """Reads the content of ``manifest.json``.

        Raises:
            LookalikeError: It is damaged or of another version.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise LookalikeError(f"{explain(error, where=where)}; export the release again") from error

    def sealed(self) -> Self:
        """A copy that carries its own digest and checksum."""
        digested = self.model_copy(update={"digest": self.computed_digest()})
        return digested.model_copy(update={"checksum": digested.computed_checksum()})

    @property
    def shipped(self) -> tuple[Candidate, ...]:
        """What the release may be run with: the ONNX graph alone in version 1, and where nothing was tried."""
        return tuple(candidate for candidate in self.candidates if candidate.shipped) or (onnx(),)

    def computed_digest(self) -> str:
        """The sha256, in hex, over everything that makes two releases behave differently.

        When it was made, how fast its candidates ran that day, and the model card, which tells of both, are no part.
        """
        content = self.model_dump(mode="json", exclude=_NOT_DIGESTED)
        if self.schema_version == 1:
            _as_in_version_1(content)
        else:
            content["files"].pop(CARD, None)
            for candidate in content["candidates"]:
                del candidate["images_per_second"]
        return _digest(content)

    def computed_checksum(self) -> str:
        """The sha256, in hex, over all of the manifest but itself; empty in version 1, which had none."""
        return "" if self.schema_version == 1 else _digest(self.model_dump(mode="json", exclude={"checksum"}))

    def verify(self, folder: str | Path) -> None:
        """Checks the manifest and every file in ``folder`` against the digests.

        Raises:
            LookalikeError: A file is missing, differs in as little as one bit, or would be read though it is not in the
                manifest; the sentence names it.
        """
        if (self.computed_digest(), self.computed_checksum()) != (self.digest, self.checksum):
            raise _changed(folder, MANIFEST)
        for name in sorted(self._read_from(folder) - self.files.keys()):
            raise LookalikeError(
                f"{name} in the release {folder} cannot be checked, since {MANIFEST} does not list it; "
                "copy the whole folder again"
            )
        for name, digest in self.files.items():
            path = Path(folder, name)
            if not path.is_file():
                raise LookalikeError(f"{name} is missing from the release {folder}; copy the whole folder again")
            if file_digest(path) != digest:
                raise _changed(folder, name)

    def _read_from(self, folder: str | Path) -> set[str]:
        """The files that somebody who opens the release reads."""
        encoders = {name for candidate in self.shipped for name in candidate.files}
        optional = {name for name in (THUMBNAILS, LINEAGE) if Path(folder, name).is_file()}
        return {INDEX, INDEX_TABLE} | encoders | optional


def file_digest(path: Path) -> str:
    """The sha256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_in_version_1(content: dict[str, Any]) -> None:
    for name in _SINCE_VERSION_2:
        del content[name]
    for name in _OF_THE_INDEX_SINCE_VERSION_2:
        del content["index"][name]
    if content["encoder"]["aspect"] == "squash":  # releases that were sealed before there was a choice
        del content["encoder"]["aspect"]


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _changed(folder: str | Path, name: str) -> LookalikeError:
    return LookalikeError(f"{name} in the release {folder} is not what was sealed (its sha256 differs); copy it again")
