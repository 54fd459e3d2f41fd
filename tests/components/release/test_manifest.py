"""A release that was touched, or is none, is refused with one sentence."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lookalike_components.errors import LookalikeError, UserError
from lookalike_components.release import candidates
from lookalike_components.release.candidates import Candidate
from lookalike_components.release.manifest import Manifest
from lookalike_components.release.runtime import Release

FILES = ["encoder.onnx", "index.faiss", "index.parquet", "model_card.md"]


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_in_any_file_is_noticed(folder: Path, flip: Callable[[str], None], name: str):
    flip(name)
    with pytest.raises(LookalikeError) as error:
        Manifest.read(folder).verify(folder)
    expected = f"{name} in the release {folder} is not what was sealed (its sha256 differs); copy it again"
    assert str(error.value) == expected


def test_a_changed_threshold_is_noticed(folder: Path):
    path = folder / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace("0.9", "0.1"), encoding="utf-8")
    with pytest.raises(LookalikeError) as error:
        Manifest.read(folder).verify(folder)
    expected = f"manifest.json in the release {folder} is not what was sealed (its sha256 differs); copy it again"
    assert str(error.value) == expected


def test_a_missing_file_is_named(folder: Path):
    (folder / "index.faiss").unlink()
    with pytest.raises(LookalikeError) as error:
        Manifest.read(folder).verify(folder)
    assert str(error.value) == f"index.faiss is missing from the release {folder}; copy the whole folder again"


@pytest.mark.parametrize("name", ["thumbnails.arrow", "lineage.json"])
def test_a_file_that_was_put_into_a_release_afterwards_is_not_read(folder: Path, name: str):
    (folder / name).write_bytes(b"not sealed")
    with pytest.raises(LookalikeError) as error:
        Release.open(folder)
    expected = (
        f"{name} in the release {folder} cannot be checked, since manifest.json does not list it; "
        "copy the whole folder again"
    )
    assert str(error.value) == expected


def test_a_file_that_nobody_reads_may_lie_in_a_release(folder: Path):
    (folder / "notes.txt").write_text("of a person", encoding="utf-8")
    assert Release.open(folder).runtime == "onnx"


@pytest.mark.parametrize("name", ["index.faiss", "index.parquet", "encoder.onnx"])
def test_a_manifest_has_to_list_what_is_read(folder: Path, name: str):
    sealed_without(folder, name)
    with pytest.raises(LookalikeError, match=f"^{name} in the release .* cannot be checked"):
        Manifest.read(folder).verify(folder)


def test_a_manifest_has_to_list_the_files_of_what_it_ships(folder: Path):
    shipped = Candidate(runtime="int8", precision="int8", files=("encoder-int8.xml",), shipped=True)
    (folder / "encoder-int8.xml").write_bytes(b"not sealed")
    sealed_without(folder, candidates=(shipped, shipped.model_copy(update={"shipped": False, "files": ("none",)})))
    with pytest.raises(LookalikeError, match=r"^encoder-int8\.xml in the release .* cannot be checked"):
        Manifest.read(folder).verify(folder)


def sealed_without(folder: Path, *names: str, **changes: Any) -> None:
    """Seals the release again with a manifest that does not list some of its files."""
    manifest = Manifest.read(folder)
    files = {name: digest for name, digest in manifest.files.items() if name not in names}
    changed = manifest.model_copy(update={"files": files, **changes}).sealed()
    (folder / "manifest.json").write_text(changed.model_dump_json(), encoding="utf-8")


def test_a_folder_without_a_manifest_is_no_release(tmp_path: Path):
    with pytest.raises(UserError) as error:
        Manifest.read(tmp_path)
    expected = f"{tmp_path} is not a release (it has no manifest.json); pass the release folder of a finished run"
    assert str(error.value) == expected


def test_any_flipped_bit_in_the_manifest_is_noticed(folder: Path):
    path = folder / "manifest.json"
    sealed = path.read_bytes()
    assert [place for place in range(len(sealed)) if opens(folder, flipped(sealed, place))] == []


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def opens(folder: Path, manifest: bytes) -> bool:
    (folder / "manifest.json").write_bytes(manifest)
    try:
        Manifest.read(folder).verify(folder)
    except LookalikeError:
        return False
    return True


@pytest.mark.parametrize("name", ["encoder.onnx", "index.faiss", "index.parquet"])
def test_a_file_of_another_release_is_noticed(folder: Path, another: Path, name: str):
    shutil.copyfile(another / name, folder / name)
    with pytest.raises(LookalikeError) as error:
        Manifest.read(folder).verify(folder)
    expected = f"{name} in the release {folder} is not what was sealed (its sha256 differs); copy it again"
    assert str(error.value) == expected


def test_a_manifest_of_a_later_version_is_refused(folder: Path):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"schema_version": 3}), encoding="utf-8")
    with pytest.raises(LookalikeError) as error:
        Manifest.read(folder)
    assert str(error.value) == f"{path}: schema_version is 3: it should be 1 or 2; export the release again"


def of_version_1(folder: Path) -> dict[str, Any]:
    """The manifest of the same release as version 1 wrote it."""
    content = json.loads((folder / "manifest.json").read_bytes())
    kept = ("name", "created", "encoder", "threshold", "files")
    index = {name: content["index"][name] for name in ("images", "labels")}
    return {"schema_version": 1, "index": index, **{name: content[name] for name in kept}}


def digest_of_version_1(content: dict[str, Any]) -> str:
    digested = {name: value for name, value in content.items() if name != "created"}
    return hashlib.sha256(json.dumps(digested, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@pytest.mark.parametrize("aspect", ["squash", "pad"])
def test_a_release_of_version_1_still_opens_under_its_own_digest(folder: Path, aspect: str):
    content = of_version_1(folder)
    content["encoder"]["aspect"] = aspect
    if aspect == "squash":  # what was sealed before the shape of pictures was a choice does not name it
        del content["encoder"]["aspect"]
    content["digest"] = digest_of_version_1(content)
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    release = Release.open(folder)
    assert (release.manifest.digest, release.runtime) == (content["digest"], "onnx")


def test_the_speed_of_a_candidate_makes_no_other_release(folder: Path):
    manifest = Manifest.read(folder)
    fast, slow = (
        manifest.model_copy(update={"candidates": (onnx_candidate(images_per_second=speed),)}).sealed()
        for speed in (9.0, 2.0)
    )
    assert fast.digest == slow.digest
    assert fast.checksum != slow.checksum


def test_what_is_shipped_makes_another_release(folder: Path):
    manifest = Manifest.read(folder)
    with_candidates = manifest.model_copy(update={"candidates": (onnx_candidate(),)}).sealed()
    assert with_candidates.digest != manifest.digest


def onnx_candidate(**figures: float) -> Candidate:
    return candidates.onnx().model_copy(update=figures)


def test_a_release_for_pictures_of_another_shape_is_another_one(folder: Path):
    path = folder / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace("squash", "pad"), encoding="utf-8")
    with pytest.raises(LookalikeError, match="is not what was sealed"):
        Manifest.read(folder).verify(folder)
