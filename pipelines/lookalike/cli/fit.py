"""``lookalike fit``: the whole pipeline on this machine."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.options import AsJson, Name, Runs, Source, note, print_json, say, takes_settings

if TYPE_CHECKING:
    from lookalike.runs import Run

NOT_PROMOTED = 3

EPILOG = """
**Examples**

`lookalike fit ./photos` (one subfolder a label)

`lookalike fit products.csv` (columns `image` and `label`)

`lookalike fit gs://bucket/photos --artifacts gs://bucket/runs`

`lookalike fit ./photos --model mobilenet_v2 --epochs 8 --set split.test=0.5`

`lookalike fit ./photos --preset walkthrough --weights ./resnet50.pth`

`lookalike fit ./photos --name photos-1 --resume` (from its last finished step)

`lookalike fit ./photos --seeds 5` (trains five times, to see how much of the gain is luck)

A CSV's image column may be called `image`, `uri`, `path` or `file_name`; without a header, the first column is the
image and the second the label. Paths are relative to the file; `gs://` and `https://` URLs may stand beside them. Other
columns are kept. Every setting (`--set SECTION.FIELD=VALUE`) is listed in
docs/configuration.md.

With `--seeds 5` the run NAME is followed by NAME-seed-1 to NAME-seed-4: the same pictures, split and settings, other
chance in the training. They take the steps before it from NAME; each has its own report, and a table of all comes last.
With `--resume` the command goes on after a failure, and adds seeds to a run that has finished. It goes without
`--detach` and `--challenge`.

Exit codes: 0, NAME is promoted; 3, it is refused; 1 or 2, it or a repetition failed. How the repetitions are judged
changes nothing in that.
"""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog=EPILOG)(fit)


@takes_settings
def fit(
    source: Source,
    name: Name = "",
    runs: Runs = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the failed run of this name.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once; the run outlives the terminal.")] = False,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings in all, each with other chance.")] = 1,
    as_json: AsJson = False,
    **settings: Any,
) -> None:
    """Fine-tune an encoder on your pictures, prove that it got better, and release it."""
    from lookalike.client import sdk

    run = sdk.begin(source, name=name, runs=runs, detach=detach, resume=resume, seeds=seeds, **settings)
    if detach:
        note(f"{run.name} runs on its own; follow it with `lookalike runs logs -f {run.name}`")
        say(run.name)
        return
    _carry(run, go_on := f"lookalike fit ... --name {run.name}{f' --seeds {seeds}' * (seeds > 1)} --resume")
    if not as_json:
        _print_result(run)
    for number in range(1, seeds):
        _carry(run.repeat(number), go_on)
    _conclude(run, seeds, as_json=as_json)


def _carry(run: "Run", go_on: str) -> None:
    """Shows a run until it has ended; one that failed ends the command with its exit code.

    Args:
        run: The run; of one that has finished before, nothing is shown.
        go_on: The command that goes on with it.
    """
    from lookalike.backends import Status
    from lookalike.cli.watch import watch

    if run.status() == Status.FINISHED:
        return
    try:
        watch(run)
    except KeyboardInterrupt:
        run.cancel()
        note(f"\n{run.name} is stopped; go on with `{go_on}`")
        raise typer.Exit(130) from None
    record = run.wait().record()
    if record.error:
        note(f"error: {record.error}")
        raise typer.Exit(record.exit_code or 1)


def _conclude(run: "Run", seeds: int, *, as_json: bool) -> None:
    """Tells what is left to tell, and ends with the exit code of the first run."""
    if as_json:
        several = {"seeds": run.spread().facts()} if seeds > 1 else {}
        print_json({"name": run.name, **run.metrics(), "verdict": run.verdict(), "report": str(run.report), **several})
    elif seeds > 1:
        _print_spread(run)
    raise typer.Exit(0 if run.record().promoted else NOT_PROMOTED)


def _print_result(run: "Run") -> None:
    run.display_metrics()
    promoted = run.record().promoted
    say(f"verdict  {'promoted' if promoted else 'refused'}: {'; '.join(run.verdict()['reasons'])}")
    say(f"report   {run.report}")
    say(f"{'release' if promoted else 'encoder'}  {run.artifact_id}")
    if promoted:
        note(f"next: lookalike serve {run.name}, or lookalike search {run.name} PICTURE")


def _print_spread(run: "Run") -> None:
    from lookalike.display.tables import show, spread_table

    spread = run.spread()
    show(spread_table(spread.facts()))
    for outcome in spread.outcomes[1:]:
        say(f"report   {outcome.report}")
