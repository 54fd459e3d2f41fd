"""What a client sends to change an index, as JSON."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from lookalike_components.errors import UserError
from lookalike_components.serve.collection.changes import Value, Vectors
from lookalike_components.serve.protocol.faults import declared_by, explain
from lookalike_components.serve.protocol.query import float32

OWN_COLUMNS = {"image_id", "uri", "label"}
"""Columns that an entry fills by fields of their own."""
MOST_IDS = 10_000
MOST_COLUMNS = 16

Id = Annotated[str, Field(min_length=1, max_length=512)]
Text = Annotated[str, Field(max_length=512)]


def _few(columns: Any) -> Any:
    """Counts them before pydantic describes what is wrong with each."""
    if isinstance(columns, dict) and len(columns) > MOST_COLUMNS:
        raise ValueError(f"an entry has no more than {MOST_COLUMNS} columns of its own")
    return columns


def _apart_from_own(columns: dict[str, Value]) -> dict[str, Value]:
    if OWN_COLUMNS & columns.keys():
        raise ValueError("image_id, uri and label have fields of their own")
    return columns


class Part(BaseModel):
    """A piece of a request: fields that nobody knows are refused, and numbers are no texts."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class EntryRequest(Part):
    """One picture that is to be found from now on."""

    id: Id | None = Field(None, description="What it is known by; sha256 of the image's bytes where left out.")
    b64: str | None = Field(None, description="Base64 of the image file's bytes.")
    embedding: list[float] | None = Field(
        None, fail_fast=True, description="In place of an image: its embedding by this encoder."
    )
    uri: str = Field("", max_length=2_048, description="Where it came from.")
    label: Text = Field("", description="What it shows.")
    columns: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=128)], Annotated[Text | int | float | bool | None, Field()]],
        Field(max_length=MOST_COLUMNS),
        BeforeValidator(_few),
        AfterValidator(_apart_from_own),
    ] = Field({}, description="More to filter by.")

    @model_validator(mode="after")
    def _has_one_picture(self) -> "EntryRequest":
        if (self.b64 is None) == (self.embedding is None):
            raise ValueError("an entry needs b64 or embedding, and not both")
        if self.embedding is not None and self.id is None:
            raise ValueError("an entry with an embedding needs an id")
        return self


class AddRequest(Part):
    """Entries to add: all of them or none."""

    entries: list[EntryRequest] = Field(min_length=1)
    encoder: str | None = Field(None, description="With embeddings: digest of the encoder that made them.")


class RemoveRequest(Part):
    """Ids to take out, or an encoder whose entries are to be forgotten."""

    ids: list[Id] | None = Field(None, min_length=1, max_length=MOST_IDS)
    encoder: str | None = Field(None, description="Digest of an encoder that is not in service.")

    @model_validator(mode="after")
    def _says_what(self) -> "RemoveRequest":
        if (self.ids is None) == (self.encoder is None):
            raise ValueError("send ids or encoder, and not both")
        return self


Request = TypeVar("Request", bound=Part)


def read(kind: type[Request], body: bytes) -> Request:
    """Understands a body.

    Raises:
        UserError: It is no JSON, or not what is asked for; the sentence never repeats it.
    """
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise UserError(explain(faults, declared_by(kind, EntryRequest))) from error


def matrix(embeddings: Sequence[list[float]]) -> Vectors:
    """Embeddings as float32 ``[n, d]``.

    Raises:
        UserError: They differ in length.
    """
    if len({len(embedding) for embedding in embeddings}) > 1:
        raise UserError("an embedding must be a list of numbers, all of one length")
    return float32(embeddings)


def openapi(kind: type[Part]) -> dict[str, Any]:
    """The body as a route's OpenAPI names it: routes read bodies themselves, in a thread."""
    schema = kind.model_json_schema()
    definitions = schema.pop("$defs", {})
    for name, definition in definitions.items():
        if name == "EntryRequest":
            schema["properties"]["entries"]["items"] = definition
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
