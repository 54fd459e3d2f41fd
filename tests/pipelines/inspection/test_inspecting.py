import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from web_server import Answer, serving

import lookalike
from lookalike.inspection import Inspection, check
from lookalike.inspection.findings import common_folder
from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest
from lookalike_components.storage import upload_folder


def names(uris: list[str], folder: Path) -> list[str]:
    return [uri.removeprefix(f"{folder}/") for uri in uris]


def test_accepted_and_refused_are_told_with_the_reasons_in_order_of_their_number(
    inspected: Inspection, mixed: Path
) -> None:
    facts = inspected.facts()
    assert (facts["accepted"], facts["refused"], facts["formats"]) == (14, 3, {"PNG": 13, "JPEG": 1})
    told = [(refusal["reason"], refusal["images"], names(refusal["first"], mixed)) for refusal in facts["refusals"]]
    assert told == [
        ("is truncated", 2, ["mug/a-cut.png", "mug/b-cut.png"]),
        ("is not an image", 1, ["lamp/text.jpg"]),
    ]


def test_it_accepts_and_refuses_what_ingest_does(inspected: Inspection, mixed: Path, tmp_path: Path) -> None:
    config = IngestConfig(source=str(mixed), store=str(tmp_path / "store"))
    ingest(config, tmp_path / "images.parquet", tmp_path / "quarantine.parquet")
    images, refused = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("images", "quarantine"))
    same = ["uri", "position", "image_id", "nbytes", "format", "width", "height", "perceptual_hash"]
    pd.testing.assert_frame_equal(inspected.images[same], images[same], check_dtype=False)
    assert inspected.refused.to_dict("list") == refused[["uri", "position", "reason"]].to_dict("list")


def test_copies_are_grouped_by_bytes_and_by_look(inspected: Inspection, mixed: Path) -> None:
    copies = inspected.facts()["duplicates"]
    assert (copies["exact"]["groups"], copies["exact"]["images"], copies["exact"]["across_labels"]) == (1, 1, 1)
    assert names(copies["exact"]["first"][0], mixed) == ["lamp/copy.png", "mug/0.png"]
    assert (copies["near"]["groups"], copies["near"]["across_labels"]) == (1, 0)
    assert names(copies["near"]["first"][0], mixed) == ["mug/1.png", "mug/resaved.jpg"]


def test_labels_have_their_sizes_and_singletons_their_names(inspected: Inspection) -> None:
    labels = inspected.facts()["labels"]
    assert inspected.label_sizes.to_dict() == {"alone": 1, "lamp": 6, "mug": 7}
    assert labels["images_each"] == {"least": 1, "median": 6, "most": 7}
    assert labels["with_one_image"] == {"labels": 1, "first": ["alone"]}


@pytest.mark.parametrize(
    ("suspicion", "found"),
    [
        ("blurred", "mug/blurred.png"),
        ("dark", "mug/dark.png"),
        ("blank", "mug/white.png"),
        ("tiny", "lamp/tiny.png"),
        ("odd shape", "lamp/wide.png"),
    ],
)
def test_each_suspicion_finds_its_image_and_no_other(
    inspected: Inspection, mixed: Path, suspicion: str, found: str
) -> None:
    assert names(inspected.facts()["suspected"][suspicion]["first"], mixed) == [found]


def test_what_would_stop_a_run_is_what_the_step_would_say(inspected: Inspection) -> None:
    (sentence,) = inspected.stops
    assert sentence.startswith("1 of 3 labels have one image only, and a pair needs two: alone; ")


def test_settings_are_those_of_a_run(mixed: Path) -> None:
    assert check(mixed, singletons="drop").stops == []


def test_pictures_without_a_label_are_counted_and_stop_a_run_unless_they_may_stay(mixed: Path) -> None:
    def look(**settings: str) -> Inspection:
        return check(mixed, singletons="drop", label={"rule": "pattern", "pattern": "(mug|lamp)/", **settings})

    refused, kept = look(), look(unlabelled="keep")
    assert [found.facts()["labels"]["unlabelled"] for found in (refused, kept)] == [1, 1]
    assert (len(refused.stops), kept.stops) == (1, [])
    assert kept.images["label"].map(lambda label: label is None).sum() == 1


def test_a_rule_that_lacks_something_is_told_beside_the_rest(mixed: Path) -> None:
    inspection = check(mixed, label={"rule": "pattern"})
    assert inspection.usable
    assert inspection.stops == ["the rule pattern needs a pattern, such as /([^/]+)_[0-9]+.jpg$"]


def test_facts_are_plain_data(inspected: Inspection) -> None:
    assert json.loads(json.dumps(inspected.facts())) == inspected.facts()


def test_an_archive_is_looked_into(mixed: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "things.tar", "w") as archive:
        archive.add(mixed / "mug", "mug")
        archive.add(mixed / "lamp", "lamp")
    inspection = check(tmp_path / "things.tar")
    assert (len(inspection.images), len(inspection.refused)) == (13, 3)
    assert inspection.label_sizes.to_dict() == {"lamp": 6, "mug": 7}
    assert len(inspection.groups) == 2


