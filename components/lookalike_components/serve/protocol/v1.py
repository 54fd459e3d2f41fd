"""KServe's v1 protocol: ``{"instances": [{"b64": ...}]}`` in, ``{"predictions": [...]}`` out."""

from typing import Any

from lookalike_components.errors import UserError
from lookalike_components.serve.protocol.query import Answer, Query, check_count, float32, from_base64


def read(payload: object, most: int) -> Query:
    """Understands a request with images (``b64``) or embeddings (``embedding``), and ``parameters`` beside them.

    Args:
        payload: The JSON, parsed.
        most: Images or embeddings that it may hold.

    Raises:
        UserError: It is neither; the sentence says what to send.
        TooManyImages: It holds more of them.
    """
    instances, parameters = _parts(payload)
    is_vectors = all(isinstance(instance, dict) and "embedding" in instance for instance in instances)
    check_count(len(instances), "embeddings" if is_vectors else "images", most)
    if is_vectors:
        return Query(vectors=float32([instance["embedding"] for instance in instances]), parameters=parameters)
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
    body = payload if isinstance(payload, dict) else {}
    instances, parameters = body.get("instances"), body.get("parameters", {})
    if not isinstance(instances, list) or not instances:
        raise UserError('the request has no instances; send JSON such as {"instances": [{"b64": "<base64>"}]}')
    if not isinstance(parameters, dict):
        raise UserError('parameters must be an object, such as {"k": 5}')
    return instances, parameters


def _image(instance: object, number: int) -> bytes:
    if isinstance(instance, dict) and "b64" in instance:
        return from_base64(instance["b64"], number)
    raise UserError(f'instance {number:,} holds no image; send {{"b64": "<base64 of the image file>"}}')
