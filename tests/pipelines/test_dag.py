import inspect
from pathlib import Path

import pytest
import yaml

from lookalike.config import FinetuneConfig
from lookalike.dag import compile_to, define, finetune

SKIPPABLE = {"enableCache": True}  # a group of tasks says nothing of it
GOLDEN = Path(__file__).parents[2] / "manifests" / "finetune.yaml"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    path = tmp_path_factory.mktemp("compiled") / "finetune.yaml"
    compile_to(path)
    return yaml.safe_load(path.read_text())


def tasks(spec):
    return spec["components"]["comp-exit-handler-1"]["dag"]["tasks"]


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


def test_export_promote_and_deploy_stand_behind_the_gate(compiled):
    (gate,) = [task for task in tasks(compiled).values() if "triggerPolicy" in task]
    assert "compare" in gate["triggerPolicy"]["condition"]
    behind = compiled["components"][gate["componentRef"]["name"]]["dag"]["tasks"]
    assert set(behind) == {"export", "promote", "deploy"}


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


def all_tasks(compiled):
    return {
        task["taskInfo"]["name"]: task
        for component in [compiled["root"], *compiled["components"].values()]
        for task in component.get("dag", {}).get("tasks", {}).values()
    }


def test_what_looks_at_the_world_or_changes_it_is_never_taken_from_a_cache(compiled):
    """Nothing else may be left out of it: the cache is how a local run goes on from its last finished step."""
    options = {name: task.get("cachingOptions", SKIPPABLE) for name, task in all_tasks(compiled).items()}
    uncached = {name for name, option in options.items() if not option.get("enableCache")}
    assert uncached == {"champion", "promote", "deploy", "notify"}


def test_the_champion_decides_on_the_test_set_the_reference_and_where_training_starts(compiled):
    for name, parameter in {
        "split": "test_set",
        "evaluate": "encoder_uri",
        "choose": "start_from",
        "train": "start_from",
    }.items():
        given = tasks(compiled)[name]["inputs"]["parameters"][parameter]
        assert given["taskOutputParameter"]["producerTask"] == "champion"


def test_training_and_the_reference_start_from_the_backbone_that_was_chosen(compiled):
    for name in ("evaluate", "train"):
        given = tasks(compiled)[name]["inputs"]["parameters"]["model"]
        assert given["taskOutputParameter"] == {"outputParameterKey": "Output", "producerTask": "choose"}


def test_what_is_split_depends_on_no_backbone_that_is_chosen_afterwards(compiled):
    assert tasks(compiled)["choose"]["dependentTasks"] == ["champion", "split"]
    assert "componentInputParameter" in tasks(compiled)["split"]["inputs"]["parameters"]["model"]


def test_a_backbone_is_chosen_for_the_shape_that_is_trained(compiled):
    given = tasks(compiled)["choose"]["inputs"]["parameters"]
    shape = {name: given[name]["componentInputParameter"] for name in ("pooling", "dimension", "head", "matryoshka")}
    assert shape == {name: f"pipelinechannel--train_{name}" for name in shape}


def test_nothing_is_moved_before_it_is_known_what_is_to_be_beaten(compiled):
    assert all_tasks(compiled)["plan"]["dependentTasks"] == ["champion"]


def test_every_task_is_dressed_under_its_name():
    names = []
    define(lambda name, _task: names.append(name))
    assert sorted(names) == sorted(
        [
            *("champion", "plan", "examine", "pack", "ingest", "label", "split", "choose"),
            *("evaluate-reference", "train"),
            *("evaluate-candidate", "compare", "export", "promote", "deploy", "notify"),
        ]
    )


def test_what_a_dress_says_of_a_task_is_in_the_compiled_pipeline(tmp_path):
    compile_to(tmp_path / "dressed.yaml", lambda name, task: task.set_env_variable("STEP", name))
    dressed = yaml.safe_load((tmp_path / "dressed.yaml").read_text().split("---")[0])
    said = {executor["container"]["env"][0]["value"] for executor in dressed["deploymentSpec"]["executors"].values()}
    assert {"examine", "pack", "evaluate-reference", "evaluate-candidate", "promote"} <= said


def test_notify_waits_for_all_the_rest_whatever_becomes_of_it(compiled):
    told = compiled["root"]["dag"]["tasks"]["notify"]
    assert (told["dependentTasks"], len(compiled["root"]["dag"]["tasks"])) == (["exit-handler-1"], 2)
    assert told["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}


def test_checkpoints_go_into_the_artifact_store(compiled):
    given = tasks(compiled)["train"]["inputs"]["parameters"]["checkpoints"]["runtimeValue"]["constant"]
    assert given == "{{$.inputs.parameters['pipelinechannel--artifacts']}}/checkpoints"
