"""The whole loop in one script: pictures, training, proof, release, server, search.

make demo                          the same, environment included
python examples/demo.py pictures   needs the environment of `make install`; about 7 minutes on 2 cores
"""

import subprocess
import sys
import time
from pathlib import Path

import lookalike
from lookalike.example_pictures import fetch_emoji

CONFIG = Path(__file__).parent / "emoji.yaml"


def main(folder: Path) -> int:
    """Runs the loop on the example pictures in ``folder`` and returns the exit code."""
    started = time.monotonic()
    fetch_emoji(folder)
    fitted = subprocess.run(
        [sys.executable, "-m", "lookalike", "fit", str(folder), "--config", str(CONFIG)], check=False
    )
    if fitted.returncode != 0:
        return fitted.returncode

    run = lookalike.list_runs()[-1]
    query = sorted(folder.glob("*/*.png"))[0]
    with lookalike.serving(run.artifact_id) as client:
        (matches,) = client.search([query], k=5)
        release = client.release
    sys.stdout.write(f"\nneighbours of {query}, by the server on release {release[:12]}\n")
    for match in matches:
        sys.stdout.write(f"  {match.score:.3f}  {match.label:<24} {match.uri}\n")
    sys.stdout.write(f"\nall of it took {time.monotonic() - started:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "pictures")))
