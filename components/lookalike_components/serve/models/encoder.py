"""The model `encoder`: images to embeddings."""

from typing import Any

from lookalike_components.serve.config import Limits
from lookalike_components.serve.current import Current, Served
from lookalike_components.serve.engine import Engine
from lookalike_components.serve.models.base import IMAGE, Outputs, ReleaseModel
from lookalike_components.serve.protocol.query import Query


class EncoderModel(ReleaseModel):
    """Image to embedding: float32 ``[n, d]`` of unit length."""

    def __init__(self, current: Current, engine: Engine, limits: Limits) -> None:
        super().__init__("encoder", current, engine, limits)

    def get_input_types(self) -> list[dict[str, Any]]:
        """The input as the protocol's metadata names it; UINT8 pixels are taken under the same name."""
        return [IMAGE]

    def get_output_types(self) -> list[dict[str, Any]]:
        """The output as the protocol's metadata names it."""
        dimension = self.current.release.release.manifest.encoder.dimension
        return [{"name": "embedding", "datatype": "FP32", "shape": [-1, dimension]}]

    async def answer(self, served: Served, query: Query) -> Outputs:
        """Embeds the query's images."""
        return {"embedding": await self.embed(served, query)}
