"""``lookalike push``: a file of embeddings to a vector database."""

from pathlib import Path
from typing import Annotated

import typer

from lookalike.cli.options import note


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(
        epilog="**Example**: `lookalike push embeddings.parquet --to qdrant`, or "
        "`lookalike push embeddings.parquet --to pgvector --url postgresql://me@host/shop`"
    )(push)


def push(
    file: Annotated[Path, typer.Argument(help="Parquet, as `lookalike encode SOURCE --url` writes it.")],
    to: Annotated[str, typer.Option(metavar="KIND", help="qdrant or pgvector.")],
    url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="The database: http://host:6333, or postgresql://user@host/name; this machine unless given.",
            show_default=False,
        ),
    ] = "",
    collection: Annotated[
        str, typer.Option(metavar="NAME", help="Collection or table, made unless it is there.")
    ] = "lookalike",
) -> None:
    """Put embeddings into a vector database. The same again changes nothing.

    Passwords are not given here: Qdrant's key is read from QDRANT_API_KEY, PostgreSQL's password from PGPASSWORD or
    ~/.pgpass.
    """
    from lookalike.client.embeddings.pushing import push as pushed
    from lookalike.client.embeddings.table import EmbeddingsFile
    from lookalike.display.progress_bar import advancing

    with advancing(EmbeddingsFile(file).rows, "embeddings") as progress:
        rows = pushed(file, to, url, collection, progress)
    note(f"{rows:,} embeddings are in {collection}")
