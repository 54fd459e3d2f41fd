"""The base of every step's settings: frozen, typed, and strict about names it does not know."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from lookalike_components.errors import UserError


class StepConfig(BaseModel):
    """Settings of one step. Its defaults are the only place where they are written down."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> Self:
        """Picks this step's settings out of a component's arguments and checks them.

        Args:
            arguments: Names and values, such as ``locals()`` at the top of a component; names that are no setting are
                passed over (artifacts, imports).

        Raises:
            UserError: A value is out of range or of the wrong type; the sentence names the field.
        """
        try:
            return cls.model_validate({name: arguments[name] for name in cls.model_fields if name in arguments})
        except ValidationError as error:
            raise UserError(explain(error)) from error


def explain(error: ValidationError, where: str = "") -> str:
    """Turns pydantic's faults into one sentence that names each field, its value and the rule that it breaks."""
    faults = []
    for fault in error.errors(include_url=False):
        field = ".".join(str(part) for part in fault["loc"]) or "the settings"
        message = fault["msg"].removeprefix("Value error, ").replace("Input should be", "it should be")
        given = "" if fault["type"] in {"missing", "extra_forbidden"} else f" is {fault['input']!r}"
        faults.append(f"{field}{given}: {message[:1].lower()}{message[1:]}")
    return (f"{where}: " if where else "") + "; ".join(faults)
