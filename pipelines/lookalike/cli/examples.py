"""``lookalike example``: pictures to try things on."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.cli.options import note, say

example_app = typer.Typer(help="Fetch example pictures.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(example_app, name="example")


@example_app.command(epilog="**Example**: `lookalike example emoji ./pictures`, then `lookalike fit ./pictures`")
def emoji(
    folder: Annotated[Path, typer.Argument(help="Where the pictures go.")],
    flat: Annotated[
        bool, typer.Option("--flat", help="All files in one folder, four in a row an object, as in UKBench.")
    ] = False,
) -> None:
    """1,561 objects, each drawn by four hands: Noto, Twemoji, OpenMoji and Fluent emoji."""
    from lookalike.example_pictures import fetch_emoji

    fetch_emoji(folder, flat=flat)
    say(folder)


@example_app.command(
    epilog="**Example**: `lookalike example ukbench`, then `lookalike fit ukbench.csv --config examples/ukbench.yaml`"
)
def ukbench(
    file: Annotated[Path, typer.Argument(help="Where the list goes, a .csv file.")] = Path("ukbench.csv"),
) -> None:
    """List the 2,000 UKBench pictures of the walkthrough, at the Internet Archive; the run fetches them."""
    from lookalike.example_pictures import write_ukbench_list

    write_ukbench_list(file)
    say(file)
    note(f"next: lookalike fit {file} --config examples/ukbench.yaml")
