import json
from pathlib import Path

import pytest
from kfp import dsl, local

from lookalike_components import compare


@pytest.fixture
def task(drawings, tmp_path):
    """The component after a run through KFP on this machine."""
    paths = {name: str(getattr(drawings.inputs(), name)) for name in ("table", "reference", "candidate", "history")}

    @dsl.pipeline
    def only_compare() -> bool:
        table = dsl.importer(artifact_uri=paths["table"], artifact_class=dsl.Dataset)
        reference = dsl.importer(artifact_uri=paths["reference"], artifact_class=dsl.Artifact)
        candidate = dsl.importer(artifact_uri=paths["candidate"], artifact_class=dsl.Artifact)
        history = dsl.importer(artifact_uri=paths["history"], artifact_class=dsl.Artifact)
        artifacts = {"table": table, "reference": reference, "candidate": candidate, "history": history}
        return compare(**{name: task.output for name, task in artifacts.items()}).outputs["Output"]

    local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=str(tmp_path / "root"))
    return only_compare()


@pytest.mark.slow
def test_the_step_runs_through_kfp_and_answers_whether_the_encoder_is_promoted(task, tmp_path):
    assert task.output is True
    written = {path.name: path for path in Path(tmp_path, "root").rglob("*") if path.name in {"comparison", "report"}}
    assert json.loads((written["comparison"] / "verdict.json").read_text())["promoted"]
    assert "Better, and not by chance." in written["report"].read_text()
