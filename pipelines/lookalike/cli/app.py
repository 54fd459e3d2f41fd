"""The tree of commands. Commands import what they need when they run, so that ``--help`` stays quick."""

from importlib.metadata import version
from typing import Annotated

import typer

from lookalike.cli import (
    ablate,
    check,
    deploying,
    entries,
    examples,
    fit,
    models,
    pipeline,
    push,
    releases,
    runs,
    schedules,
    serving,
    use,
)
from lookalike.cli.options import say

app = typer.Typer(
    name="lookalike",
    epilog="Start with `lookalike fit ./photos` (one subfolder a label). Every command explains itself with --help.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    add_completion=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        say(version("lookalike"))
        raise typer.Exit


@app.callback()
def lookalike(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Fine-tune an image encoder so that pictures of the same thing land close together, prove it, and serve it."""


fit.register(app)
check.register(app)
ablate.register(app)
models.register(app)
runs.register(app)
releases.register(app)
use.register(app)
push.register(app)
serving.register(app)
entries.register(app)
deploying.register(app)
pipeline.register(app)
schedules.register(app)
examples.register(app)
