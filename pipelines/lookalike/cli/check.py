"""``lookalike check``: what a run would make of a source, in advance."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.options import AsJson, note, parsed_settings, print_json, say

if TYPE_CHECKING:
    from lookalike.inspection import Inspection

EPILOG = """
**Examples**

`lookalike check ./photos`

`lookalike check ./photos --page check.html` (with pictures of what it found)

`lookalike check products.csv --label-rule column --json`

`lookalike check gs://bucket/photos --set ingest.most_megabytes=20`

Nothing is moved or written but the page. Ends with 0 where images can be used, with 2 where none can.
"""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog=EPILOG)(check)


def check(
    source: Annotated[str, typer.Argument(help="What `lookalike fit` takes: a folder, an archive, a list, shards.")],
    page: Annotated[
        Path | None, typer.Option(help="HTML file to write, with pictures of what was found.", show_default=False)
    ] = None,
    label_rule: Annotated[
        str | None, typer.Option(help="Where labels come from: folder, column, table, pattern, position, pairs, none.")
    ] = None,
    singletons: Annotated[
        str | None, typer.Option(help="What happens to a label with one picture: refuse, drop, keep.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="SECTION.FIELD=VALUE", help="Any setting of ingest or label; repeatable."),
    ] = None,
    preset: Annotated[str, typer.Option(help="Packaged settings: best (the default), quick, walkthrough.")] = "",
    config: Annotated[Path | None, typer.Option(help="YAML file with settings.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what a run would accept, refuse and suspect, without running."""
    from lookalike import inspection

    flags = {"label.rule": label_rule, "label.singletons": singletons}
    given = {field: value for field, value in flags.items() if value is not None}
    given |= parsed_settings(settings or [])
    found = inspection.check(source, page=page, preset=preset, config=config, **given)
    if as_json:
        print_json(found.facts())
    else:
        _show(found)
    note(f"pictures of it are in {page}" if page else "see the pictures with --page check.html")
    raise typer.Exit(0 if found.usable else 2)


def _show(found: "Inspection") -> None:
    from lookalike.display.tables import show
    from lookalike.inspection.terminal import inspection_table

    show(inspection_table(found))
    for sentence in found.stops:
        say(f"fit would stop: {sentence}")
