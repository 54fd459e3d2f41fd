"""Settings as people write them."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from lookalike.config import FinetuneConfig
from lookalike.yaml_settings import parsed_mapping, parsed_value
from lookalike_components.errors import UserError


@pytest.mark.parametrize("word", ["off", "on", "no", "yes", "No", "Y", "n"])
def test_words_stay_words(word):
    assert parsed_value(word) == word


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False), ("3", 3), ("[1.0, x]", [1.0, "x"])])
def test_booleans_numbers_and_lists_are_what_they_look_like(text, value):
    assert parsed_value(text) == value


@given(some.integers() | some.booleans() | some.floats(allow_nan=False, allow_infinity=False))
def test_a_value_that_yaml_writes_comes_back(value):
    assert parsed_value(yaml.safe_dump(value)) == value


def test_a_setting_that_is_called_off_can_be_set(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("source: x\nsplit: {near_duplicates: off}\n")

    assert FinetuneConfig.resolve(file=file).step("split").near_duplicates == "off"


@pytest.mark.parametrize(("text", "words"), [("a: [", "is not valid YAML"), ("- 1", "should hold settings by name")])
def test_what_is_no_settings_is_told(text, words):
    with pytest.raises(UserError, match=f"x.yaml {words}"):
        parsed_mapping(text, "x.yaml")
