import pytest

from lookalike_components.errors import UserError
from lookalike_components.split.config import SplitConfig, positions


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"test": 0}, "test is 0: it should be greater than 0"),
        ({"test": 1.5}, "test is 1.5: it should be a fraction below 1 or a whole number"),
        ({"validation": -0.1}, "validation is -0.1: it should be greater than or equal to 0"),
        (
            {"by": "position", "test_positions": "0:4"},
            "train_positions is '': splitting by position needs one for training and one for the test, such as 0:1000",
        ),
        (
            {"by": "position", "train_positions": "0-4", "test_positions": "4:8"},
            "train_positions is '0-4': it should be two positions such as 0:1000, the second not included",
        ),
        (
            {"by": "position", "train_positions": "0:5", "test_positions": "4:8"},
            "test_positions is '4:8': it overlaps with train_positions, 0:5",
        ),
    ],
)
def test_a_setting_out_of_its_range_is_one_sentence(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(UserError) as error:
        SplitConfig.from_arguments(arguments)
    assert str(error.value) == sentence


def test_positions_leave_the_second_out() -> None:
    assert positions("2:5") == range(2, 5)


def test_ranges_that_touch_do_not_overlap() -> None:
    config = SplitConfig(by="position", train_positions="1000:2000000000", test_positions="0:1000")
    assert config.test_positions == "0:1000"
