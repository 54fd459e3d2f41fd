import json
from pathlib import Path

import pytest
import torch
from kfp import dsl, local
from torchvision.models import resnet18

from lookalike_components import evaluate


@pytest.fixture
def task(first_of_each_asks, tmp_path):
    """The component after a run through KFP on this machine, without an encoder."""
    torch.manual_seed(0)
    torch.save(resnet18().state_dict(), tmp_path / "resnet18.pth")
    weights = str(tmp_path / "resnet18.pth")
    uri = str(first_of_each_asks)

    @dsl.pipeline
    def only_evaluate() -> dsl.Metrics:
        table = dsl.importer(artifact_uri=uri, artifact_class=dsl.Dataset)
        settings = {"role": "reference", "model": "resnet18", "weights": weights, "input_size": 32}
        return evaluate(table=table.output, **settings).outputs["metrics"]

    local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=str(tmp_path / "root"))
    return only_evaluate()


@pytest.mark.slow
def test_the_step_runs_through_kfp_without_an_encoder_and_logs_its_metrics(task, tmp_path):
    assert task.outputs["Output"].metadata["recall_at_1"] == 1.0
    facts = next(Path(tmp_path, "root").rglob("evaluation.json"))
    assert json.loads(facts.read_text())["role"] == "reference"
