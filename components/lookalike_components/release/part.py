"""What the pieces of a manifest have in common."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen piece of the manifest that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
