"""``lookalike compile`` and ``submit``: the pipeline on Kubeflow."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lookalike.cli.options import Name, Runs, Source, note, reaches_the_cluster, say, takes_settings

SUBMIT = """
**Examples**

`lookalike submit gs://bucket/photos --artifacts gs://bucket/runs --runs https://kubeflow.example.com/pipeline`

`lookalike submit gs://bucket/photos --artifacts gs://bucket/runs --config cluster.yaml --challenge --runs kubeflow`

The section `cluster` of the settings (docs/configuration.md) says which images, resources and service account the pods
have.
"""


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("compile", epilog="**Example**: `lookalike compile finetune.yaml`, then upload it in the Kubeflow UI.")(
        compile_pipeline
    )
    app.command(epilog=SUBMIT)(submit)


def compile_pipeline(
    output: Annotated[Path, typer.Argument(help="The YAML file to write.")] = Path("finetune.yaml"),
    config: Annotated[
        Path | None, typer.Option(help="YAML file with settings; its section `cluster` dresses the pods.")
    ] = None,
) -> None:
    """Write the pipeline's YAML for Kubeflow."""
    from lookalike.backends.kubeflow.dress import compiled
    from lookalike.config import FinetuneConfig
    from lookalike_components.errors import listed

    settings = FinetuneConfig.resolve(file=config, overrides={"source": "given with each run"})
    output.write_text(compiled(settings.cluster), encoding="utf-8")
    if of_runs := sorted(settings.model_fields_set - {"cluster", "source"}):
        note(f"of {config} the YAML has the section cluster alone; give each run the rest ({listed(of_runs)})")
    say(output)


@takes_settings
@reaches_the_cluster
def submit(
    source: Source,
    name: Name = "",
    runs: Runs = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the failed run of this name.")] = False,
    **settings: Any,
) -> None:
    """Hand the pipeline to Kubeflow, and print the run's name."""
    from lookalike.client import sdk

    run = sdk.submit(source, name=name, runs=runs, resume=resume, **settings)
    note(f"{run.name} is handed over; follow it with `lookalike runs logs -f {run.name}`")
    say(run.name)
