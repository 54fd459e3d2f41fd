"""The encoder as an ONNX graph: what a server runs without torch."""

import logging
from copy import deepcopy
from pathlib import Path

import torch
from torch.export import Dim

from lookalike_components.encoder.model import Encoder

OPSET = 20
INPUT = "images"
OUTPUT = "embedding"
CHATTY = ("onnx_ir", "onnxscript")


def export(encoder: Encoder, path: str | Path) -> None:
    """Writes the graph: ``images`` uint8 ``[batch, size, size, 3]`` to ``embedding`` float32 ``[batch, d]``.

    Normalisation of the pixels and of the vectors is inside; the batch can have any size from 1 up.
    """
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    size = encoder.config.input_size
    # The exporter takes a batch of one for a constant, so the example has two.
    example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    torch.onnx.export(
        deepcopy(encoder).cpu().to(memory_format=torch.contiguous_format).eval(),
        (example,),
        str(path),
        dynamo=True,
        opset_version=OPSET,
        dynamic_shapes={INPUT: {0: Dim("batch", min=1)}},
        external_data=False,
        input_names=[INPUT],
        output_names=[OUTPUT],
        verbose=False,
    )
