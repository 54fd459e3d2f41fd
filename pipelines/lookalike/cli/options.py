"""Arguments and options that several commands share."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

RunName = Annotated[str, typer.Argument(metavar="RUN", help="Name of the run; `lookalike runs list` shows them.")]
Runs = Annotated[
    Path | None,
    typer.Option(
        "--runs", envvar="LOOKALIKE_RUNS", help="Folder of the runs; ./runs unless given.", show_default=False
    ),
]
WITH_A_PLACE_OF_THEIR_OWN = {"source": "the argument SOURCE", "artifacts": "--artifacts"}
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def note(message: str) -> None:
    """One line on stderr."""
    sys.stderr.write(message + "\n")


def say(message: object) -> None:
    """One line of the result, on stdout."""
    sys.stdout.write(f"{message}\n")


def parsed_settings(settings: list[str]) -> dict[str, Any]:
    """Values of ``--set`` are YAML, so that numbers, lists and mappings can be given; nothing is an empty text."""
    import yaml

    from lookalike.config import path_of
    from lookalike_components.errors import UserError

    pairs = [setting.partition("=") for setting in settings]
    if wrong := [field for field, equals, _ in pairs if not equals]:
        raise UserError(f"--set {wrong[0]} has no value; write --set SECTION.FIELD=VALUE")
    if own := {field for field, _, _ in pairs} & WITH_A_PLACE_OF_THEIR_OWN.keys():
        raise UserError(f"--set {min(own)} has a place of its own: give it as {WITH_A_PLACE_OF_THEIR_OWN[min(own)]}")
    return {".".join(path_of(field)): yaml.safe_load(value) if value else "" for field, _, value in pairs}
