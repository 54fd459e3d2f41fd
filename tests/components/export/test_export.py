"""An export is a release that encodes and finds what the encoder would."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lookalike_components.dataset import LABEL_NOW, load_pixels, read_images, read_table, write_table
from lookalike_components.encoder import folder
from lookalike_components.encoder.encode import encode
from lookalike_components.errors import UserError
from lookalike_components.export.config import ExportConfig
from lookalike_components.export.export import export
from lookalike_components.registry import freeze, read_lineage
from lookalike_components.release.manifest import file_digest
from lookalike_components.release.runtime import Release


@pytest.fixture(scope="module")
def exported(
    encoder_folder: Path, table: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """A release and its facts."""
    path = tmp_path_factory.mktemp("exported") / "release"
    return path, export(encoder_folder, table, path, ExportConfig(false_match_rate=0.1, index_size=44, batch_size=7))


@pytest.fixture(scope="module")
def release(exported: tuple[Path, dict[str, Any]]) -> Release:
    return Release.open(exported[0])


def test_the_release_embeds_files_as_the_encoder_does(release: Release, encoder_folder: Path, rows: pd.DataFrame):
    expected = encode(folder.load(encoder_folder), load_pixels(rows, 32))
    np.testing.assert_allclose(release.encode(list(read_images(rows))), expected, atol=1e-5)


def test_every_picture_of_the_table_finds_itself_first(release: Release, rows: pd.DataFrame):
    found = release.search(release.encode(list(read_images(rows))), k=1)
    assert [best for (best,) in found.ids] == rows["image_id"].tolist()
    assert [best for (best,) in found.uris] == rows["uri"].tolist()
    np.testing.assert_allclose(found.scores, 1, atol=1e-5)


def test_the_facts_tell_what_the_manifest_holds(exported: tuple[Path, dict[str, Any]], release: Release):
    facts = exported[1]
    assert (facts["images"], facts["labels"]) == (48, 12)
    assert facts["threshold"] == release.manifest.threshold
    assert 0 <= facts["largest_difference"] < 1e-5


def test_the_manifest_names_the_encoder(release: Release, encoder_folder: Path):
    encoder = release.manifest.encoder
    assert (encoder.model, encoder.dimension, encoder.input_size, encoder.resize) == ("resnet18", 512, 32, "exact")
    assert encoder.digest == folder.digest(encoder_folder)
    assert release.manifest.name == f"resnet18-{encoder.digest[:8]}"


def test_the_threshold_lets_few_searches_for_what_is_not_there_pass(release: Release, rows: pd.DataFrame):
    vectors, labels = release.encode(list(read_images(rows))), rows["label"].to_numpy()
    asked = (rows["subset"] == "validation").to_numpy()
    cosines = np.where(labels[asked][:, None] == labels, -1, vectors[asked] @ vectors.T)
    passed = (cosines.max(axis=1) >= release.manifest.threshold).sum()
    assert (passed, asked.sum()) == (1, 16)  # a tenth of them at most


def test_the_card_tells_people_the_same(exported: tuple[Path, dict[str, Any]], release: Release):
    card = (exported[0] / "model_card.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {release.manifest.name}\n")
    assert "| Index | 48 pictures of 12 labels; each is compared with the query |" in card
    assert f"| Same thing from cosine | {release.manifest.threshold:.4f}" in card


def test_nothing_else_is_left_beside_the_release(exported: tuple[Path, dict[str, Any]]):
    assert [path.name for path in exported[0].parent.iterdir()] == ["release"]


def test_without_validation_labels_there_is_no_threshold(encoder_folder: Path, rows: pd.DataFrame, tmp_path: Path):
    write_table(rows.assign(subset="train"), tmp_path / "table.parquet")
    facts = export(encoder_folder, tmp_path / "table.parquet", tmp_path / "release", ExportConfig())
    assert "threshold" not in facts
    assert Release.open(tmp_path / "release").manifest.threshold is None


def test_a_threshold_that_nothing_reaches_is_marked(encoder_folder: Path, rows: pd.DataFrame, tmp_path: Path):
    """Labels that cut across the things: of one thing's pictures each has another."""
    write_table(rows.assign(label=rows.groupby("label").cumcount().astype(str)), tmp_path / "table.parquet")
    export(encoder_folder, tmp_path / "table.parquet", tmp_path / "release", ExportConfig(false_match_rate=0))
    card = (tmp_path / "release" / "model_card.md").read_text(encoding="utf-8")
    assert "; answers nothing: no pair of validation pictures of one label reaches it |" in card


