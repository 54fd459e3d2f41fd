"""What several rooms share: an image table of drawn things."""

from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.dataset import ShardWriter

TRAINED = 8


def _row(path: Path, position: int, writer: ShardWriter) -> dict[str, object]:
    location = writer.add(path.read_bytes(), "PNG")
    subset = "train" if int(path.parent.name.removeprefix("thing-")) < TRAINED else "validation"
    picture = {
        "uri": str(path),
        "position": position,
        "format": "PNG",
        "width": 48,
        "height": 48,
        "perceptual_hash": None,
    }
    return picture | {"location": location, "label": path.parent.name, "subset": subset}


@pytest.fixture(scope="session")
def rows(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The image table of some of the drawings: 12 labels of 4, eight to train on, the last four to validate with."""
    with ShardWriter(tmp_path_factory.mktemp("store")) as writer:
        paths = sorted(photos.glob("thing-*/[0-3].png"))[:48]
        rows = [_row(path, position, writer) for position, path in enumerate(paths)]
    table = pd.DataFrame(rows)
    locations = pd.DataFrame(list(table.pop("location")))
    return table.join(locations)
