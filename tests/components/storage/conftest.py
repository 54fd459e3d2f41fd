"""The places where a file can be; a test that takes `root` runs once for each."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(params=["path", "file", "gs"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    places: dict[str, Callable[[], str]] = {
        "path": lambda: str(tmp_path / "store"),
        "file": lambda: (tmp_path / "store").as_uri(),
        "gs": lambda: str(request.getfixturevalue("bucket")),
    }
    return places[request.param]()


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder on this machine, apart from the store."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder
