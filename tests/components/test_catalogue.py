"""`from lookalike_components import train` is the component, whatever was imported before."""

import ast
import inspect
import subprocess
import sys
import textwrap

import pytest
from kfp import compiler, components, dsl

import lookalike_components
from lookalike.config import STEP_CONFIGS

ARTIFACTS = "typing.Annotated"
STEPS = lookalike_components.STEPS


def interpreter(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_a_component_with_a_description(name):
    component = getattr(lookalike_components, name)
    assert isinstance(component, dsl.base_component.BaseComponent)
    assert component.description


@pytest.mark.parametrize("name", STEPS)
def test_every_input_and_output_of_a_step_is_described(name):
    spec = getattr(lookalike_components, name).component_spec
    ends = {**spec.inputs, **spec.outputs}
    assert [end for end, what in ends.items() if not what.description] == []


@pytest.mark.parametrize("name", STEPS)
def test_a_step_compiles_to_a_component_file_that_kfp_loads_again(name, tmp_path):
    component = getattr(lookalike_components, name)
    compiler.Compiler().compile(component, str(tmp_path / "component.yaml"))
    loaded = components.load_component_from_file(str(tmp_path / "component.yaml"))
    assert loaded.component_spec.inputs.keys() == component.component_spec.inputs.keys()
    assert loaded.description.startswith(component.description)


def test_a_room_imported_first_does_not_hide_its_component():
    code = (
        "import lookalike_components.deploy.config\n"
        "from lookalike_components import deploy\n"
        "print(type(deploy).__name__)"
    )
    assert interpreter(code) == "PythonComponent"


def test_the_package_alone_loads_no_kfp():
    assert interpreter("import lookalike_components, sys; print('kfp' in sys.modules)") == "False"


@pytest.mark.parametrize("name", STEPS)
def test_a_signature_repeats_its_configs_names_and_defaults(name):
    config = STEP_CONFIGS[name]
    parameters = inspect.signature(getattr(lookalike_components, name).python_func).parameters
    signature = {
        parameter.name: parameter.default
        for parameter in parameters.values()
        if not str(parameter.annotation).startswith(ARTIFACTS) and parameter.annotation != dsl.PipelineTaskFinalStatus
    }
    fields = {
        field: inspect.Parameter.empty if info.is_required() else info.get_default(call_default_factory=True)
        for field, info in config.model_fields.items()
    }
    assert signature == fields


@pytest.mark.parametrize("name", STEPS)
def test_a_components_body_is_short_and_has_no_branch(name):
    source = textwrap.dedent(inspect.getsource(getattr(lookalike_components, name).python_func))
    function = next(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    body = source.splitlines()[function.body[0].end_lineno :]
    assert len([line for line in body if line.strip()]) <= 10
    assert not [node for node in ast.walk(function) if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Match)]
