"""A release runs with the fastest runtime that it ships and the machine has, or with the one that was asked for."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lookalike_components.errors import UserError
from lookalike_components.release.candidates import GRAPH, Candidate, onnx
from lookalike_components.release.manifest import EncoderFacts
from lookalike_components.release.runtime import Release
from lookalike_components.release.runtimes.openvino import OpenVinoGraph, processor_has
from lookalike_components.release.sealing import Tried, seal

FACTS = EncoderFacts(model="mean", dimension=3, input_size=8, resize="exact", licence="none", digest="0" * 64)
OPENVINO = Candidate(runtime="openvino", precision="f32", files=(GRAPH,), images_per_second=9, shipped=True)
ONNX = onnx().model_copy(update={"images_per_second": 5.0})
BF16 = OPENVINO.model_copy(update={"precision": "bf16", "images_per_second": 20.0})


@pytest.fixture
def sealed(draft: Path, tmp_path: Path) -> Callable[..., Path]:
    """Seals the draft with some candidates."""

    def sealed(*candidates: Candidate) -> Path:
        seal(draft, tmp_path / "release", "colours", FACTS, threshold=0.9, tried=Tried(candidates))
        return tmp_path / "release"

    return sealed


def test_the_fastest_that_is_shipped_runs(sealed: Callable[..., Path]):
    assert Release.open(sealed(ONNX, OPENVINO)).runtime == "openvino"


def test_what_is_not_shipped_does_not_run(sealed: Callable[..., Path]):
    folder = sealed(ONNX, OPENVINO.model_copy(update={"shipped": False, "reason": "map_at_r falls by 0.1"}))
    assert Release.open(folder).runtime == "onnx"
    with pytest.raises(UserError) as error:
        Release.open(folder, runtime="openvino")
    assert str(error.value) == (
        "the release colours does not ship the runtime openvino: map_at_r falls by 0.1; choose one of auto, onnx"
    )


def test_the_runtime_that_was_asked_for_runs(sealed: Callable[..., Path]):
    assert Release.open(sealed(ONNX, OPENVINO), runtime="onnx").runtime == "onnx"


def test_a_runtime_of_another_name_is_refused(sealed: Callable[..., Path]):
    with pytest.raises(UserError) as error:
        Release.open(sealed(ONNX), runtime="tflite")
    expected = "there is no runtime called tflite; choose one of auto, onnx, openvino, int8"
    assert str(error.value) == expected


def test_the_next_one_runs_where_the_machine_lacks_the_first(
    sealed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    has = "lookalike_components.release.runtimes.openvino.processor_has"
    monkeypatch.setattr(has, lambda precision: precision == "f32")
    folder = sealed(ONNX, OPENVINO, BF16)
    assert Release.open(folder).runtime == "openvino"
    told = capsys.readouterr().err
    assert "the encoder runs with OpenVINO f32, since OpenVINO bf16 cannot: its processor does not compute in" in told


def test_a_machine_without_the_runtime_says_so(sealed: Callable[..., Path], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lookalike_components.release.runtimes.openvino.processor_has", lambda precision: False)
    with pytest.raises(UserError) as error:
        Release.open(sealed(ONNX, BF16), runtime="openvino")
    assert str(error.value) == (
        "this machine cannot run the runtime openvino: its processor does not compute in bf16; pass --runtime onnx"
    )


@pytest.mark.parametrize("threads", [0, 1])
def test_openvino_computes_what_onnxruntime_does(sealed: Callable[..., Path], threads: int):
    folder = sealed(ONNX, OPENVINO)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    expected = Release.open(folder, runtime="onnx", threads=threads).encode_pixels(pixels)
    found = Release.open(folder, runtime="openvino", threads=threads).encode_pixels(pixels)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.skipif(not processor_has("bf16"), reason="the processor does not compute in bfloat16")
def test_bfloat16_stays_near(sealed: Callable[..., Path]):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    folder = sealed(ONNX, BF16)
    expected = Release.open(folder, runtime="onnx").encode_pixels(pixels)
    np.testing.assert_allclose(Release.open(folder, runtime="openvino").encode_pixels(pixels), expected, atol=2e-2)


def test_the_vectors_of_one_batch_are_not_overwritten_by_the_next(sealed: Callable[..., Path]):
    graph = OpenVinoGraph(sealed(ONNX, OPENVINO) / GRAPH)
    red, green = (np.full((1, 8, 8, 3), colour, np.uint8) for colour in ((9, 0, 0), (0, 9, 0)))
    first = graph.run(red)
    graph.run(green)
    np.testing.assert_allclose(first, [[1, 0, 0]], atol=1e-6)


def test_threads_get_the_vectors_of_their_own_pictures(sealed: Callable[..., Path]):
    graph = OpenVinoGraph(sealed(ONNX, OPENVINO) / GRAPH, threads=1)
    pixels = np.random.default_rng(0).integers(0, 256, (200, 8, 8, 3), dtype=np.uint8)
    with ThreadPoolExecutor(8) as threads:
        found = np.concatenate(list(threads.map(graph.run, pixels[:, None])))
    np.testing.assert_allclose(found, graph.encode(pixels), atol=1e-6)


@pytest.mark.parametrize(("runtime", "other"), [("onnx", "openvino"), ("openvino", "onnxruntime")])
def test_only_the_library_of_the_runtime_is_loaded(sealed: Callable[..., Path], runtime: str, other: str):
    code = (
        "import sys; from lookalike_components.release.runtime import Release; "
        "Release.open(sys.argv[1], sys.argv[2]); print(sys.argv[3] in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(sealed(ONNX, OPENVINO)), runtime, other]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("use", ["openvino", "nncf"])
def test_nobody_is_told_of_it(sealed: Callable[..., Path], tmp_path: Path, use: str):
    """OpenVINO and NNCF report home when they are imported; here they write nothing, and hold no reporter."""
    code = (
        "import sys; from lookalike_components.release.runtime import Release; "
        "Release.open(sys.argv[1], 'openvino'); __import__(sys.argv[2]); print(sys.modules['openvino_telemetry'])"
    )
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-c", code, str(sealed(ONNX, OPENVINO)), use]
    finished = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "HOME": str(home)}
    )
    assert finished.stdout == "None\n"
    assert not (home / "intel").exists()


def test_a_release_has_all_that_its_source_said_of_a_picture(draft: Path, table: pd.DataFrame, tmp_path: Path):
    table.assign(shelf=range(6)).to_parquet(draft / "index.parquet", index=False)
    seal(draft, tmp_path / "release", "colours", FACTS, threshold=0.9)
    release = Release.open(tmp_path / "release")
    assert list(release.table) == ["image_id", "uri", "label", "subset", "shelf"]
    assert release.table["shelf"].tolist() == list(range(6))
    assert release.index.ntotal == 6
