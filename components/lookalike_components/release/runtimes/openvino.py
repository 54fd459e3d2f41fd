"""The same encoder, run by OpenVINO: in float32, in bfloat16 where the processor has it, or quantised to int8."""

from collections import deque
from functools import cache
from pathlib import Path

import numpy as np
import openvino
from openvino import properties

from lookalike_components.release.runtimes.graph import Graph, Pixels, Vectors

TYPES = {"f32": openvino.Type.f32, "bf16": openvino.Type.bf16, "int8": openvino.Type.f32}
"""What is computed in. A quantised graph says itself which of its layers are int8; the others stay in float32, so that
every processor computes what was measured."""


@cache
def _core() -> openvino.Core:
    return openvino.Core()


def processor_has(precision: str) -> bool:
    """Whether this machine's processor computes in ``f32``, ``bf16`` or ``int8``."""
    names = {"f32": "FP32", "bf16": "BF16", "int8": "INT8"}
    return names[precision] in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class OpenVinoGraph(Graph):
    """An ONNX file, or OpenVINO's own ``.xml`` with the ``.bin`` beside it, compiled for this processor."""

    def __init__(self, path: str | Path, precision: str = "f32", threads: int = 0) -> None:
        """Loads and compiles the graph.

        Args:
            path: The ONNX file, or the ``.xml``.
            precision: ``f32``, ``bf16`` or ``int8``.
            threads: Threads that share one batch; 0 for one on each core.
        """
        hints = {
            properties.hint.inference_precision: TYPES[precision],
            properties.hint.performance_mode: properties.hint.PerformanceMode.LATENCY,
            properties.inference_num_threads: threads,
        }
        self._compiled = _core().compile_model(str(path), "CPU", hints)
        self.dimension = self._compiled.output(0).partial_shape[1].get_length()
        self.input_size = self._compiled.input(0).partial_shape[1].get_length()
        self._quantised = precision == "int8"  # then the division by the length was rounded too
        self._idle: deque[openvino.InferRequest] = deque()

    def run(self, batch: Pixels) -> Vectors:
        """Embeds one batch."""
        request = self._idle_request()
        try:
            request.infer({0: np.ascontiguousarray(batch)}, share_inputs=True)
            # Copies: the request's own memory is overwritten by its next batch.
            found: Vectors = request.get_output_tensor(0).data
            return self._unit(found) if self._quantised else found.copy()
        finally:
            self._idle.append(request)

    def _idle_request(self) -> openvino.InferRequest:
        """A request takes one batch at a time, so there are as many as batches that were ever run at once."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._compiled.create_infer_request()

    def _unit(self, vectors: Vectors) -> Vectors:
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit
