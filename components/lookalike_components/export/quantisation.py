"""The encoder in eight bits: NNCF looks at training pictures to find the range of numbers in every layer."""

import io
import logging
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lookalike_components.dataset import load_pixels
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.errors import UserError

QUANTISED = "encoder-int8.xml"
WEIGHTS = "encoder-int8.bin"
PICTURES_SEEN = 300
PICTURES_AT_ONCE = 10
ATTENTION = {"Softmax", "ScaledDotProductAttention"}


def quantise(onnx_path: Path, draft: Path, table: pd.DataFrame, encoder: EncoderConfig) -> None:
    """Writes ``encoder-int8.xml`` and ``encoder-int8.bin``.

    Activations are quantised asymmetrically and weights symmetrically (NNCF's preset "mixed"), which keeps far more of
    an embedding than NNCF's default of symmetric ranges.

    Args:
        onnx_path: The graph in float32.
        draft: Folder that they go to.
        table: Image table; 300 of its training pictures, those of the lowest ids, set the ranges.
        encoder: What the encoder is.

    Raises:
        UserError: There is no picture to set the ranges with.
        RuntimeError: The graph holds what NNCF cannot quantise.
    """
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # says that there is no GPU
    import nncf
    import openvino

    seen = _for_calibration(table)
    if seen.empty:
        raise UserError("there is no training picture to set the ranges with")
    model = openvino.Core().read_model(onnx_path)
    nncf.set_log_level(logging.ERROR)
    pictures = nncf.Dataset(list(_batches(seen, encoder)))
    with redirect_stdout(io.StringIO()):  # its progress bars
        quantised = nncf.quantize(
            model,
            pictures,
            preset=nncf.QuantizationPreset.MIXED,
            model_type=nncf.ModelType.TRANSFORMER if _has_attention(model) else None,
            subset_size=len(seen),
        )
    _name_evenly(quantised)
    openvino.save_model(quantised, draft / QUANTISED, compress_to_fp16=False)


def _for_calibration(table: pd.DataFrame) -> pd.DataFrame:
    trained = table[table["subset"] == "train"]
    return trained.sort_values("image_id").head(PICTURES_SEEN)


def _batches(table: pd.DataFrame, encoder: EncoderConfig) -> Iterator[npt.NDArray[np.uint8]]:
    return load_pixels(table, encoder.input_size, encoder.resize, PICTURES_AT_ONCE, encoder.aspect)


def _has_attention(model: Any) -> bool:
    return any(node.get_type_name() in ATTENTION for node in model.get_ops())


def _name_evenly(model: Any) -> None:
    """Numbers the nodes from 0: OpenVINO counts on through a process, and one encoder shall have one digest."""
    for number, node in enumerate(model.get_ordered_ops()):
        node.set_friendly_name(f"node-{number}")
