"""What the worker leaves of a run that did not end well."""

import shutil

import pytest

import lookalike
from lookalike.backends import Status

pytestmark = pytest.mark.slow


@pytest.fixture
def leaky(photos, tmp_path):
    """Two folders whose first four labels are the same pictures; the second folder is to be the test."""
    for half in ("a", "b"):
        for label in ("thing-00", "thing-01", "thing-02", "thing-03"):
            shutil.copytree(photos / label, tmp_path / "things" / half / label)
    return tmp_path / "things"


def test_a_run_that_refuses_leaks_keeps_the_page_that_its_sentence_names(leaky, weights, tmp_path):
    ranges = {"by": "position", "train_positions": "0:24", "test_positions": "24:48"}
    encoder = {"model": "resnet18", "weights": str(weights), "input_size": 32}
    run = lookalike.fit(
        leaky, name="leaky", runs=tmp_path / "runs", artifacts=str(tmp_path / "store"), split=ranges, **encoder
    )
    folder = tmp_path / "runs" / "leaky"
    assert run.status() == Status.FAILED
    assert f"look at {folder / 'leaks.html'}, then" in run.record().error
    assert "24 leaks" in (folder / "leaks.html").read_text()
    for name in ("leaks.html", "leaks.parquet", "quarantine.parquet"):
        assert (tmp_path / "store" / "leaky" / name).read_bytes() == (folder / name).read_bytes()
