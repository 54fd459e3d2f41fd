"""``lookalike serve``: KServe's server on a run's release."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from lookalike.cli.options import RunName, Runs


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(
        epilog="**Example**: `lookalike serve photos-1 --port 8080 -- --most-images 32`",
        context_settings={"allow_extra_args": True},
    )(serve)


def serve(
    context: typer.Context,
    name: RunName,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the REST protocols.")] = 8080,
    grpc_port: Annotated[int, typer.Option(help="Port of gRPC.")] = 8081,
    runtime: Annotated[str, typer.Option(help="auto (the fastest that the release ships), or its name.")] = "auto",
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Keeps entries added and removed; without it none can be.", show_default=False
        ),
    ] = None,
    most_entries: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Entries that the journal may hold; 100,000 unless given.", show_default=False
        ),
    ] = None,
    page: Annotated[bool, typer.Option(help="Answer / with a page to try the server.")] = True,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Holds the token that clients must send.", show_default=False),
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PEM with the certificate and its chain.", show_default=False)
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="PEM with the certificate's key.", show_default=False)
    ] = None,
    runs: Runs = None,
) -> None:
    """Serve a run's release by KServe's protocols: models `encoder` and `search`, over REST and gRPC.

    What follows `--` goes to the server as it is; `python -m lookalike_components.serve --help` lists it: limits,
    timeouts, logs.
    """
    from lookalike.client import sdk

    release = sdk.get_run(name, runs).backend.artifact(name, "release")
    arguments = ["--release", str(release), "--host", host, "--http-port", str(port), "--grpc-port", str(grpc_port)]
    arguments += ["--runtime", runtime, *([] if page else ["--no-page"])]
    files = {"journal": journal, "token-file": token_file, "tls-certificate": tls_certificate, "tls-key": tls_key}
    given = {**files, "most-entries": most_entries}
    arguments += [f"--{option}={value}" for option, value in given.items() if value]
    command = [sys.executable, "-m", "lookalike_components.serve", *arguments, *context.args]
    os.execv(sys.executable, command)  # noqa: S606 (this process becomes the server, so that signals reach it)