def test_a_list_brings_its_labels_and_its_missing_files(mixed: Path, tmp_path: Path) -> None:
    rows = [("mug/0.png", "a"), ("mug/1.png", "a"), ("lamp/0.png", "b"), ("gone.png", "b"), ("", "b")]
    lines = ["image,label", *(f"{mixed / name if name else ''},{label}" for name, label in rows)]
    (tmp_path / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    inspection = check(tmp_path / "list.csv")
    assert inspection.label_sizes.to_dict() == {"a": 2, "b": 1}
    assert inspection.refused["reason"].tolist() == ["does not exist", "names no image"]


def test_a_bucket_is_looked_into(mixed: Path, bucket: str) -> None:
    upload_folder(mixed, f"{bucket}/things")
    inspection = check(f"{bucket}/things")
    assert (len(inspection.images), len(inspection.refused), len(inspection.groups)) == (14, 3, 2)


def test_a_list_of_addresses_is_looked_into(mixed: Path, tmp_path: Path) -> None:
    with serving() as site:
        site["/a.png"] = site["/b.png"] = Answer(body=(mixed / "mug" / "0.png").read_bytes())
        rows = "".join(f"{site.url}/{name}.png,mug\n" for name in ("a", "b", "gone"))
        (tmp_path / "list.csv").write_text("image,label\n" + rows, encoding="utf-8")
        inspection = check(tmp_path / "list.csv", ingest={"private_addresses": True}, page=tmp_path / "page.html")
    assert inspection.refused["reason"].tolist() == ["answers 404 Not Found"]
    assert [group.rows for group in inspection.groups] == [[0, 1]]
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count("<img") == 4


def test_a_source_without_a_usable_image_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    inspection = check(tmp_path)
    assert not inspection.usable
    assert inspection.facts()["refusals"][0]["reason"] == "is empty"


def test_a_source_that_does_not_exist_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        check(tmp_path / "nothing")


def test_images_of_one_color_are_no_copies_of_each_other(tmp_path: Path) -> None:
    for color in ("white", "red", "blue"):
        Image.new("RGB", (100, 100), color).save(tmp_path / f"{color}.png")
    assert check(tmp_path).groups == []


def test_nothing_is_written_beside_the_source(mixed: Path) -> None:
    before = sorted(mixed.rglob("*"))
    check(mixed)
    assert sorted(mixed.rglob("*")) == before


def test_it_is_part_of_the_sdk() -> None:
    assert lookalike.check is check


@pytest.mark.parametrize(
    ("uris", "folder"),
    [
        (["/a/b/1.jpg", "/a/b/2.jpg"], "/a/b/"),
        (["/a/b/1.jpg", "/a/bc/2.jpg", ""], "/a/"),
        (["gs://x/1.jpg"], "gs://x/"),
        (["https://a/1.jpg", "http://b/1.jpg"], ""),
        ([""], ""),
        ([], ""),
    ],
)
def test_names_are_shortened_by_the_folder_that_all_lie_in(uris: list[str], folder: str) -> None:
    assert common_folder(pd.Series(uris, dtype=object)) == folder


MEMORY = """
import resource, sys
from lookalike.inspection import check

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB on Linux

check(sys.argv[1])
before = peak()
check(sys.argv[2])
print((peak() - before) / 1024)
"""


def test_memory_does_not_grow_with_the_images(tmp_path: Path) -> None:
    """Each of them is 12 MB; 480 MB of them take no more memory than as many as there are cores."""
    for folder, number in (("few", os.cpu_count() or 1), ("many", 40)):
        (tmp_path / folder).mkdir()
        for place in range(number):
            Image.new("RGB", (2000, 2000), (place, 0, 0)).save(tmp_path / folder / f"{place}.bmp")
    command = [sys.executable, "-c", MEMORY, tmp_path / "few", tmp_path / "many"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 100


def test_columns_of_the_source_that_are_called_as_its_own_are_passed_over(mixed: Path, tmp_path: Path) -> None:
    names = ["reason", "sharpness", "brightness", "contrast", "image_id", "nbytes", "position", "shard"]
    rows = pd.DataFrame({"image": [mixed / "mug" / "0.png", mixed / "mug" / "a-cut.png"]})
    rows.assign(**dict.fromkeys(names, "of the source")).to_csv(tmp_path / "rows.csv", index=False)
    facts = check(tmp_path / "rows.csv").facts()
    assert (facts["accepted"], facts["refused"]) == (1, 1)
    assert facts["refusals"][0]["reason"] == "is truncated"


def test_what_is_missing_under_a_uri_is_one_reason(mixed: Path, tmp_path: Path) -> None:
    rows = [mixed / "mug" / "0.png", "file:///nowhere/a.jpg", "file:///nowhere/b.jpg", "/nowhere//c.jpg"]
    (tmp_path / "rows.csv").write_text("\n".join(["image", *map(str, rows)]))
    refusals = check(tmp_path / "rows.csv").facts()["refusals"]
    assert [(refusal["reason"], refusal["images"]) for refusal in refusals] == [("does not exist", 3)]
