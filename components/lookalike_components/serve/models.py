"""The two models of a server: `encoder` turns images into embeddings, `search` finds their neighbours."""

import asyncio
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from kserve import InferRequest, InferResponse, Model
from kserve.errors import InvalidInput

from lookalike_components.errors import UserError
from lookalike_components.release.runtime import Matches, Release
from lookalike_components.serve import v1, v2
from lookalike_components.serve.query import Answer, Query

Outputs = dict[str, npt.NDArray[Any]]
DEFAULT_K = 5
_UNIT_TOLERANCE = 1e-3
_IMAGE = {"name": "image", "datatype": "BYTES", "shape": [-1]}


class ReleaseModel(Model):
    """What both models share: they read any protocol, work in a thread, and name the release in every answer."""

    def __init__(self, name: str, release: Release) -> None:
        super().__init__(name)
        self.release = release
        self.ready = True

    async def predict(
        self, payload: object, headers: Mapping[str, str] | None = None, response_headers: object = None
    ) -> dict[str, Any] | InferResponse:
        """Answers one request without holding up the others.

        Raises:
            InvalidInput: The request cannot be answered; the client gets the sentence with status 400.
        """
        try:
            return await asyncio.to_thread(self._respond, payload)
        except UserError as error:
            raise InvalidInput(str(error)) from error

    def answer(self, query: Query) -> Outputs:
        """The tensors that answer a query."""
        raise NotImplementedError

    def _respond(self, payload: object) -> dict[str, Any] | InferResponse:
        if isinstance(payload, InferRequest):
            return v2.write(payload, self.name, self._answer(v2.read(payload)))
        return v1.write(self._answer(v1.read(payload)))

    def _answer(self, query: Query) -> Answer:
        manifest = self.release.manifest
        return Answer(self.answer(query), {"release": manifest.digest, "encoder": manifest.encoder.digest})

    def _encode(self, query: Query) -> npt.NDArray[np.float32]:
        if query.images:
            return self.release.encode(query.images)
        if query.pixels is not None:
            return self.release.encode_pixels(query.pixels)
        raise UserError("the request holds no image; send at least one")


class EncoderModel(ReleaseModel):
    """Image to embedding: float32 ``[n, d]`` of unit length."""

    def __init__(self, release: Release) -> None:
        super().__init__("encoder", release)

    def get_input_types(self) -> list[dict[str, Any]]:
        """The input as the protocol's metadata names it; UINT8 pixels are taken under the same name."""
        return [_IMAGE]

    def get_output_types(self) -> list[dict[str, Any]]:
        """The output as the protocol's metadata names it."""
        return [{"name": "embedding", "datatype": "FP32", "shape": [-1, self.release.manifest.encoder.dimension]}]

    def answer(self, query: Query) -> Outputs:
        """Embeds the query's images."""
        return {"embedding": self._encode(query)}


class SearchModel(ReleaseModel):
    """Image or embedding to the ``k`` nearest images of the index."""

    def __init__(self, release: Release) -> None:
        super().__init__("search", release)

    def get_input_types(self) -> list[dict[str, Any]]:
        """The input as the protocol's metadata names it; an ``embedding`` (FP32) is taken in its place."""
        return [_IMAGE]

    def get_output_types(self) -> list[dict[str, Any]]:
        """The outputs as the protocol's metadata names them: one column for each neighbour, best first."""
        datatypes = {"ids": "BYTES", "uris": "BYTES", "labels": "BYTES", "scores": "FP32"}
        if self.release.manifest.threshold is not None:
            datatypes["same"] = "BOOL"
        return [{"name": name, "datatype": datatype, "shape": [-1, -1]} for name, datatype in datatypes.items()]

    def answer(self, query: Query) -> Outputs:
        """Finds the neighbours of the query's images or embeddings."""
        k = self._k(query.parameters)
        vectors = self._encode(query) if query.vectors is None else self._checked(query.vectors, query.parameters)
        return self._outputs(self.release.search(vectors, k))

    def _outputs(self, matches: Matches) -> Outputs:
        threshold = self.release.manifest.threshold
        text = {"ids": matches.ids, "uris": matches.uris, "labels": matches.labels}
        outputs: Outputs = {name: np.array(rows, dtype=object) for name, rows in text.items()}
        outputs["scores"] = matches.scores
        return outputs if threshold is None else {**outputs, "same": matches.scores >= threshold}

    def _k(self, parameters: Mapping[str, Any]) -> int:
        k = parameters.get("k", min(DEFAULT_K, self.release.manifest.index.images))
        if isinstance(k, int) and not isinstance(k, bool):
            return k
        raise UserError("parameter k is not a whole number; send one, such as 5")

    def _checked(self, vectors: npt.NDArray[np.float32], parameters: Mapping[str, Any]) -> npt.NDArray[np.float32]:
        # Vectors of two encoders can have the same length and mean nothing to each other.
        own, given = self.release.manifest.encoder.digest, parameters.get("encoder")
        if given is None:
            raise UserError("an embedding needs the parameter encoder: the digest that the encoder's answer names")
        if given != own:
            raise UserError(f"the embedding is another encoder's than this release's ({own}); encode the image again")
        if not np.allclose(np.linalg.norm(vectors, axis=-1), 1, atol=_UNIT_TOLERANCE):
            raise UserError("an embedding is not of unit length; send it as the encoder answered it")
        return vectors
