"""Whether an embedding that a client sends may be compared with those of an index."""

import numpy as np

from lookalike_components.errors import UserError
from lookalike_components.release.manifest import EncoderFacts
from lookalike_components.serve.collection.changes import Vectors
from lookalike_components.serve.refusals import OtherEncoder

_UNIT_TOLERANCE = 1e-3


def check_embeddings(vectors: Vectors, encoder: EncoderFacts, given: object) -> None:
    """Refuses embeddings that mean nothing to this encoder's.

    Args:
        vectors: float32 ``[n, d]``, as the client sent them.
        encoder: The encoder of the release that is asked.
        given: The digest of the encoder that the client says made them; None where it said none.

    Raises:
        OtherEncoder: Another encoder made them. Vectors of two encoders can have one length and nothing in common.
        UserError: They name no encoder, or have another length than an answer's.
    """
    if given is None:
        raise UserError("an embedding needs the parameter encoder: the digest that the encoder's answer names")
    if given != encoder.digest:
        raise OtherEncoder(
            f"the embedding is another encoder's than this release's ({encoder.digest}); encode the image again"
        )
    if vectors.ndim != 2 or vectors.shape[1] != encoder.dimension:
        raise UserError(
            f"the vectors have shape {vectors.shape} but this release makes n x {encoder.dimension}; encode with it"
        )
    if not np.allclose(np.linalg.norm(vectors, axis=-1), 1, atol=_UNIT_TOLERANCE):
        raise UserError("an embedding is not of unit length; send it as the encoder answered it")
