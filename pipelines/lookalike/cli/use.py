"""``lookalike encode``, ``search`` and ``sprites``: the encoder and the pictures in use."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lookalike.cli.options import AsJson, RunName, Runs, note, print_json, say

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Pictures = Annotated[list[str], typer.Argument(metavar="PICTURE...", help="Files or URIs.")]
OUTPUTS = (".npy", ".parquet", ".jsonl")


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="**Example**: `lookalike encode photos-1 *.jpg --output vectors.parquet`")(encode)
    app.command(epilog="**Example**: `lookalike search photos-1 query.jpg -k 5`")(search)
    app.command(epilog="**Example**: `lookalike sprites ./photos --output sheet.png`")(sprites)


def encode(
    name: RunName,
    pictures: Pictures,
    output: Annotated[
        Path | None, typer.Option(help="A .npy, .parquet or .jsonl file; JSON Lines on stdout unless given.")
    ] = None,
    runs: Runs = None,
) -> None:
    """Embed pictures with a run's encoder: one vector of length 1 a picture."""
    from lookalike.client import sdk
    from lookalike_components.errors import UserError

    if output and output.suffix not in OUTPUTS:
        raise UserError(f"--output {output} should end in one of {', '.join(OUTPUTS)}")
    vectors = sdk.encode(sdk.get_model(sdk.get_run(name, runs)), pictures)
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
    name: RunName,
    picture: Annotated[str, typer.Argument(help="The query: a file or URI.")],
    k: Annotated[int, typer.Option("-k", help="How many neighbours.")] = 5,
    runs: Runs = None,
    as_json: AsJson = False,
) -> None:
    """Find the pictures of a run's release that are most like one picture."""
    from dataclasses import asdict

    from lookalike.client import sdk
    from lookalike.client.service import matches_of
    from lookalike.display.tables import matches_table, show
    from lookalike_components.release.runtime import Release

    run = sdk.get_run(name, runs)
    release = Release.open(run.backend.artifact(name, "release"))
    vectors = release.encode([sdk.picture_bytes(picture)])
    matches = matches_of(release.search(vectors, k))[0]
    print_json([asdict(match) for match in matches]) if as_json else show(matches_table(matches))


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
