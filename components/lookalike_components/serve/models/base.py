"""What both models share: they read any protocol, and name the release in every answer."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from kserve import InferRequest, InferResponse, Model

from lookalike_components.errors import UserError
from lookalike_components.serve.config import Limits
from lookalike_components.serve.current import Current, Served
from lookalike_components.serve.engine import Deadline, Engine
from lookalike_components.serve.protocol import v1, v2
from lookalike_components.serve.protocol.query import Answer, Query, check_count

Outputs = Mapping[str, npt.NDArray[Any]]
IMAGE = {"name": "image", "datatype": "BYTES", "shape": [-1]}
TIMEOUT = "timeout"
"""Parameter of v2 requests: microseconds that the client grants, as Triton's clients send it."""


class ReleaseModel(Model):
    """A model that answers with what the release in service knows."""

    def __init__(self, name: str, current: Current, engine: Engine, limits: Limits) -> None:
        super().__init__(name)
        self.current = current
        self.engine = engine
        self.limits = limits
        self.ready = True

    async def predict(
        self, payload: object, headers: Mapping[str, str] | None = None, response_headers: object = None
    ) -> dict[str, Any] | InferResponse:
        """Answers one request without holding up the others.

        Raises:
            UserError: The request cannot be answered; the client gets the sentence.
        """
        most = self.limits.images
        if isinstance(payload, InferRequest):
            return v2.write(payload, self.name, await self.respond(v2.read(payload, most)))
        return v1.write(await self.respond(v1.read(payload, most)))

    async def respond(self, query: Query) -> Answer:
        """Answers a query by the release that is in service now, and by no other, however long it takes.

        Raises:
            UserError: The query cannot be answered.
        """
        self._check_size(query)
        served = self.current.release
        with _deadline(query.parameters).held():
            return Answer(await self.answer(served, query), served.digests)

    async def answer(self, served: Served, query: Query) -> Outputs:
        """The tensors that answer a query.

        Args:
            served: The release that the request began with.
            query: What the client asks.
        """
        raise NotImplementedError

    async def embed(self, served: Served, query: Query) -> npt.NDArray[np.float32]:
        """Embeds the images or pixels of a query as float32 ``[n, d]``.

        Raises:
            UserError: There are none, or the engine refuses them.
        """
        if query.images:
            return await self.engine.encode_files(served.release, query.images)
        if query.pixels is not None:
            return await self.engine.encode_pixels(served.release, query.pixels)
        raise UserError("the request holds no image; send at least one")

    def _check_size(self, query: Query) -> None:
        if query.vectors is not None and query.vectors.ndim != 2:
            shape, encoder = v2.shape_of(query.vectors.shape), self.current.release.release.manifest.encoder
            raise UserError(
                f"the shape of embedding is {shape} but must be [images, {encoder.dimension}]; one row for each"
            )
        check_count(len(query), "images" if query.vectors is None else "embeddings", self.limits.images)


def _deadline(parameters: Mapping[str, Any]) -> Deadline:
    current, wanted = Deadline.current(), parameters.get(TIMEOUT)
    if wanted is None:
        return current
    if type(wanted) is not int or wanted < 0:
        raise UserError(f"parameter {TIMEOUT} is not a whole number of microseconds; send one, such as 2500000")
    return current.sooner(wanted / 1e6) if wanted else current
