"""Every way to run the encoder is tried on the test queries, and those that keep within the margin are shipped."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lookalike_components.dataset import read_images, write_table
from lookalike_components.errors import UserError
from lookalike_components.export.config import ExportConfig
from lookalike_components.export.export import Judged, Pages, export
from lookalike_components.export.tables import PLACE
from lookalike_components.pixels import thumbnail
from lookalike_components.release.candidates import Candidate
from lookalike_components.release.manifest import Manifest
from lookalike_components.release.runtime import Release
from lookalike_components.release.runtimes.openvino import processor_has

GENEROUS = ExportConfig(margin=1, false_match_rate=0.1, index_size=1)


@pytest.fixture(scope="module")
def tested_table(tested_rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tested") / "table.parquet"
    write_table(tested_rows, path)
    return path


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What *compare* leaves behind, in small."""
    folder = tmp_path_factory.mktemp("compared") / "comparison"
    folder.mkdir()
    gain = {"mean": 0.25, "low": 0.125, "high": 0.375}
    slices = [{"column": "shelf", "value": "A|B", "queries": 40, "labels": 9, "difference": gain, "p_value": 1.0}]
    means = {"before": {"map_at_r": 0.5}, "after": {"map_at_r": 0.75}, "difference": {"map_at_r": gain}}
    metrics = {"k": 3, "queries": 120, "labels": 30, **means, "slices": slices}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    verdict = {"headline": "Better, and not by chance.", "cautions": ["few labels were tested"]}
    (folder / "verdict.json").write_text(json.dumps(verdict))
    return folder


@pytest.fixture(scope="module")
def made(
    encoder_folder: Path, tested_table: Path, comparison: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """A release with every candidate in it, its facts, and the pages beside it."""
    root = tmp_path_factory.mktemp("made")
    (root / "compared.html").write_text(f"<main>{PLACE}</main>")
    judged = Judged(comparison, root / "compared.html")
    pages = Pages(root / "candidates.md", root / "report.html")
    facts = export(encoder_folder, tested_table, root / "release", GENEROUS, judged, pages)
    return {"folder": root / "release", "facts": facts, "manifest": Manifest.read(root / "release"), "root": root}


def by_title(manifest: Manifest) -> dict[str, Candidate]:
    return {candidate.title: candidate for candidate in manifest.candidates}


def test_four_ways_are_tried_and_told_of(made: dict[str, Any]):
    tried = by_title(made["manifest"])
    assert list(tried) == ["onnxruntime f32", "OpenVINO f32", "OpenVINO bf16", "OpenVINO int8"]
    trial = made["manifest"].trial
    assert (trial.metric, trial.margin, trial.queries, trial.images) == ("map_at_r", 1, 3, 9)


def test_the_float32_graph_is_the_measure_of_the_others(made: dict[str, Any]):
    onnx, openvino = list(by_title(made["manifest"]).values())[:2]
    assert (onnx.difference, onnx.nearest_kept, onnx.same_kept) == (0, 1, 1)
    assert onnx.cosine_worst == pytest.approx(1, abs=1e-5)
    assert (openvino.difference, openvino.nearest_kept) == (pytest.approx(0, abs=1e-6), 1)
    assert openvino.cosine_worst == pytest.approx(1, abs=1e-4)


def test_its_score_is_what_the_vectors_of_the_release_give(made: dict[str, Any], tested_rows: pd.DataFrame):
    release = Release.open(made["folder"], runtime="onnx")
    queries, index = (tested_rows[tested_rows["subset"] == name] for name in ("query", "index"))
    asked, there = release.encode(list(read_images(queries))), release.encode(list(read_images(index)))
    order = (asked @ there.T).argsort(axis=1)[:, ::-1][:, :3]
    right = index["label"].to_numpy()[order] == queries["label"].to_numpy()[:, None]
    precision = np.cumsum(right, axis=1) / np.arange(1, 4)
    expected = (precision * right).sum(axis=1).mean() / 3
    assert by_title(made["manifest"])["onnxruntime f32"].score == pytest.approx(expected)


def test_every_runtime_that_is_shipped_encodes(made: dict[str, Any], rows: pd.DataFrame):
    pictures = list(read_images(rows.head(5)))
    expected = Release.open(made["folder"], runtime="onnx").encode(pictures)
    for candidate in made["manifest"].candidates:
        if candidate.shipped:
            vectors = Release.open(made["folder"], runtime=candidate.runtime).encode(pictures)
            np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-2)
            assert (vectors * expected).sum(axis=1).min() >= 0.8, candidate.title


def test_int8_is_made_and_sealed_with_the_rest(made: dict[str, Any]):
    int8 = by_title(made["manifest"])["OpenVINO int8"]
    assert int8.shipped, int8.reason
    assert set(int8.files) <= set(made["manifest"].files)
    assert int8.nbytes < 0.5 * by_title(made["manifest"])["onnxruntime f32"].nbytes


