import pytest

import lookalike
from lookalike_components.errors import LookalikeError


@pytest.fixture(scope="session")
def quick(photos, weights):
    """Settings of a run that takes seconds and learns enough to pass the gate."""
    encoder = {"model": "resnet18", "weights": str(weights), "input_size": 32}
    training = {"epochs": 6, "learning_rate": 0.001, "classes_per_batch": 8, "variants": []}
    gate = {"confidence": 0.8}  # twelve labels prove no small gain
    return {"source": str(photos), "encoder": encoder, "train": training, "split": {"test": 0.5}, "compare": gate}


@pytest.fixture(scope="session")
def finished_here(quick, tmp_path_factory):
    """A local run that went well: what a cluster then does again."""
    run = lookalike.fit(name="things", runs=tmp_path_factory.mktemp("runs"), **quick)
    assert run.record().promoted, run.logs()
    return run


@pytest.fixture(scope="session")
def failed_here(tmp_path_factory):
    """A local run whose source holds no picture."""
    source = tmp_path_factory.mktemp("empty")
    (source / "notes.txt").write_text("no picture")
    runs = tmp_path_factory.mktemp("runs")
    try:
        return lookalike.fit(source, name="broken", runs=runs)
    except LookalikeError:
        return lookalike.get_run("broken", runs)
