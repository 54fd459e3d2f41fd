"""An untrained encoder, and the image table of twelve drawn things."""

from pathlib import Path

import pandas as pd
import pytest

from lookalike_components.dataset import ShardWriter, write_table
from lookalike_components.encoder import folder
from lookalike_components.encoder.model import build


@pytest.fixture(scope="module")
def encoder_folder(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "encoder"
    folder.save(build("resnet18", str(weights), 32), path)
    return path


def _row(path: Path, position: int, writer: ShardWriter) -> dict[str, object]:
    location = writer.add(path.read_bytes(), "PNG")
    subset = "validation" if path.parent.name < "thing-04" else "train"
    picture = {"uri": str(path), "position": position, "format": "PNG", "width": 48, "height": 48}
    return picture | {"location": location, "label": path.parent.name, "subset": subset}


@pytest.fixture(scope="module")
def rows(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """12 labels of 4; the first four validate."""
    with ShardWriter(tmp_path_factory.mktemp("store")) as writer:
        paths = sorted(photos.glob("thing-*/[0-3].png"))[:48]
        rows = [_row(path, position, writer) for position, path in enumerate(paths)]
    table = pd.DataFrame(rows)
    locations = pd.DataFrame(list(table.pop("location")))
    return table.join(locations)


@pytest.fixture(scope="module")
def table(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "table.parquet"
    write_table(rows, path)
    return path
