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

A CSV's image column may be called `image`, `uri`, `path` or `file_name`; without a header, the first column is the
image and the second the label. Paths are relative to the file; `gs://` and `https://` URLs may stand beside them. Other
columns are kept. Every setting (`--set SECTION.FIELD=VALUE`) is listed in
docs/configuration.md.
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
    as_json: AsJson = False,
    **settings: Any,
) -> None:
    """Fine-tune an encoder on your pictures, prove that it got better, and release it."""
    from lookalike.client import sdk

    run = sdk.fit(source, name=name, runs=runs, detach=True, resume=resume, **settings)
    if detach:
        note(f"{run.name} runs on its own; follow it with `lookalike runs logs -f {run.name}`")
        say(run.name)
        return
    _watch(run)
    _conclude(run, as_json=as_json)


def _watch(run: "Run") -> None:
    from lookalike.cli.watch import watch

    try:
        watch(run)
    except KeyboardInterrupt:
        run.cancel()
        note(f"\n{run.name} is stopped; go on with `lookalike fit ... --name {run.name} --resume`")
        raise typer.Exit(130) from None


def _conclude(run: "Run", *, as_json: bool) -> None:
    """Prints the result and ends with its exit code."""
    record = run.wait().record()
    if record.error:
        note(f"error: {record.error}")
        raise typer.Exit(record.exit_code or 1)
    if as_json:
        print_json({"name": run.name, **run.metrics(), "verdict": run.verdict(), "report": str(run.report)})
    else:
        _print_result(run)
    raise typer.Exit(0 if record.promoted else NOT_PROMOTED)


def _print_result(run: "Run") -> None:
    run.display_metrics()
    promoted = run.record().promoted
    say(f"verdict  {'promoted' if promoted else 'refused'}: {'; '.join(run.verdict()['reasons'])}")
    say(f"report   {run.report}")
    say(f"{'release' if promoted else 'encoder'}  {run.artifact_id}")
    if promoted:
        note(f"next: lookalike serve {run.name}, or lookalike search {run.name} PICTURE")