def test_an_empty_table_is_refused(encoder_folder: Path, rows: pd.DataFrame, tmp_path: Path):
    write_table(rows.head(0), tmp_path / "table.parquet")
    with pytest.raises(UserError) as error:
        export(encoder_folder, tmp_path / "table.parquet", tmp_path / "release", ExportConfig())
    assert str(error.value) == f"{tmp_path / 'table.parquet'} has no images to search among; run the step ingest first"


def test_a_release_that_is_there_is_not_touched(
    exported: tuple[Path, dict[str, Any]], release: Release, encoder_folder: Path, table: Path
):
    with pytest.raises(UserError, match=r"is not empty and a release is never changed; export to another folder$"):
        export(encoder_folder, table, exported[0], ExportConfig())
    assert Release.open(exported[0]).manifest == release.manifest
    assert [path.name for path in exported[0].parent.iterdir()] == ["release"]


def test_the_index_offers_what_the_source_has_by_now(encoder_folder: Path, rows: pd.DataFrame, tmp_path: Path):
    """Pictures of a frozen test set may have been taken down, or given another label, since it was frozen."""
    now = rows["label"].astype(object)
    now.iloc[0], now.iloc[1] = None, "renamed"
    write_table(rows.assign(**{LABEL_NOW: now}), tmp_path / "table.parquet")
    export(encoder_folder, tmp_path / "table.parquet", tmp_path / "release", ExportConfig())
    found = Release.open(tmp_path / "release").search(np.zeros((1, 512), np.float32), k=len(rows) - 1)
    labels = dict(zip(found.ids[0], found.labels[0], strict=True))
    assert labels == dict(zip(rows["image_id"][1:], now[1:], strict=True))
    assert read_lineage(str(tmp_path / "release")).test_set == freeze(rows)[0]


def test_pictures_without_a_label_can_be_found(encoder_folder: Path, rows: pd.DataFrame, tmp_path: Path):
    named = rows["label"].astype(object).mask(rows.index == 0, None)
    write_table(rows.assign(label=named, subset=rows["subset"].mask(rows.index == 0, None)), tmp_path / "table.parquet")
    facts = export(encoder_folder, tmp_path / "table.parquet", tmp_path / "release", ExportConfig())
    release = Release.open(tmp_path / "release")
    found = release.search(release.encode(list(read_images(rows.head(1)))), k=1)
    assert (found.ids[0][0], found.labels[0][0]) == (rows["image_id"][0], "")
    assert (facts["images"], facts["labels"]) == (48, 12)
    card = (tmp_path / "release" / "model_card.md").read_text(encoding="utf-8")
    assert "| Index | 48 pictures of 12 labels, 1 without a label; each is compared with the query |" in card


def test_the_lineage_names_the_data_the_code_and_the_parents(encoder_folder: Path, table: Path, tmp_path: Path):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LOOKALIKE_REVISION", "abc123")
        environment.setenv("LOOKALIKE_IMAGE", "registry/gpu@sha256:1")
        export(encoder_folder, table, tmp_path / "release", ExportConfig(champion="c" * 64))
    made_of = read_lineage(str(tmp_path / "release"))
    encoder = folder.read_config(encoder_folder)
    assert (made_of.table, made_of.test_set) == (file_digest(table), freeze(read_table(table))[0])
    assert (made_of.encoder, made_of.weights) == (folder.digest(encoder_folder), encoder.weights_sha256)
    assert (made_of.parent_encoder, made_of.parent_release) == (encoder.parent, "c" * 64)
    assert made_of.code.endswith("+abc123")
    assert made_of.image == "registry/gpu@sha256:1"


def test_the_lineage_is_sealed_with_the_rest(exported: tuple[Path, dict[str, Any]], release: Release):
    assert release.manifest.files["lineage.json"] == file_digest(exported[0] / "lineage.json")


def test_the_digest_of_a_release_does_not_depend_on_when_it_was_made(
    exported: tuple[Path, dict[str, Any]], release: Release, encoder_folder: Path, table: Path, tmp_path: Path
):
    export(encoder_folder, table, tmp_path / "release", ExportConfig(false_match_rate=0.1, index_size=44, batch_size=7))
    assert Release.open(tmp_path / "release").manifest.digest == release.manifest.digest
