import io

import pytest
from PIL import Image

from lookalike.example_pictures import fetch_emoji
from lookalike.example_pictures.emoji import draw, draw_pictures
from lookalike_components.errors import LookalikeError, UserError

WHITE, RED, BLUE = (255, 255, 255), (255, 0, 0), (0, 0, 255)


def pixels(picture):
    return Image.open(io.BytesIO(picture)).convert("RGB")


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_drawing_becomes_128_pixels_on_white(two_sets):
    picture = pixels(draw(two_sets[0].drawings["pear"]))
    assert picture.size == (128, 128)
    assert (picture.getpixel((64, 64)), picture.getpixel((0, 0))) == (RED, WHITE)


def test_a_wide_drawing_keeps_its_proportions(pack):
    flag = pack("flags", {"flag": {"body": '<path d="M0 0H16V8H0z" fill="#0000ff"/>', "height": 8}})
    picture = pixels(draw(flag.drawings["flag"]))
    assert [picture.getpixel((64, row)) for row in (16, 48, 80, 112)] == [WHITE, BLUE, BLUE, WHITE]


def test_a_drawing_may_use_the_old_way_to_link(pack):
    body = '<defs><circle id="a" cx="8" cy="8" r="8" fill="#ff0000"/></defs><use xlink:href="#a"/>'
    assert pixels(draw(pack("old", {"mug": {"body": body}}).drawings["mug"])).getpixel((64, 64)) == RED


def test_each_object_gets_a_folder_with_a_picture_by_each_artist_in_one_order(two_sets, tmp_path):
    draw_pictures(two_sets, tmp_path / "new" / "emoji")
    assert files(tmp_path / "new" / "emoji") == [
        "LICENSES.md",
        "mug/1-first.png",
        "mug/2-second.png",
        "pear/1-first.png",
        "pear/2-second.png",
    ]


def test_flat_pictures_of_one_object_follow_each_other(two_sets, tmp_path):
    draw_pictures(two_sets, tmp_path / "emoji", flat=True)
    numbered = [f"emoji{number:05d}.png" for number in range(4)]
    centres = [pixels((tmp_path / "emoji" / name).read_bytes()).getpixel((64, 64)) for name in numbered]
    corners = [pixels((tmp_path / "emoji" / name).read_bytes()).getpixel((0, 0)) for name in numbered]
    assert files(tmp_path / "emoji") == ["LICENSES.md", *numbered]
    assert centres == [BLUE, RED, RED, BLUE]
    assert corners == [BLUE, WHITE, WHITE, BLUE]


def test_the_licences_lie_beside_the_pictures(two_sets, tmp_path):
    draw_pictures(two_sets, tmp_path / "emoji")
    licences = (tmp_path / "emoji" / "LICENSES.md").read_text()
    assert "| first | First | Ann | MIT | https://ann.example |\n| second |" in licences


def test_a_drawing_that_fails_leaves_nothing_behind(pack, tmp_path):
    broken = pack("broken", {"mug": {"body": "<g>"}})
    with pytest.raises(ValueError, match=r"'g' tag|end of stream"):
        draw_pictures([broken], tmp_path / "pictures" / "emoji")
    assert list((tmp_path / "pictures").iterdir()) == []


@pytest.mark.parametrize("flat", [False, True])
def test_finished_pictures_are_counted_and_left_alone(two_sets, tmp_path, flat):
    draw_pictures(two_sets, tmp_path / "emoji", flat)
    before = (tmp_path / "emoji").stat().st_mtime_ns
    assert fetch_emoji(tmp_path / "emoji", flat) == 4
    assert (tmp_path / "emoji").stat().st_mtime_ns == before


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(UserError) as error:
        fetch_emoji(tmp_path)
    assert str(error.value) == (
        f"{tmp_path} holds something other than these pictures; name a folder that is empty or does not exist"
    )


def test_pictures_in_the_other_layout_are_something_else(two_sets, tmp_path):
    draw_pictures(two_sets, tmp_path / "emoji")
    with pytest.raises(UserError, match="holds something other than these pictures"):
        fetch_emoji(tmp_path / "emoji", flat=True)


@pytest.mark.slow
def test_the_real_sets_have_1561_objects_in_common(tmp_path):
    try:
        assert fetch_emoji(tmp_path / "emoji") == 1561 * 4
    except LookalikeError as error:
        pytest.skip(str(error))
    assert len(files(tmp_path / "emoji" / "red-apple")) == 4
