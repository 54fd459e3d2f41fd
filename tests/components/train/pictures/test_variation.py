import pytest

from lookalike_components.train.pictures.variation import VARIATIONS, variation


def test_no_named_variation_mirrors_pictures_whose_text_would_become_other_text() -> None:
    assert {one.flip for one in VARIATIONS.values()} == {0.0}


def test_none_changes_nothing_and_every_other_one_something() -> None:
    assert {name: one.changes for name, one in VARIATIONS.items()} == {
        "none": False,
        "crop": True,
        "photo": True,
        "strong": True,
    }


def test_options_set_parts_of_a_named_variation_otherwise() -> None:
    changed = variation("crop", {"crop_area": [0.5, 1.0], "flip": 0.5})
    assert (changed.crop_area, changed.crop_ratio, changed.flip) == ((0.5, 1.0), VARIATIONS["crop"].crop_ratio, 0.5)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"blurr": 1}, "augmentation_options sets blurr; the parts of an augmentation are crop_area, crop_ratio, flip"),
        ({"crop_area": [0.5, 0.2]}, "crop_area is [0.5, 0.2]; give two shares above 0 and up to 1, the smaller first"),
        ({"crop_area": [0.0, 1.0]}, "crop_area is [0, 1]; give two shares above 0 and up to 1, the smaller first"),
        ({"crop_ratio": [2.0, 1.0]}, "crop_ratio is [2, 1]; give two numbers above 0, the smaller first"),
        ({"flip": 2}, "augmentation_options: flip is 2: it should be less than or equal to 1"),
        ({"hue": "red"}, "augmentation_options: hue is 'red': it should be a valid number"),
    ],
)
def test_senseless_options_are_refused_with_the_reason(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match="augmentation_options") as refusal:
        variation("photo", options)
    assert sentence in str(refusal.value)
