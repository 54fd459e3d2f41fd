"""The parts of a recipe, and what the recipe becomes when one of them is switched."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from lookalike.yaml_settings import parsed_mapping, read_yaml
from lookalike_components.errors import UserError, listed
from lookalike_components.step_config import explain
from lookalike_components.train.config import VARIABLE, TrainConfig

Settings = dict[str, Any]

ALL = "all"


class _Switch(BaseModel):
    """An entry of the table, as it is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    switches: str
    settings: Settings
    usual: bool = False


class Part(_Switch):
    """One part of a recipe.

    Attributes:
        name: As people ask for it.
        group: What it is about; a group can be asked for as a whole.
        switches: What switching it means, in words.
        settings: Settings of *train* and of the encoder that take the place of the recipe's.
        usual: Whether it is asked about where nobody says which.
    """

    name: str
    group: str


def read_parts(file: Path | None = None) -> list[Part]:
    """The table of parts: the packaged one, or one of the user's own.

    Raises:
        UserError: The file cannot be read, or is no such table.
    """
    packaged = files("lookalike.ablation").joinpath("parts.yaml")
    table = read_yaml(file) if file else parsed_mapping(packaged.read_text(encoding="utf-8"), "parts.yaml")
    try:
        groups = TypeAdapter(dict[str, dict[str, _Switch]]).validate_python(table)
    except ValidationError as error:
        raise UserError(explain(error, where=str(file))) from error
    return [
        Part(name=name, group=group, **switch.model_dump())
        for group, switches in groups.items()
        for name, switch in switches.items()
    ]


def chosen(parts: Sequence[Part], names: Sequence[str]) -> list[Part]:
    """The parts of these names, or of groups of these names, or ``all``.

    Where no name is given, they are the usual ones, or all of a table that calls none usual.

    Raises:
        UserError: Nothing has this name.
    """
    groups = dict.fromkeys(part.group for part in parts)
    if unknown := sorted(set(names) - {ALL, *groups, *(part.name for part in parts)}):
        raise UserError(
            f"there is no part or group called {unknown[0]}; the groups are {listed(groups, most=len(groups))}, "
            "and docs/training.md lists their parts"
        )
    usual = [] if names else [part for part in parts if part.usual]
    if ALL in names or not (names or usual):
        return list(parts)
    return usual or [part for part in parts if part.name in names or part.group in names]


def switched(recipe: TrainConfig, part: Part) -> TrainConfig:
    """The recipe with one part switched.

    Variants that the recipe tries keep their say about everything else. Those that are the same then are tried once;
    where one is left, there is nothing to choose, and it is the recipe.

    Raises:
        UserError: The recipe and the part do not go together.
    """
    if strangers := sorted(part.settings.keys() - TrainConfig.model_fields.keys()):
        raise UserError(f"the part {part.name} sets {strangers[0]}, which is no setting of train or encoder")
    variants = _different([{**variant, **_over(variant, part)} for variant in recipe.variants])
    only = variants[0] if len(variants) == 1 else {}
    settings = {**recipe.model_dump(), **only, "variants": [] if only else variants, **part.settings}
    return TrainConfig.from_arguments(settings)


def _over(variant: Settings, part: Part) -> Settings:
    """The part's own value of what a variant sets."""
    return {name: value for name, value in part.settings.items() if name in variant and name in VARIABLE}


def _different(variants: Sequence[Settings]) -> list[Settings]:
    return [variant for place, variant in enumerate(variants) if variant not in variants[:place]]
