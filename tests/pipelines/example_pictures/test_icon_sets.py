import pytest

from lookalike.example_pictures.icon_sets import common_objects


def test_a_set_brings_its_name_and_its_licence(pack):
    icon_set = pack("noto", {})
    assert (icon_set.name, icon_set.title, icon_set.author) == ("noto", "Noto", "Ann")
    assert (icon_set.licence, icon_set.source) == ("MIT", "https://ann.example")


@pytest.mark.parametrize(
    ("icon", "sizes", "box"),
    [
        ({"body": ""}, {}, "0 0 16 16"),
        ({"body": ""}, {"width": 36, "height": 72}, "0 0 36 72"),
        ({"body": "", "height": 31}, {"width": 36, "height": 72}, "0 0 36 31"),
    ],
    ids=["neither says", "the set says", "the icon says"],
)
def test_a_drawing_is_as_large_as_its_icon_or_else_its_set_says(pack, icon, sizes, box):
    assert f'viewBox="{box}"' in pack("noto", {"mug": icon}, **sizes).drawings["mug"]


def test_only_what_every_artist_drew_is_common_to_them(two_sets):
    assert common_objects(two_sets) == ["mug", "pear"]
