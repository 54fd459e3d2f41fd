"""``lookalike schedule``, ``unschedule`` and ``schedules``: the pipeline by the clock, on Kubeflow."""

from typing import Annotated, Any

import typer

from lookalike.cli.options import AsJson, Runs, Source, note, print_json, reaches_the_cluster, say, takes_settings

ScheduleName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the schedule.")]

EPILOG = """
**Examples**

`lookalike schedule nightly gs://bucket/photos --artifacts gs://bucket/runs --cron "0 3 * * *" --runs kubeflow`

`lookalike schedule weekly gs://bucket/photos --artifacts gs://bucket/runs --every 1w --runs kubeflow`

A schedule of this name is replaced; the same again changes nothing. Its runs challenge the champion of `--artifacts`
unless `--no-challenge` is given, and never catch up on times that were missed.
"""


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog=EPILOG)(schedule)
    app.command(epilog="**Example**: `lookalike unschedule nightly --runs kubeflow`")(unschedule)
    app.command("schedules", epilog="**Example**: `lookalike schedules --runs kubeflow`")(list_schedules)


@takes_settings
@reaches_the_cluster
def schedule(
    name: ScheduleName,
    source: Source,
    cron: Annotated[str, typer.Option(help="Minute, hour, day, month and weekday, in the cluster's time zone.")] = "",
    every: Annotated[str, typer.Option(help="Instead: 30m, 12h, 1d, 1w.")] = "",
    runs: Runs = None,
    **settings: Any,
) -> None:
    """Let Kubeflow run the pipeline by the clock."""
    from lookalike.client import sdk

    kept = sdk.schedule(name, source, cron=cron, every=every, runs=runs, **settings)
    note(
        f"{kept.name} {'runs' if kept.changed else 'already runs'} version {kept.version} of the pipeline: {kept.when}"
    )
    say(kept.version)


@reaches_the_cluster
def unschedule(name: ScheduleName, runs: Runs = None) -> None:
    """End a schedule; its runs stay."""
    from lookalike.client import sdk

    sdk.unschedule(name, runs)


@reaches_the_cluster
def list_schedules(runs: Runs = None, as_json: AsJson = False) -> None:
    """List the schedules: name, when, version of the pipeline."""
    from lookalike.client import sdk

    found = sdk.list_schedules(runs)
    if as_json:
        print_json([{key: value for key, value in kept._asdict().items() if key != "changed"} for kept in found])
        return
    if not found:
        note(f"no schedules in {sdk.place_of_runs(runs)} yet; `lookalike schedule NAME SOURCE --cron ...` makes one")
    for kept in found:
        say(f"{kept.name}  {kept.when}  {kept.version}{'' if kept.enabled else '  disabled'}")