def test_bfloat16_is_tried_where_the_processor_has_it(made: dict[str, Any]):
    bf16 = by_title(made["manifest"])["OpenVINO bf16"]
    assert bf16.shipped is processor_has("bf16")
    assert bf16.reason == ("" if bf16.shipped else "its processor does not compute in bf16")


def test_the_facts_count_what_is_shipped(made: dict[str, Any]):
    shipped = [candidate for candidate in made["manifest"].candidates if candidate.shipped]
    assert made["facts"]["shipped"] == len(shipped)
    assert made["facts"]["recall"] == 1.0


def test_the_card_has_the_data_the_metrics_the_slices_and_the_runtimes(made: dict[str, Any]):
    card = (made["folder"] / "model_card.md").read_text(encoding="utf-8")
    assert "| Training | 24 | 6 |" in card
    assert "| Test queries | 3 | 3 |" in card
    assert "| MAP@R | 0.5000 | 0.7500 | +0.2500 (+0.1250 to +0.3750) |" in card
    assert "- few labels were tested." in card
    assert "| shelf A\\|B | 40 | +0.2500 (+0.1250 to +0.3750) |" in card
    assert "| OpenVINO int8 |" in card


def test_the_table_of_runtimes_is_in_the_report_and_on_a_page_of_its_own(made: dict[str, Any]):
    assert "OpenVINO bf16" in (made["root"] / "report.html").read_text(encoding="utf-8")
    assert (made["root"] / "candidates.md").read_text(encoding="utf-8").startswith("# Runtimes\n")


def test_the_index_keeps_what_the_source_said(made: dict[str, Any], tested_rows: pd.DataFrame):
    release = Release.open(made["folder"])
    assert release.table["shelf"].tolist() == tested_rows["shelf"].tolist()


def test_every_picture_of_the_index_has_a_thumbnail(made: dict[str, Any], tested_rows: pd.DataFrame):
    release = Release.open(made["folder"])
    picture = next(read_images(tested_rows.head(1)))
    assert release.thumbnail(tested_rows["image_id"][0]) == thumbnail(picture, 96)
    assert all(release.thumbnail(image_id) for image_id in tested_rows["image_id"])


@pytest.mark.slow
def test_what_falls_behind_by_more_than_the_margin_is_not_shipped(
    encoder_folder: Path, tested_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    spoil_openvino(monkeypatch)
    config = ExportConfig(margin=0.005, thumbnails=False)
    export(encoder_folder, tested_table, tmp_path / "release", config)
    manifest = Manifest.read(tmp_path / "release")
    openvino = by_title(manifest)["OpenVINO f32"]
    assert not openvino.shipped
    assert openvino.reason == f"map_at_r falls by {-openvino.difference:.4f}, more than 0.005"
    assert set(manifest.files) & {"encoder-int8.xml", "encoder-int8.bin", "thumbnails.arrow"} == set()
    assert Release.open(tmp_path / "release").runtime == "onnx"


def spoil_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns every vector round, so that the nearest become the farthest."""
    from lookalike_components.release.runtimes.openvino import OpenVinoGraph

    run = OpenVinoGraph.run
    monkeypatch.setattr(OpenVinoGraph, "run", lambda self, batch: -run(self, batch))


@pytest.mark.slow
def test_a_graph_that_cannot_be_quantised_is_told_of(encoder_folder: Path, tested_rows: pd.DataFrame, tmp_path: Path):
    write_table(tested_rows.assign(subset=tested_rows["subset"].replace("train", "none")), tmp_path / "table.parquet")
    export(encoder_folder, tmp_path / "table.parquet", tmp_path / "release", ExportConfig(thumbnails=False))
    int8 = by_title(Manifest.read(tmp_path / "release"))["OpenVINO int8"]
    assert (int8.shipped, int8.reason) == (False, "there is no training picture to set the ranges with")


@pytest.mark.slow
def test_a_metric_that_was_not_measured_is_refused(encoder_folder: Path, tested_table: Path, tmp_path: Path):
    config = ExportConfig(metric="map_at_z", thumbnails=False)
    with pytest.raises(UserError, match=r"^map_at_z was not measured on these labels; decide by one of precision_at_k"):
        export(encoder_folder, tested_table, tmp_path / "release", config)
    assert not (tmp_path / "release").exists()


def test_a_folder_that_is_no_comparison_is_refused(encoder_folder: Path, tested_table: Path, tmp_path: Path):
    with pytest.raises(UserError) as error:
        export(encoder_folder, tested_table, tmp_path / "release", GENEROUS, Judged(comparison=tmp_path))
    expected = f"{tmp_path} is no comparison (it has no metrics.json); pass the folder that compare wrote"
    assert str(error.value) == expected
    assert not (tmp_path / "release").exists()


@pytest.mark.slow
def test_two_exports_of_one_encoder_are_one_release(made: dict[str, Any], encoder_folder: Path, tested_table: Path):
    again = made["root"] / "again"
    export(encoder_folder, tested_table, again, GENEROUS)
    assert Manifest.read(again).digest == made["manifest"].digest
