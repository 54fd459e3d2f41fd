"""The command line: results on stdout, progress on stderr, ``--json`` for machines.

Exit codes: 0 done, 1 failed, 2 the user's input, 3 not promoted.
"""

import os
import sys

from lookalike.cli.app import app
from lookalike_components.errors import LookalikeError


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    try:
        app()
    except LookalikeError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `lookalike runs list | head` is no failure
        sys.exit(0)
