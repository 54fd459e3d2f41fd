"""``lookalike encode``, ``search`` and ``sprites``: the encoder and the pictures in use."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lookalike.cli.options import (
    AsJson,
    CaFile,
    Runs,
    ServerToken,
    Url,
    client_of,
    note,
    parsed_column,
    print_json,
    say,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lookalike.client.service import Client, Match

RunAndPictures = Annotated[
    list[str], typer.Argument(metavar="[RUN] PICTURE...", help="A run, unless --url is given; then files or URIs.")
]
OUTPUTS = (".npy", ".parquet", ".jsonl")


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(
        epilog="**Example**: `lookalike encode photos-1 *.jpg --output vectors.parquet`, or a whole folder by a "
        "server: `lookalike encode ./photos --url http://127.0.0.1:8080 --output embeddings.parquet`"
    )(encode)
    app.command(
        epilog="**Example**: `lookalike search photos-1 query.jpg -k 5`, or "
        "`lookalike search query.jpg --url http://127.0.0.1:8080 --filter label=mug`"
    )(search)
    app.command(epilog="**Example**: `lookalike sprites ./photos --output sheet.png`")(sprites)


def encode(
    what: RunAndPictures,
    output: Annotated[
        Path | None, typer.Option(help="A .npy, .parquet or .jsonl file; JSON Lines on stdout unless given.")
    ] = None,
    url: Url = "",
    token_file: ServerToken = None,
    ca_file: CaFile = None,
    runs: Runs = None,
) -> None:
    """Embed pictures: one vector of length 1 a picture.

    By a run's encoder on this machine, or by a server (--url). A server also takes a whole source: a folder, archive
    or table, into a Parquet file that grows beside it and is taken up again after an interruption.
    """
    from lookalike_components.errors import UserError

    if output and output.suffix not in OUTPUTS:
        raise UserError(f"--output {output} should end in one of {', '.join(OUTPUTS)}")
    if not url:
        name, pictures = _run_and(what)
        _hand_out(output, pictures, _encoded_by_run(name, pictures, runs))
        return
    with client_of(url, token_file, ca_file) as client:
        if _is_source(what):
            _encode_source(client, what[0], output)
        else:
            _hand_out(output, what, client.encode(what))


def _run_and(what: list[str]) -> tuple[str, list[str]]:
    from lookalike_components.errors import UserError

    if len(what) < 2:
        raise UserError(f"{what[0]} stands alone; pass a run and the pictures, or --url with a server")
    return what[0], what[1:]


def _encoded_by_run(name: str, pictures: list[str], runs: str | None) -> "npt.NDArray[np.float32]":
    from lookalike.client import sdk

    return sdk.encode(sdk.get_model(sdk.get_run(name, runs)), pictures)


def _is_source(what: list[str]) -> bool:
    from lookalike_components.ingest.sources.names import is_image

    return len(what) == 1 and not is_image(what[0])


def _encode_source(client: "Client", name: str, output: Path | None) -> None:
    from lookalike.client.embeddings.encoding import encode_source
    from lookalike.client.embeddings.table import Origin
    from lookalike.display.progress_bar import advancing
    from lookalike_components.errors import UserError, listed
    from lookalike_components.ingest.config import IngestConfig
    from lookalike_components.ingest.sources import open_source

    if output is None or output.suffix != ".parquet":
        raise UserError(f"the embeddings of {name} go into a Parquet file; pass --output embeddings.parquet")
    origin = Origin.of(client.manifest())
    with open_source(IngestConfig(source=name, store=".")) as source, advancing(len(source.listing)) as progress:
        outcome = encode_source(client, origin, source, output, progress)
    before = f", {outcome.kept:,} of them from before" if outcome.kept else ""
    note(f"{outcome.encoded + outcome.kept:,} vectors of {origin.dimension:,} numbers in {output}{before}")
    if outcome.refused:
        reasons = listed((f"{uri} {reason}" for uri, reason in outcome.refused.items()), most=10)
        note(f"left out {len(outcome.refused):,}: {reasons}")


def _hand_out(output: Path | None, pictures: list[str], vectors: "npt.NDArray[np.float32]") -> None:
    if output:
        _write(output, pictures, vectors)
        note(f"{len(pictures):,} vectors of {vectors.shape[1]:,} numbers in {output}")
    else:
        for picture, vector in zip(pictures, vectors, strict=True):
            say(json.dumps({"picture": picture, "embedding": vector.tolist()}))


def _write(output: Path, pictures: list[str], vectors: "npt.NDArray[np.float32]") -> None:
    import numpy as np
    import pandas as pd

    if output.suffix == ".npy":
        np.save(output, vectors)
        return
    frame = pd.DataFrame({"picture": pictures, "embedding": list(vectors)})
    frame.to_parquet(output) if output.suffix == ".parquet" else frame.to_json(output, orient="records", lines=True)


def search(
    what: Annotated[
        list[str],
        typer.Argument(metavar="[RUN] PICTURE", help="A run, unless --url is given; then the query: a file or URI."),
    ],
    k: Annotated[int, typer.Option("-k", help="How many neighbours.")] = 5,
    filters: Annotated[
        list[str] | None,
        typer.Option(
            "--filter", metavar="COLUMN=VALUE", help="What they have to be, such as label=mug; repeatable; with --url."
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="What is not to be found; repeatable; with --url.")
    ] = None,
    url: Url = "",
    token_file: ServerToken = None,
    ca_file: CaFile = None,
    runs: Runs = None,
    as_json: AsJson = False,
) -> None:
    """Find the pictures most like one, in a run's release or in the index of a server (--url)."""
    from dataclasses import asdict

    from lookalike.display.tables import matches_table, show
    from lookalike_components.errors import UserError

    if len(what) != (1 if url else 2):
        raise UserError("one picture is searched for at a time; pass RUN PICTURE, or PICTURE and --url")
    matches: list[Match]
    if url:
        with client_of(url, token_file, ca_file) as client:
            matches = client.search([what[0]], k, filter=_filter(filters or []), exclude=exclude or [])[0]
    elif filters or exclude:
        raise UserError("--filter and --exclude are for a server; pass its --url")
    else:
        matches = _found_by_run(what[0], what[1], k, runs)
    print_json([asdict(match) for match in matches]) if as_json else show(matches_table(matches))


