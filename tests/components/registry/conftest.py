from collections.abc import Callable
from pathlib import Path

import pytest
from published import Made, make_release


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Made]:
    """Makes a release: ``make(name, parent="")``."""
    return lambda name, parent="": make_release(tmp_path / "made", name, parent)


@pytest.fixture(params=["folder", "bucket"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty artifact store: a folder, and a prefix of a real object storage server."""
    if request.param == "folder":
        return str(tmp_path / "artifacts")
    return f"{request.getfixturevalue('bucket')}/lookalike"
