"""The base of every step's settings: frozen, typed, and strict about names it does not know."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from lookalike_components.errors import UserError

LARGEST = 2**53
"""Of whole numbers without a bound of their own: KFP passes numbers on as float64, which has gaps above it."""


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

    def digest(self) -> str:
        """The sha256, in hex, over every setting."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def one_of(what: str, names: Iterable[str]) -> AfterValidator:
    """A check for settings whose values are names in a table; the sentence lists them."""
    known = tuple(names)

    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"there is no such {what}; choose one of {', '.join(filter(None, known))}")
        return name

    return AfterValidator(check)


def explain(error: ValidationError, where: str = "") -> str:
    """Turns pydantic's faults into one sentence that names each field, its value and the rule that it breaks."""
    faults = []
    for fault in error.errors(include_url=False):
        field = ".".join(str(part) for part in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ").replace("Input should be", "it should be")
        given = "" if fault["type"] in {"missing", "extra_forbidden"} else f" is {fault['input']!r}"
        message = message[:1].lower() + message[1:]
        faults.append(f"{field}{given}: {message}" if field else message)
    return (f"{where}: " if where else "") + "; ".join(faults)
