import inspect
from pathlib import Path

import pytest
import yaml

from lookalike.config import FinetuneConfig
from lookalike.dag import compile_to, finetune

GOLDEN = Path(__file__).parents[2] / "manifests" / "finetune.yaml"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    path = tmp_path_factory.mktemp("compiled") / "finetune.yaml"
    compile_to(path)
    return yaml.safe_load(path.read_text())


def tasks(spec):
    return spec["root"]["dag"]["tasks"]


def test_the_compiled_pipeline_is_the_one_in_manifests(compiled):
    golden = yaml.safe_load(GOLDEN.read_text())
    assert {**golden, "sdkVersion": ""} == {**compiled, "sdkVersion": ""}


def test_the_pipelines_parameters_are_the_configs(compiled):
    parameters = compiled["root"]["inputDefinitions"]["parameters"]
    assert set(parameters) == set(FinetuneConfig(source="photos").parameters())


def test_every_parameter_has_its_default_and_a_description(compiled):
    parameters = compiled["root"]["inputDefinitions"]["parameters"]
    expected = FinetuneConfig(source="photos").parameters()
    defaults = {name: what["defaultValue"] for name, what in parameters.items() if name != "source"}
    assert defaults == {name: value for name, value in expected.items() if name != "source"}
    assert [name for name, what in parameters.items() if not what.get("description")] == []


def test_the_reference_and_the_candidate_are_evaluated_side_by_side(compiled):
    assert "train" not in tasks(compiled)["evaluate"].get("dependentTasks", [])
    assert "train" in tasks(compiled)["evaluate-2"]["dependentTasks"]


def test_export_and_deploy_stand_behind_the_gate(compiled):
    (gate,) = [task for task in tasks(compiled).values() if "triggerPolicy" in task]
    assert "compare" in gate["triggerPolicy"]["condition"]
    behind = compiled["components"][gate["componentRef"]["name"]]["dag"]["tasks"]
    assert set(behind) == {"export", "deploy"}


def test_the_pipeline_is_called_finetune_and_says_what_it_does(compiled):
    assert compiled["pipelineInfo"]["name"] == "finetune"
    assert "prove that it got better" in compiled["pipelineInfo"]["description"]


def test_source_is_the_only_parameter_without_a_default():
    required = [
        parameter.name
        for parameter in inspect.signature(finetune.pipeline_func).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]
    assert required == ["source"]
