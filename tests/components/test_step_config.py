import pytest
from pydantic import Field

from lookalike_components.errors import UserError
from lookalike_components.step_config import StepConfig


class Oven(StepConfig):
    degrees: int = Field(180, ge=50, le=250)
    program: str = "bake"


def test_settings_are_picked_out_of_whatever_else_is_there():
    assert Oven.from_arguments({"degrees": 200, "table": object()}) == Oven(degrees=200)


def test_a_value_out_of_range_is_named_with_its_limit():
    with pytest.raises(UserError) as error:
        Oven.from_arguments({"degrees": 300})
    assert str(error.value) == "degrees is 300: it should be less than or equal to 250"


def test_all_faults_are_told_at_once():
    with pytest.raises(UserError) as error:
        Oven.from_arguments({"degrees": "hot", "program": 7})
    assert str(error.value).startswith("degrees is 'hot': ")
    assert "; program is 7: " in str(error.value)


def test_a_config_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        Oven().degrees = 90
