import pytest

from lookalike_components.errors import UserError
from lookalike_components.serve.collection import Wanted


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, {}),
        ({}, {}),
        ({"label": "mug"}, {"label": ("mug",)}),
        (
            {"label": ["mug", None], "price": 3.5, "new": True},
            {"label": ("mug", None), "price": (3.5,), "new": (True,)},
        ),
        ('{"label": ["mug", "bowl"]}', {"label": ("mug", "bowl")}),
    ],
)
def test_a_filter_is_an_object_or_its_json_in_a_string(given, expected):
    assert Wanted.read({"filter": given}).filter == expected


@pytest.mark.parametrize("given", ["label", '{"label":', ["label"], 3, True])
def test_any_other_filter_is_refused(given):
    with pytest.raises(UserError) as error:
        Wanted.read({"filter": given})
    sentence = 'filter must be an object of columns and values, such as {"label": ["mug", "bowl"]}'
    assert str(error.value) == sentence


@pytest.mark.parametrize("value", [{"$gt": 3}, [["mug"]]])
def test_a_filter_compares_with_plain_values(value):
    with pytest.raises(UserError) as error:
        Wanted.read({"filter": {"label": value}})
    assert str(error.value) == "filter compares a column with a text, a number, true, false, null, or a list of them"


def test_a_filter_has_its_limits():
    with pytest.raises(UserError) as error:
        Wanted.read({"filter": {str(number): 1 for number in range(17)}})
    assert str(error.value) == "filter names 17 columns; name 16 or fewer"
    with pytest.raises(UserError) as error:
        Wanted.read({"filter": {"label": ["mug"] * 1_001}})
    assert str(error.value) == "filter names 1,001 values of one column; name 1,000 or fewer"


@pytest.mark.parametrize(
    ("given", "expected"), [(None, set()), (["a", "b"], {"a", "b"}), ('["a", "b"]', {"a", "b"}), ("a", {"a"})]
)
def test_ids_to_exclude_are_a_list_or_its_json_or_one_id(given, expected):
    assert Wanted.read({"exclude": given}).exclude == expected


@pytest.mark.parametrize("given", [{"a": 1}, [1], 7])
def test_what_is_no_list_of_ids_is_refused(given):
    with pytest.raises(UserError) as error:
        Wanted.read({"exclude": given})
    assert str(error.value) == 'exclude must be a list of ids, such as ["4f1c...", "90ab..."]'


def test_too_many_ids_are_refused():
    with pytest.raises(UserError) as error:
        Wanted.read({"exclude": ["a"] * 1_001})
    assert str(error.value) == "exclude names 1,001 ids; name 1,000 or fewer"


def test_json_that_is_nested_too_deep_is_refused():
    with pytest.raises(UserError):
        Wanted.read({"filter": "{" * 200_000})
    with pytest.raises(UserError):
        Wanted.read({"exclude": "[1," * 200_000})
