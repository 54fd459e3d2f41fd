"""``lookalike add`` and ``remove``: entries of a running server's index."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.options import AsJson, CaFile, ServerToken, Url, client_of, note, parsed_column, print_json, say

if TYPE_CHECKING:
    from lookalike.client.index.adding import Outcome
    from lookalike.client.service.entries import Value

ADD = """
**Examples**

`lookalike add ./photos --url http://127.0.0.1:8080` (one subfolder a label)

`lookalike add new-1.jpg new-2.jpg --label mug --column shop=3 --url http://127.0.0.1:8080`

`lookalike add products.csv --url https://shoes.example.org --token-file token` (columns `image`, `label` and more)

The server needs a `--journal`. A picture is known by the sha256 of its file, and where it came from is its path in
full, its `gs://` or its web address. So the same command again adds nothing twice: what is there as it would be added
is not sent, and after an interruption it goes on. The same file with another place, label or column replaces what is
there. Rows of a table with columns beside the label are always sent, and replace themselves.

The label is the table's column `label`, or the name of the folder that a picture lies in, none for those at the top.

Ends with 0 where pictures are in the index at the end, also if some were refused: each is named, with the reason. With
2 where all of them were.
"""
REMOVE = """
**Examples**

`lookalike remove 4f1c9e... --url http://127.0.0.1:8080`

`sha256sum ./photos/old/* | cut -d " " -f 1 | lookalike remove --ids-from - --url http://127.0.0.1:8080`

`lookalike search` and `lookalike add` tell ids with `--json`. Pictures that came with the release can be removed, too,
and stay out of later ones until they are added again. An id that is not there is named, and is no failure.
"""


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog=ADD)(add)
    app.command(epilog=REMOVE)(remove)


def add(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="PICTURES",
            help="A folder (one subfolder a label), archive, table, shards or gs:// prefix; or single pictures.",
        ),
    ],
    url: Url,
    label: Annotated[
        str | None, typer.Option(metavar="NAME", help="What all of them show.", show_default=False)
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="COLUMN=VALUE", help="More to filter by, of all of them; repeatable."),
    ] = None,
    token_file: ServerToken = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Add pictures to the index of a running server; they can be found at once."""
    from lookalike.client.index.adding import Adding
    from lookalike.client.index.pictures import listed_pictures, open_pictures
    from lookalike.client.index.presence import Presence
    from lookalike.display.progress_bar import advancing

    given = _columns(columns or [])
    with client_of(url, token_file, ca_file) as client, open_pictures(what) as source:
        pictures = listed_pictures(source, what[0], label, given)
        presence = Presence(client, given)
        with advancing(len(pictures), "pictures") as progress:
            adding = Adding(client, source, presence, _refuse, progress)
            with _stopped(lambda: adding.outcome.kept, f"of {len(pictures):,} pictures in the index"):
                outcome = adding.add(pictures)
    _tell(outcome, what, len(pictures), as_json)


def _columns(given: Sequence[str]) -> "dict[str, Value]":
    from lookalike_components.errors import UserError

    columns = dict(parsed_column("--column", text) for text in given)
    if empty := [name for name, value in columns.items() if value in {None, ""}]:
        raise UserError(f"--column {empty[0]} has no value; write --column {empty[0]}=VALUE, or leave it out")
    if own := {"image_id", "uri", "label"} & columns.keys():
        raise UserError(f"--column {min(own)} is what every entry has; give the label with --label")
    return columns


def _refuse(uri: str, reason: str) -> None:
    note(f"{uri} {reason}")


@contextmanager
def _stopped(done: Callable[[], int], what: str) -> Iterator[None]:
    """Tells what was done, and stays so, where the rest cannot be."""
    from lookalike_components.errors import LookalikeError

    try:
        yield
    except (LookalikeError, KeyboardInterrupt):
        if done():
            note(f"stopped with {done():,} {what}; they stay so, and the same command goes on from there")
        raise


def _tell(outcome: "Outcome", what: Sequence[str], pictures: int, as_json: bool) -> None:
    from lookalike_components.errors import UserError, listed

    if not outcome.kept:
        raise UserError(f"no picture of {listed(what)} could be added; the reasons stand above")
    counts = {"added": outcome.added, "replaced": outcome.replaced, "there": outcome.there, "copies": outcome.copies}
    if as_json:
        refused = [{"picture": uri, "reason": reason} for uri, reason in outcome.refused]
        print_json({"pictures": pictures, **counts, "refused": refused, "ids": outcome.ids})
        return
    told = {
        "added": outcome.added,
        "replaced": outcome.replaced,
        "there already": outcome.there,
        "the same as another": outcome.copies,
        "refused": len(outcome.refused),
    }
    parts = ", ".join(f"{count:,} {name}" for name, count in told.items() if count)
    say(f"in the index: {outcome.kept:,} of {pictures:,} pictures ({parts})")


def remove(
    url: Url,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="What entries are known by.")] = None,
    ids_from: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File with an id a line; - for stdin.", show_default=False),
    ] = None,
    token_file: ServerToken = None,
    ca_file: CaFile = None,
    as_json: AsJson = False,
) -> None:
    """Take entries out of the index of a running server; they cannot be found any more."""
    from lookalike.client.index.removing import Removed, remove_all
    from lookalike_components.errors import UserError

    if not ids and ids_from is None:
        raise UserError("there are no ids; pass some, or a file of them with --ids-from")
    wanted = [*(ids or []), *(_lines(ids_from) if ids_from else [])]
    removed = Removed()
    with client_of(url, token_file, ca_file) as client, _stopped(lambda: removed.removed, "removed"):
        remove_all(client, wanted, removed)
    if as_json:
        print_json({"removed": removed.removed, "unknown": removed.unknown})
        return
    for id_ in removed.unknown:
        note(f"{id_} is not in the index")
    say(f"{removed.removed:,} removed" + (f", {len(removed.unknown):,} not there" if removed.unknown else ""))


def _lines(file: Path) -> list[str]:
    from lookalike_components.errors import UserError

    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "") or "it is no text"
        raise UserError(f"the ids in {file} cannot be read ({reason}); pass a file with an id a line") from error
    return [line for line in map(str.strip, text.splitlines()) if line]
