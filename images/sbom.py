"""Writes the software bill of materials (CycloneDX) of an image: its Python packages and its Debian packages.

python3 images/sbom.py ENVIRONMENT FILE
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

CYCLONEDX = "/opt/tools/bin/cyclonedx-py"
DEBIAN = "${Package}\t${Version}\t${Architecture}\n"


def main(environment: Path, file: Path) -> None:
    """Lists what is installed in ``environment``, and beside it in the image."""
    bill = python_packages(environment)
    bill["components"] += debian_packages()
    file.write_text(json.dumps(bill, indent=1, sort_keys=True), encoding="utf-8")


def python_packages(environment: Path) -> dict[str, Any]:
    """The bill of a virtual environment: names, versions, licences and who needs whom; no time, no random number."""
    command = [CYCLONEDX, "environment", "--output-reproducible", str(environment / "bin/python")]
    bill: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return bill


def debian_packages() -> list[dict[str, str]]:
    """What dpkg has installed, as components of a bill."""
    listing = subprocess.run(["dpkg-query", "--show", "--showformat", DEBIAN], check=True, capture_output=True)
    return [_debian_package(*line.split("\t")) for line in listing.stdout.decode().splitlines()]


def _debian_package(name: str, version: str, architecture: str) -> dict[str, str]:
    url = f"pkg:deb/debian/{name}@{version}?arch={architecture}"
    return {"type": "library", "bom-ref": url, "name": name, "version": version, "purl": url}


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
