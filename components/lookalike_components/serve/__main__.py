"""``python -m lookalike_components.serve``: serve one release."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from lookalike_components.errors import LookalikeError
from lookalike_components.progress import say
from lookalike_components.serve.address import Address


def main(argv: Sequence[str] | None = None) -> int:
    """Serves a release until told to stop; returns the exit code."""
    arguments = parser().parse_args(argv)
    # Loading KServe takes seconds, and --help and mistyped options need not wait for it.
    from lookalike_components.serve.server import serve

    try:
        serve(arguments.release, Address(arguments.host, arguments.http_port, arguments.grpc_port))
    except LookalikeError as error:
        say(f"error: {error}")
        return error.exit_code
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line; a ServingRuntime has to speak it too."""
    parser = argparse.ArgumentParser("python -m lookalike_components.serve", description="Serve one release.")
    parser.add_argument("--release", required=True, metavar="FOLDER", help="the sealed release")
    parser.add_argument("--host", help="address to listen on (%(default)s)")
    parser.add_argument("--http-port", type=int, metavar="PORT", help="v1 and v2 over REST (%(default)s)")
    parser.add_argument("--grpc-port", type=int, metavar="PORT", help="v2 over gRPC (%(default)s)")
    parser.set_defaults(**asdict(Address()))
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