def _found_by_run(name: str, picture: str, k: int, runs: str | None) -> "list[Match]":
    from lookalike.client import sdk
    from lookalike.client.service import matches_of
    from lookalike_components.release.runtime import Release

    release = Release.open(sdk.get_run(name, runs).backend.artifact(name, "release"))
    return matches_of(release.search(release.encode([sdk.picture_bytes(picture)]), k))[0]


def _filter(conditions: list[str]) -> dict[str, Any]:
    """``COLUMN=VALUE`` each; a column again means any of the values."""
    wanted: dict[str, list[Any]] = {}
    for condition in conditions:
        column, value = parsed_column("--filter", condition)
        wanted.setdefault(column, []).append(value)
    return wanted


def sprites(
    source: Annotated[str, typer.Argument(help="Folder of pictures, CSV, JSON Lines or Parquet.")],
    output: Annotated[Path, typer.Option(help="The sheet, a .png or .jpg file.")] = Path("sprites.png"),
    most: Annotated[int, typer.Option(min=1, help="How many pictures at the most, spread over the source.")] = 64,
) -> None:
    """Make one sheet of a source's pictures, to see what there is."""
    from lookalike.display.sprites import sprite_sheet
    from lookalike_components.ingest.sources import read_source

    found = read_source(source)["uri"].tolist()
    sprite_sheet(found[:: -(-len(found) // most)]).save(output)
    say(output)
