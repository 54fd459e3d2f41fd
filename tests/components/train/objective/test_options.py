"""Options are checked by name and by value, and every sentence names the loss, the option and the limit."""

import pytest

from lookalike_components.train.objective.names import LOSSES, MINERS
from lookalike_components.train.objective.options import checked


def of_loss(name: str, **given: object) -> dict[str, object]:
    return checked("loss", name, given, LOSSES[name].options)


def test_what_is_not_given_has_its_default():
    assert of_loss("TripletMarginLoss", margin=0.2) == {
        "margin": 0.2,
        "swap": False,
        "smooth_loss": False,
        "triplets_per_anchor": "all",
    }


def test_a_whole_number_that_came_as_a_float_is_set_right():
    assert type(of_loss("SoftTripleLoss", centers_per_class=3.0)["centers_per_class"]) is int


def test_a_pair_of_limits_may_be_a_list():
    given = {"allowed_pos_range": [0.2, 1.0]}
    assert checked("miner", "BatchEasyHardMiner", given, MINERS["BatchEasyHardMiner"])["allowed_pos_range"] == (
        0.2,
        1.0,
    )


@pytest.mark.parametrize(
    ("loss", "given", "sentence"),
    [
        (
            "ContrastiveLoss",
            {"margin": 0.3},
            "the loss ContrastiveLoss has no option 'margin'; it has pos_margin (default 0), neg_margin (default 1)",
        ),
        ("NPairsLoss", {"margin": 0.3}, "the loss NPairsLoss has no option 'margin'; it has none"),
        (
            "NTXentLoss",
            {"temperature": 0},
            "the loss NTXentLoss does not take temperature 0: it should be greater than 0",
        ),
        (
            "NTXentLoss",
            {"temperature": "0.1"},
            "the loss NTXentLoss does not take temperature '0.1': it should be a valid number",
        ),
        (
            "ArcFaceLoss",
            {"scale": float("nan")},
            "the loss ArcFaceLoss does not take scale nan: it should be a finite number",
        ),
        (
            "TripletMarginLoss",
            {"triplets_per_anchor": "some"},
            "the loss TripletMarginLoss does not take triplets_per_anchor 'some': it should be 'all', or it should be "
            "a valid integer",
        ),
        (
            "TripletMarginLoss",
            {"swap": 1},
            "the loss TripletMarginLoss does not take swap 1: it should be a valid boolean",
        ),
    ],
)
def test_what_is_wrong_is_named(loss: str, given: dict[str, object], sentence: str):
    with pytest.raises(ValueError, match=loss) as error:
        of_loss(loss, **given)
    assert str(error.value) == sentence
