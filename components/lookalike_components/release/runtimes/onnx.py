"""The encoder's ONNX graph, run by onnxruntime in float32: what every release ships, and the others are measured by."""

from pathlib import Path

import onnxruntime

from lookalike_components.release.runtimes.graph import Graph, Pixels, Vectors

ERRORS_ALONE = 3


class OnnxGraph(Graph):
    """``encoder.onnx`` on the processor."""

    def __init__(self, path: str | Path, threads: int = 0) -> None:
        """Loads the graph.

        Args:
            path: The ONNX file.
            threads: Threads that share one batch; 0 for one on each core.
        """
        options = onnxruntime.SessionOptions()
        options.log_severity_level = ERRORS_ALONE
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.dimension = self._session.get_outputs()[0].shape[1]
        self.input_size = self._session.get_inputs()[0].shape[1]

    def run(self, batch: Pixels) -> Vectors:
        """Embeds one batch."""
        vectors: Vectors = self._session.run(None, {"images": batch})[0]
        return vectors
