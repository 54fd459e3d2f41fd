"""``lookalike ablate``: what each part of the recipe is worth."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.options import AsJson, Source, note, print_json, say, takes_settings

if TYPE_CHECKING:
    from lookalike.ablation import Ablation

EPILOG = """
**Examples**

`lookalike ablate ./photos --model mobilenet_v2 --set train.steps=200`

`lookalike ablate ./photos --parts augmentation,loss --seeds 2`

`lookalike ablate ./photos --preset walkthrough --markdown`

`lookalike ablate ./photos --parts-from mine.yaml --json`

The recipe is what the settings say. Its parts are switched one at a time; the table shows what that changes on labels
that training never saw, with a 95 % interval. The test labels of a run stay closed. Hours are usual: stop it when you
like, the same command goes on where it was. Parts and groups are in docs/training.md.
"""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog=EPILOG)(ablate)


@takes_settings
def ablate(
    source: Source,
    parts: Annotated[
        str,
        typer.Option(
            metavar="NAME,...", help="Parts or groups of parts to switch, or all; the usual ones unless given."
        ),
    ] = "",
    parts_from: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A table of parts of one's own.", show_default=False)
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Folds that the training labels are divided into.")] = 3,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each kind on each fold.")] = 1,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where tables and results go.")] = Path("ablation"),
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the table in Markdown.")] = False,
    as_json: AsJson = False,
    **settings: Any,
) -> None:
    """Measure what each part of the recipe is worth on your pictures."""
    from lookalike import ablation
    from lookalike.ablation import tables

    names = [name.strip() for name in parts.split(",") if name.strip()]
    given: dict[str, Any] = {"parts": names, "parts_from": parts_from, "number_of_folds": folds, "seeds": seeds}
    outcome = ablation.ablate(source, output=output, say=note, **given, **settings)
    if as_json:
        print_json(outcome.facts())
    elif markdown:
        say(tables.markdown(outcome))
    else:
        _show(outcome)


def _show(outcome: "Ablation") -> None:
    from lookalike.ablation.tables import terminal_table
    from lookalike.display.tables import show

    show(terminal_table(outcome))
    for name, reason in outcome.left_out.items():
        note(f"not measured: {name}: {reason}")
