import threading
from copy import deepcopy
from uuid import uuid4

import pytest
from kubeflow_api import KubeflowApi, served

from lookalike.backends.kubeflow.backend import KubeflowBackend
from lookalike.backends.kubeflow.connection import Connection
from lookalike.config import FinetuneConfig


@pytest.fixture
def backend(kubeflow_api, tmp_path, monkeypatch):
    monkeypatch.setenv("LOOKALIKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("lookalike.backends.kubeflow.backend.SECONDS_BETWEEN_LOOKS", 0.05)
    return KubeflowBackend(Connection(kubeflow_api.url))


@pytest.fixture
def config(tmp_path):
    def of(**overrides):
        given = {"source": "gs://bucket/photos", "artifacts": str(tmp_path / "store"), **overrides}
        return FinetuneConfig.resolve(overrides=given)

    return of


@pytest.fixture(scope="module")
def submitted():
    """A run as the API has it after `submit`; made once, since compiling the pipeline takes seconds."""
    config = FinetuneConfig.resolve(overrides={"source": "gs://bucket/photos", "artifacts": "gs://bucket/runs"})
    with served(KubeflowApi()) as api:
        KubeflowBackend(Connection(api.url)).submit("things", config)
        (run,) = api.runs.values()
    return run


@pytest.fixture
def handed_over(submitted, config, kubeflow_api):
    runtime = {"parameters": config().parameters(), "pipeline_root": f"{config().artifacts}/kfp"}
    run = {**deepcopy(submitted), "run_id": str(uuid4()), "runtime_config": runtime}
    kubeflow_api.runs[run["run_id"]] = run
    return "things"


@pytest.fixture
def gathering():
    """Gathers an iterator's items while the test goes on; what it gives waits for the end, and gives them."""

    def start(told):
        items = []
        thread = threading.Thread(target=lambda: items.extend(told), daemon=True)
        thread.start()

        def end():
            thread.join(timeout=20)
            assert not thread.is_alive()
            return items

        return end

    return start
