"""``lookalike serve``: KServe's server on a run's release."""

import os
import sys
from typing import Annotated

import typer

from lookalike.cli.options import RunName, Runs


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog="**Example**: `lookalike serve photos-1 --port 8080`")(serve)


def serve(
    name: RunName,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the REST protocols.")] = 8080,
    grpc_port: Annotated[int, typer.Option(help="Port of gRPC.")] = 8081,
    runs: Runs = None,
) -> None:
    """Serve a run's release by KServe's protocols: models `encoder` and `search`, over REST and gRPC."""
    from lookalike.client import sdk

    release = sdk.get_run(name, runs).backend.artifact(name, "release")
    arguments = ["--release", str(release), "--host", host, "--http-port", str(port), "--grpc-port", str(grpc_port)]
    command = [sys.executable, "-m", "lookalike_components.serve", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 (this process becomes the server, so that signals reach it)
