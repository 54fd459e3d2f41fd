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
