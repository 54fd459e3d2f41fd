"""The component offers exactly the settings of its config."""

import inspect

from lookalike_components.export.component import export
from lookalike_components.export.config import ExportConfig


def test_signature_and_config_agree_on_every_default():
    parameters = inspect.signature(export.python_func).parameters.values()
    signature = {part.name: part.default for part in parameters if part.default not in (part.empty, None)}
    assert signature == ExportConfig().model_dump()


def test_every_input_is_described():
    spec = export.component_spec
    assert all(part.description for part in spec.inputs.values())
    assert set(spec.outputs) == {"release", "candidates", "report", "metrics"}
