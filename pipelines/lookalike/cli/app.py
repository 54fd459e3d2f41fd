"""The tree of commands. Commands import what they need when they run, so that ``--help`` stays quick."""

import typer

from lookalike.cli import examples, fit, pipeline, runs, serving, use

app = typer.Typer(
    name="lookalike",
    help="Fine-tune an image encoder so that pictures of the same thing land close together, prove it, and serve it.",
    epilog="Start with `lookalike fit ./photos` (one subfolder a label). Every command explains itself with --help.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    add_completion=False,
)
fit.register(app)
runs.register(app)
use.register(app)
serving.register(app)
pipeline.register(app)
examples.register(app)
