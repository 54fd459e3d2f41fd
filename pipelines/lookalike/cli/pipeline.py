"""``lookalike compile``: the pipeline for Kubeflow."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.cli.options import say


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("compile", epilog="**Example**: `lookalike compile finetune.yaml`, then upload it in the Kubeflow UI.")(
        compile_pipeline
    )


def compile_pipeline(
    output: Annotated[Path, typer.Argument(help="The YAML file to write.")] = Path("finetune.yaml"),
) -> None:
    """Write the pipeline's YAML for Kubeflow."""
    from lookalike.dag import compile_to

    compile_to(output)
    say(output)
