"""``lookalike runs``, ``metrics`` and ``examples``: what happened, and what came of it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lookalike.cli.options import AsJson, RunName, Runs, note, print_json, reaches_the_cluster, say

Follow = Annotated[bool, typer.Option("-f", "--follow", help="Go on until the run has ended.")]

runs_app = typer.Typer(help="List, show, follow, stop and delete runs.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(runs_app, name="runs")
    app.command(epilog="**Example**: `lookalike metrics photos-1 --json`")(metrics)
    app.command(epilog="**Example**: `lookalike examples photos-1`")(examples)
    app.command(epilog="**Example**: `lookalike save photos-1 ./models`")(save)


@runs_app.command("list")
@reaches_the_cluster
def list_runs(runs: Runs = None, as_json: AsJson = False) -> None:
    """All runs, oldest first."""
    from lookalike.client import sdk
    from lookalike.display.tables import runs_table, show
    from lookalike.runs import duration

    records = [run.record() for run in sdk.list_runs(runs)]
    if as_json:
        print_json([record.model_dump(mode="json") for record in records])
    elif records:
        show(runs_table(records, [duration(record) for record in records]))
    else:
        place = sdk.place_of_runs(runs)
        start = "fit ./photos" if isinstance(place, Path) else "submit gs://bucket/photos"
        note(f"no runs in {place} yet; start one with `lookalike {start}`")


@runs_app.command("show")
@reaches_the_cluster
def show_run(name: RunName, runs: Runs = None) -> None:
    """Status, settings, times, versions and steps of a run, as JSON."""
    from lookalike.client import sdk

    run = sdk.get_run(name, runs)
    ended = [event for event in run.events() if event["status"] in {"finished", "failed", "cached"}]
    print_json({**run.record().model_dump(mode="json"), "steps": ended})


@runs_app.command("status")
@reaches_the_cluster
def status(name: RunName, runs: Runs = None) -> None:
    """CREATED, STARTED, FINISHED or FAILED."""
    from lookalike.client import sdk

    record = sdk.get_run(name, runs).record()
    say(record.status)
    if record.error:
        note(record.error)


@runs_app.command("logs")
@reaches_the_cluster
def logs(name: RunName, follow: Follow = False, runs: Runs = None) -> None:
    """The log of a run."""
    from lookalike.client import sdk

    run = sdk.get_run(name, runs)
    for line in run.stream_logs() if follow else run.backend.logs(name):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


@runs_app.command("cancel")
@reaches_the_cluster
def cancel(name: RunName, runs: Runs = None) -> None:
    """Stop a run; `lookalike fit ... --resume` (or `submit`) goes on from its last finished step."""
    from lookalike.client import sdk

    sdk.get_run(name, runs).cancel()


@runs_app.command("delete")
@reaches_the_cluster
def delete(
    name: RunName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    runs: Runs = None,
) -> None:
    """Remove a run with its encoder, release and report; shards stay. Of a cluster's run, its store keeps all."""
    from lookalike.client import sdk

    run = sdk.get_run(name, runs)
    if not yes:
        typer.confirm(f"Delete {run.name} with all that it wrote?", abort=True, err=True)
    sdk.delete_run(name, runs)


@reaches_the_cluster
def metrics(name: RunName, runs: Runs = None, as_json: AsJson = False) -> None:
    """The before/after table of a run, with 95 % intervals of the change."""
    from lookalike.client import sdk

    run = sdk.get_run(name, runs)
    print_json(run.metrics()) if as_json else run.display_metrics()


@reaches_the_cluster
def examples(name: RunName, runs: Runs = None) -> None:
    """Make a sheet of queries that the new encoder fixed and broke, and print its path."""
    from lookalike.client import sdk

    say(sdk.get_run(name, runs).display_examples())


@reaches_the_cluster
def save(
    name: RunName,
    folder: Annotated[Path, typer.Argument(help="Where the release's folder goes.")],
    runs: Runs = None,
) -> None:
    """Copy a run's release (or its refused encoder) somewhere else."""
    from lookalike.client import sdk

    say(sdk.get_run(name, runs).save_artifact(folder))
