import io

import numpy as np
import pytest
from PIL import Image

from lookalike.display.sprites import matches_sheet, sprite_sheet, stack
from lookalike_components.errors import UserError

SIDE, GAP = 40, 8
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
FRAME_RIGHT, FRAME_WRONG = (26, 127, 55), (207, 34, 46)


def picture(colour, size=(30, 30)):
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, "PNG")
    return written.getvalue()


def count(sheet, colour):
    return (np.asarray(sheet) == colour).all(axis=2).sum()


def middle_of_tile(column, row):
    """Where the middle of a tile lies on a sheet without captions."""
    return tuple(GAP + number * (SIDE + GAP) + SIDE // 2 for number in (column, row))


def test_pictures_follow_each_other_row_by_row():
    sheet = sprite_sheet([picture(RED), picture(RED), picture(BLUE)], columns=2, size=SIDE)
    assert sheet.size == (2 * SIDE + 3 * GAP, 2 * SIDE + 3 * GAP)
    centres = [sheet.getpixel(middle_of_tile(*tile)) for tile in [(0, 0), (1, 0), (0, 1), (1, 1)]]
    assert centres == [RED, RED, BLUE, WHITE]


@pytest.mark.parametrize(("pictures", "columns", "rows"), [(1, 1, 1), (4, 2, 2), (5, 3, 2), (8, 3, 3)])
def test_a_sheet_is_about_as_wide_as_high_unless_told_otherwise(pictures, columns, rows):
    sheet = sprite_sheet([picture(RED)] * pictures, size=SIDE)
    assert sheet.size == tuple(count * (SIDE + GAP) + GAP for count in (columns, rows))


def test_a_picture_keeps_its_proportions():
    sheet = sprite_sheet([picture(BLUE, (60, 30))], size=SIDE)
    column = [sheet.getpixel((GAP + SIDE // 2, GAP + row)) for row in (5, 15, 25, 35)]
    assert column == [WHITE, BLUE, BLUE, WHITE]


def test_pictures_come_from_files_too(tmp_path):
    (tmp_path / "red.png").write_bytes(picture(RED))
    from_path, from_text = sprite_sheet([tmp_path / "red.png"]), sprite_sheet([str(tmp_path / "red.png")])
    assert from_path == from_text == sprite_sheet([picture(RED)])


def test_a_caption_stands_below_its_picture():
    plain = sprite_sheet([picture(RED)], size=SIDE)
    captioned = sprite_sheet([picture(RED)], size=SIDE, captions=["mug"])
    ink = np.asarray(captioned)[plain.height :].min()
    assert captioned.width == plain.width
    assert captioned.height > plain.height
    assert ink < 128


def test_a_long_caption_is_cut_to_the_width_of_its_picture():
    sheet = sprite_sheet([picture(WHITE)], size=SIDE, captions=["a caption that goes on and on"])
    ink = np.flatnonzero(np.asarray(sheet.convert("L")).min(axis=0) < 200)
    assert (ink.min() >= GAP, ink.max() < GAP + SIDE) == (True, True)


@pytest.fixture
def sheet():
    """Before: one of two is right; after: both are."""
    blue = picture(BLUE)
    return matches_sheet(picture(RED), [(blue, False), (blue, True)], [(blue, True), (blue, True)], size=SIDE)


def test_right_and_wrong_neighbours_differ_in_colour(sheet):
    right, wrong = (count(sheet, colour) for colour in (FRAME_RIGHT, FRAME_WRONG))
    assert 2 * wrong < right < 4 * wrong


def test_right_and_wrong_neighbours_differ_in_shape_for_who_sees_no_colours():
    blue = picture(BLUE)
    right, wrong = (matches_sheet(blue, [(blue, flag)], [], size=SIDE).convert("L") for flag in (True, False))
    strokes = [np.asarray(image)[GAP : GAP + 18, -GAP - SIDE : -GAP - SIDE + 18] > 240 for image in (right, wrong)]
    assert (strokes[0] != strokes[1]).sum() > 20


def test_the_query_stands_beside_its_neighbours(sheet):
    reds = np.argwhere((np.asarray(sheet) == RED).all(axis=2))
    blues = np.argwhere((np.asarray(sheet) == BLUE).all(axis=2))
    assert reds[:, 1].max() < blues[:, 1].min()


def test_sheets_stack_to_the_width_of_the_widest():
    sheets = [Image.new("RGB", (30, 10), RED), Image.new("RGB", (50, 20), BLUE)]
    assert stack(sheets).size == (50, 10 + GAP + 20)
    assert stack(sheets).getpixel((40, 5)) == WHITE


@pytest.mark.parametrize(
    ("pictures", "captions", "sentence"),
    [
        ([], [], "a sheet needs at least one picture"),
        ([b"red"], ["one", "two"], "captions: 2, pictures: 1; give each picture one caption"),
        ([b"red"], [], "a picture is not an image"),
    ],
)
def test_what_makes_no_sheet_is_told_in_one_sentence(pictures, captions, sentence):
    with pytest.raises(UserError) as error:
        sprite_sheet(pictures, captions=captions)
    assert str(error.value) == sentence


def test_a_file_that_is_no_picture_is_named(tmp_path):
    (tmp_path / "notes.jpg").write_text("not a picture")
    with pytest.raises(UserError) as error:
        sprite_sheet([tmp_path / "notes.jpg"])
    assert str(error.value) == f"{tmp_path / 'notes.jpg'} is not an image"
