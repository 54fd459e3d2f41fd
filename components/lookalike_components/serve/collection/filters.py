"""What a client wants to find among: filters on columns, and ids to leave out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lookalike_components.errors import UserError
from lookalike_components.serve.collection.changes import Value

MOST_COLUMNS = 16
MOST_VALUES = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries a search may find; as it stands, all of them."""

    filter: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    """For each column the values of which an entry must have one; None stands for no value."""
    exclude: frozenset[str] = frozenset()
    """Ids that are not to be found."""

    @classmethod
    def read(cls, parameters: Mapping[str, Any]) -> "Wanted":
        """Understands the parameters ``filter`` and ``exclude`` of a request.

        Both may be JSON in a string: the parameters of v2 hold nothing else.

        Raises:
            UserError: They are malformed; the sentence shows what to send.
        """
        return cls(_filter(parameters.get("filter")), _exclude(parameters.get("exclude")))

    def __bool__(self) -> bool:
        return bool(self.filter or self.exclude)


def _filter(given: object) -> dict[str, tuple[Value, ...]]:
    asked = _parsed(given, opening="{")
    if asked is None:
        return {}
    if not isinstance(asked, dict):
        raise UserError('filter must be an object of columns and values, such as {"label": ["mug", "bowl"]}')
    if len(asked) > MOST_COLUMNS:
        raise UserError(f"filter names {len(asked)} columns; name {MOST_COLUMNS} or fewer")
    return {column: _values(column, values) for column, values in asked.items()}


def _values(column: str, given: object) -> tuple[Value, ...]:
    values = given if isinstance(given, list) else [given]
    if not all(value is None or isinstance(value, str | int | float) for value in values):
        raise UserError("filter compares a column with a text, a number, true, false, null, or a list of them")
    if len(values) > MOST_VALUES:
        raise UserError(f"filter names {len(values):,} values of one column; name {MOST_VALUES:,} or fewer")
    return tuple(values)


def _exclude(given: object) -> frozenset[str]:
    ids = _parsed(given, opening="[")
    if ids is None:
        return frozenset()
    ids = [ids] if isinstance(ids, str) else ids
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise UserError('exclude must be a list of ids, such as ["4f1c...", "90ab..."]')
    if len(ids) > MOST_VALUES:
        raise UserError(f"exclude names {len(ids):,} ids; name {MOST_VALUES:,} or fewer")
    return frozenset(ids)


def _parsed(given: object, opening: str) -> object:
    """JSON where a string opens like it; any other string stands for itself."""
    if not isinstance(given, str) or not given.lstrip().startswith(opening):
        return given
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        return ()  # neither an object nor a list nor a text
