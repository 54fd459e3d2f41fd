"""What *compare* takes from a real run of *split*: near leaks, pictures under two labels, doubtful labels."""

import pandas as pd
import pytest
from scenes import album, saved, scene

from lookalike_components.compare.suspects import Leaks, find_suspects
from lookalike_components.dataset import read_table, write_table
from lookalike_components.errors import UserError
from lookalike_components.split.config import SplitConfig
from lookalike_components.split.split import Outputs, split

__all__ = ["album", "saved", "scene"]

HALVES = {"by": "position", "train_positions": "0:6", "test_positions": "6:11", "validation": 0}


@pytest.fixture
def divided(tmp_path, album, scene, saved):
    """Splits three mugs and three lamps from five: 6 is mug 0, 7 nearly 1; chair 8 is lamp 3, chair 9 nearly 4."""
    pictures = [saved(scene(seed)) for seed in range(6)]
    near = [saved(scene(seed), "JPEG", quality=60) for seed in (1, 4)]
    files = [*pictures, pictures[0], near[0], pictures[3], near[1], saved(scene(9))]
    labels = ["mug"] * 3 + ["lamp"] * 3 + ["mug"] * 2 + ["chair"] * 3
    table = album({f"{place}.png": data for place, data in enumerate(files)}, label=labels)

    def run(**settings):
        write_table(table, tmp_path / "labelled")
        outputs = Outputs(*(tmp_path / name for name in ("table", "leaks", "page", "doubts")))
        split(tmp_path / "labelled", outputs, SplitConfig(**HALVES, **settings))
        return read_table(outputs.table), outputs.leaks_found, outputs.label_doubts

    return run


def test_copies_and_near_duplicates_of_training_pictures_are_leaks(divided):
    found = find_suspects(*divided(leaks="ignore"))
    assert list(zip(found.leaked["uri"], found.leaked["copy"], strict=True)) == [("6.png", "exact"), ("7.png", "near")]
    assert found.leaks == Leaks(exact=1, near=1, doubts=1)


def test_leaks_that_were_dropped_from_training_are_none(divided):
    """*split* lists them all the same."""
    table, leaks, doubts = divided(leaks="drop")
    assert len(pd.read_parquet(leaks)) == 4
    assert find_suspects(table, leaks, doubts).leaked.empty


def test_without_the_list_of_leaks_copies_are_found(divided):
    found = find_suspects(divided(leaks="ignore")[0])
    assert (found.leaked["uri"].tolist(), found.leaks.near, len(found.mislabelled)) == (["6.png"], 0, 0)


def test_a_picture_that_training_has_under_another_label_may_be_mislabelled(divided):
    rows = find_suspects(*divided(leaks="ignore")).mislabelled
    told = rows[["uri", "label", "other", "because", "image_id"]].to_dict("split")["data"]
    ids = divided(leaks="ignore")[0].set_index("uri")["image_id"]
    assert told == [["8.png", "chair", "lamp", "exact", ids["8.png"]], ["9.png", "chair", "lamp", "near", ids["9.png"]]]


def test_what_the_neighbours_deny_comes_first_and_is_known_by_its_uri(divided):
    table, leaks, doubts = divided(leaks="ignore")
    rows = ["image,label,current_label,agreement,score", "10.png,mug,chair,3,0.9", "9.png,mug,chair,3,0.8"]
    doubts.write_text("\n".join([*rows, "gone.png,mug,chair,3,0.7", "0.png,mug,another label by then,3,0.6"]))
    found = find_suspects(table, leaks, doubts)
    assert list(zip(found.mislabelled["uri"], found.mislabelled["because"], strict=True)) == [
        ("10.png", "neighbours"),
        ("9.png", "neighbours"),
        ("8.png", "exact"),
    ]
    assert found.said["10.png"] == "mug"


def test_labels_that_look_like_nothing_stay_labels(divided):
    table, leaks, doubts = divided(leaks="ignore")
    doubts.write_text("image,label,current_label,agreement,score\n10.png,NA,chair,3,0.9\n")
    assert find_suspects(table, leaks, doubts).said == {"10.png": "NA"}


@pytest.mark.parametrize(
    ("place", "sentence"), [(1, "is no list of leaks"), (2, "is no list of doubtful labels")], ids=["leaks", "labels"]
)
def test_another_file_is_refused(divided, tmp_path, place, sentence):
    given = [*divided(leaks="ignore")]
    given[place] = tmp_path / "other.txt"
    given[place].write_text("something else")
    with pytest.raises(UserError, match=f"other.txt {sentence}: .*; pass the "):
        find_suspects(*given)
