import io
import os
import shutil
import tarfile

import numpy as np
import pandas as pd
import pytest
from tiny_release import blocks

from lookalike.client.index.pictures import listed_pictures, open_pictures
from lookalike_components.errors import UserError


def listed(*names, label=None, columns=()):
    with open_pictures([str(name) for name in names]) as source:
        return listed_pictures(source, str(names[0]), label, dict(columns))


def labels(pictures):
    return [picture.label for picture in pictures]


def test_labels_are_the_folders_below_a_folder(photos):
    pictures = listed(photos)
    names = ["bowl/1.jpg", "bowl/2.jpg", "top.jpg", "vase/1.jpg", "vase/blue/1.jpg"]
    assert [picture.uri for picture in pictures] == [f"{photos}/{name}" for name in names]
    assert labels(pictures) == ["bowl", "bowl", "", "vase", "blue"]


def test_labels_depend_on_no_other_picture(photos):
    assert labels(listed(photos / "bowl")) == ["", ""]


def test_a_folder_is_the_same_however_it_is_named(photos, monkeypatch):
    monkeypatch.chdir(photos.parent)
    uris = [picture.uri for picture in listed(photos)]
    for name in ("photos", "./photos/", "photos/../photos", photos.as_uri()):
        assert [picture.uri for picture in listed(name)] == uris
        assert labels(listed(name)) == labels(listed(photos))


@pytest.mark.parametrize(("kind", "suffix"), [("zip", ".zip"), ("tar", ".tar"), ("gztar", ".tar.gz")])
def test_labels_are_the_folders_in_an_archive(photos, tmp_path, kind, suffix):
    archive = shutil.make_archive(str(tmp_path / "packed"), kind, photos)
    assert archive.endswith(suffix)
    assert sorted(labels(listed(archive))) == ["", "blue", "bowl", "bowl", "vase"]


def test_shards_have_labels_of_their_own_or_none(tmp_path):
    with tarfile.open(tmp_path / "shard-0.tar", "w") as shard:
        for name, content in {"mug/1.jpg": blocks(0), "mug/1.cls": b"cup", "mug/2.jpg": blocks(1)}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            shard.addfile(member, io.BytesIO(content))
    assert labels(listed(f"{tmp_path}/shard-{{0..0}}.tar")) == ["cup", ""]


def test_a_table_tells_labels_and_columns(photos, tmp_path):
    table = tmp_path / "products.csv"
    table.write_text("image,label,shop,note\nphotos/bowl/1.jpg,bowl,3,old\nphotos/vase/1.jpg,,4,\n")
    bowl, vase = listed(table)
    assert (bowl.label, dict(bowl.columns)) == ("bowl", {"shop": 3, "note": "old"})
    assert (vase.label, dict(vase.columns)) == ("", {"shop": 4})


def test_a_table_without_labels_brings_none(photos, tmp_path):
    table = tmp_path / "list.txt"
    table.write_text("photos/bowl/1.jpg\nphotos/vase/1.jpg\n")
    assert labels(listed(table)) == ["", ""]


def test_values_are_what_json_knows(photos, tmp_path):
    row = {"image": [f"{photos}/top.jpg"], "whole": [3], "part": np.array([0.5], np.float32), "truth": [True]}
    row |= {"text": ["x"], "none": [None], "missing": [np.nan], "endless": [np.inf], "empty": [""]}
    row |= {"day": [pd.Timestamp("2026-11-28")], "list": [[1, 2]]}
    pd.DataFrame(row).to_parquet(tmp_path / "table.parquet")
    (picture,) = listed(tmp_path / "table.parquet")
    day = {"day": "2026-11-28 00:00:00"}
    assert picture.columns == {"whole": 3, "part": 0.5, "truth": True, "text": "x", **day}
    assert {type(value) for value in picture.columns.values()} == {int, float, bool, str}


def test_a_label_and_columns_may_be_given_for_all(photos, tmp_path):
    table = tmp_path / "products.csv"
    table.write_text("image,label,shop\nphotos/bowl/1.jpg,bowl,3\nphotos/vase/1.jpg,,4\n")
    pictures = listed(table, label="dish", columns={"shop": 5})
    assert labels(pictures) == ["dish", "dish"]
    assert [picture.columns for picture in pictures] == [{"shop": 5}, {"shop": 5}]
    assert labels(listed(photos, label="")) == [""] * 5


def test_single_pictures_are_those_of_their_folder(photos):
    beside = os.path.relpath(photos / "bowl" / "1.jpg")
    uri = (photos / "bowl" / "2.jpg").as_uri()
    assert [picture.uri for picture in listed(beside, uri)] == [f"{photos}/bowl/1.jpg", f"{photos}/bowl/2.jpg"]
    assert labels(listed(beside)) == [""]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["a.jpg", "photos"], "photos has no picture's suffix ("),
        (["photos", "more"], "photos has no picture's suffix ("),
        (["nowhere"], "nowhere does not exist; pass a folder of images"),
        (["https://shop/a.jpg"], "https://shop/a.jpg starts with https://, which cannot be read"),
    ],
)
def test_what_cannot_be_listed_is_the_users_fault(names, sentence):
    with pytest.raises(UserError) as error:
        listed(*names)
    assert str(error.value).startswith(sentence)


def test_more_columns_than_a_server_takes_are_told_before_anything_is_sent(photos, tmp_path):
    table = tmp_path / "wide.csv"
    numbers = ",".join(str(number) for number in range(16))
    table.write_text(f"image,label,{numbers}\nphotos/bowl/1.jpg,bowl,{numbers}\n")
    assert len(listed(table)[0].columns) == 16
    with pytest.raises(UserError) as error:
        listed(table, columns={"shop": 3})
    assert str(error.value) == (
        f"{table} and --column give 17 columns beside the label, and a server takes 16; leave some out of the table"
    )
