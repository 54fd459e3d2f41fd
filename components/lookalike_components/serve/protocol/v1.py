"""KServe's v1 protocol: ``{"instances": [{"b64": ...}]}`` in, ``{"predictions": [...]}`` out."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from lookalike_components.errors import UserError
from lookalike_components.serve.protocol.query import Answer, Query, from_base64


def read(payload: object) -> Query:
    """Understands a request with images (``b64``) or embeddings (``embedding``), and ``parameters`` beside them.

    Raises:
        UserError: It is neither; the sentence says what to send.
    """
    instances, parameters = _parts(payload)
    if all(isinstance(instance, dict) and "embedding" in instance for instance in instances):
        return Query(vectors=_vectors(instances), parameters=parameters)
    images = [_image(instance, number) for number, instance in enumerate(instances, start=1)]
    return Query(images=images, parameters=parameters)


def write(answer: Answer) -> dict[str, Any]:
    """Gives every item of the query one prediction, with the digests beside the list."""
    columns = [tensor.tolist() for tensor in answer.outputs.values()]
    predictions = [_short(dict(zip(answer.outputs, row, strict=True))) for row in zip(*columns, strict=True)]
    return {"predictions": predictions, **answer.parameters}


def _short(prediction: dict[str, Any]) -> dict[str, Any]:
    """Leaves out the places of a row that hold no neighbour: lists need not be of one length, as tensors must."""
    found = prediction.get("found")
    return {name: value[:found] if isinstance(value, list) else value for name, value in prediction.items()}


def _parts(payload: object) -> tuple[list[Any], dict[str, Any]]:
    body = _object(payload)
    instances, parameters = body.get("instances"), body.get("parameters", {})
    if not isinstance(instances, list) or not instances:
        raise UserError('the request has no instances; send JSON such as {"instances": [{"b64": "<base64>"}]}')
    if not isinstance(parameters, dict):
        raise UserError('parameters must be an object, such as {"k": 5}')
    return instances, parameters


def _object(payload: object) -> dict[str, Any]:
    # KServe parses the body only under the content types that it knows; `curl -d` names another.
    try:
        body = json.loads(payload) if isinstance(payload, bytes) else payload
    except ValueError as error:
        raise UserError("the request is not JSON; correct it") from error
    return body if isinstance(body, dict) else {}


def _image(instance: object, number: int) -> bytes:
    if isinstance(instance, dict) and "b64" in instance:
        return from_base64(instance["b64"], number)
    raise UserError(f'instance {number:,} holds no image; send {{"b64": "<base64 of the image file>"}}')


def _vectors(instances: list[dict[str, Any]]) -> npt.NDArray[np.float32]:
    try:
        return np.array([instance["embedding"] for instance in instances], np.float32)
    except (TypeError, ValueError) as error:
        raise UserError("an embedding must be a list of numbers, all of one length") from error
