"""The ways to run an encoder that were tried when a release was made, and how each of them came out."""

from typing import Literal

from pydantic import Field

from lookalike_components.release.part import Part

Runtime = Literal["onnx", "openvino", "int8"]
Precision = Literal["f32", "bf16", "int8"]
RUNTIMES: tuple[Runtime, ...] = ("onnx", "openvino", "int8")
GRAPH = "encoder.onnx"
LIBRARIES = {"onnx": "onnxruntime", "openvino": "OpenVINO", "int8": "OpenVINO"}


class Candidate(Part):
    """One way to run the encoder. What could not be measured is None."""

    runtime: Runtime = Field(description="The name by which it is asked for.")
    precision: Precision = Field(description="What it computes in.")
    files: tuple[str, ...] = Field(description="The files of the release that it runs; the first one is what it loads.")
    nbytes: int = Field(0, ge=0, description="Their size.")
    score: float | None = Field(None, description="Mean of the metric over the queries, as it encodes them.")
    difference: float | None = Field(None, description="Its score less that of onnx.")
    cosine_mean: float | None = Field(None, description="Cosine of its embedding of a query with that of onnx, mean.")
    cosine_worst: float | None = Field(None, description="The lowest of these cosines.")
    nearest_kept: float | None = Field(None, description="Share of the queries that find the same picture first.")
    same_kept: float | None = Field(None, description="Share of the queries whose first picture counts as before.")
    images_per_second: float | None = Field(None, description="Pictures encoded in a second by one thread.")
    shipped: bool = Field(description="Whether the release may be run with it.")
    reason: str = Field("", description="Why it is not shipped; empty where it is.")

    @property
    def title(self) -> str:
        """Its name and what it computes in, for people."""
        return f"{LIBRARIES[self.runtime]} {self.precision}"


class Trial(Part):
    """On what the candidates were measured, and by how much they may fall behind."""

    metric: str = Field(description="Name of the metric, such as `map_at_r`.")
    margin: float = Field(ge=0, description="How far below that of onnx its mean may lie.")
    queries: int = Field(ge=0, description="Test queries that were encoded by each candidate.")
    images: int = Field(ge=0, description="Pictures that they were searched among, as the release's index has them.")


def onnx() -> Candidate:
    """What every release ships: the ONNX graph in float32."""
    return Candidate(runtime="onnx", precision="f32", files=(GRAPH,), shipped=True)
