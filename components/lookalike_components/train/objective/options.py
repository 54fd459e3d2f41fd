"""Options of losses and miners, checked against their table before torch is loaded."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from lookalike_components.train.objective.names import Option, Options


def checked(role: str, name: str, given: Mapping[str, Any], known: Options) -> dict[str, Any]:
    """Every option of a loss or a miner: as it was given, or else its default.

    Args:
        role: loss or miner.
        name: Of its class.
        given: Options by name. A whole number may be a float, as KFP hands on those inside a dictionary.
        known: The table's options.

    Raises:
        ValueError: There is no such option, or it takes no such value.
    """
    for option in given:
        if option not in known:
            raise ValueError(f"the {role} {name} has no option {option!r}; {_offer(known)}")
    return {option: row.default for option, row in known.items()} | {
        option: _value(f"{role} {name}", option, value, known[option]) for option, value in given.items()
    }


def _value(what: str, option: str, value: Any, row: Option) -> Any:
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    try:
        return TypeAdapter(row.kind).validate_python(whole)
    except ValidationError as error:
        rules = [fault["msg"].replace("Input should be", "it should be") for fault in error.errors(include_url=False)]
        raise ValueError(f"the {what} does not take {option} {value!r}: {', or '.join(rules)}") from error


def _offer(known: Options) -> str:
    if not known:
        return "it has none"
    return "it has " + ", ".join(f"{name} (default {option.default!r})" for name, option in known.items())
