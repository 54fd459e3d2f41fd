"""Prints the flags with which images are built on this machine: podman's, and what its pip knows of places.

Where pip has an index, a folder of wheels or a certificate of its own, its settings go along as a secret and the
folders are mounted, so that neither is in a layer.

    python3 .ci/image_build_flags.py SETTINGS_FILE
"""

import subprocess
import sys
from pathlib import Path

PLACES = ("cert", "extra-index-url", "find-links", "index-url")


def settings() -> dict[str, str]:
    """The places that pip knows, of the environment and of its files alike."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    pairs = (line.partition("=") for line in listing.splitlines())
    return {name.rpartition(".")[2]: value.strip("'") for name, _, value in pairs if name.rpartition(".")[2] in PLACES}


def mounted(places: dict[str, str]) -> list[str]:
    """What of it lies on this machine's disk; an index may keep its files beside it."""
    words = [word for value in places.values() for word in value.split()]
    paths = [str(Path(word.removeprefix("file://")).parent) for word in words if word.startswith("file:///")]
    paths += [word for word in words if word.startswith("/")]
    return [f"--volume={path}:{path}:ro" for path in dict.fromkeys(paths)]


def main(file: Path) -> None:
    """Writes pip's settings to ``file`` and prints the flags."""
    places = settings()
    lines = ["[global]", *(f"{name} = {value}" for name, value in places.items())]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    flags = ["--pull=never", "--network=host", f"--secret=id=pip,src={file}", *mounted(places)]
    sys.stdout.write(" ".join(flags) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
