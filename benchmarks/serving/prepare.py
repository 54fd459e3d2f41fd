"""Makes what all contestants share: one release, one picture, and the requests as they go over the wire.

python -m serving.prepare FOLDER --model mobilenet_v2 --index-images 1000
"""

import argparse
import base64
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from lookalike_components.encoder import folder, onnx_graph
from lookalike_components.encoder.model import Encoder, build
from lookalike_components.export.trial import candidates, speed
from lookalike_components.release.candidates import Candidate
from lookalike_components.release.manifest import EncoderFacts
from lookalike_components.release.runtimes.choice import load, obstacle
from lookalike_components.release.sealing import GRAPH, Tried, seal, write_index

WIDTH, HEIGHT, QUALITY = 640, 480, 90
PICTURE, RELEASE = "picture.jpg", "release"
NOT_HERE = "it is calibrated on pictures, and there are none"
GRAIN = 4  # grey levels that a sensor adds, and that a drawn picture lacks


def drawn_picture() -> bytes:
    """A JPEG of 640 x 480 with soft colours, some detail and grain: as many bytes as a camera's."""
    random = np.random.default_rng(0)
    layers = [random.integers(0, 256, (rows, rows * 4 // 3, 3), dtype=np.uint8) for rows in (6, 24, 96)]
    images = [Image.fromarray(layer).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC) for layer in layers]
    blended = np.average([np.asarray(image, np.float32) for image in images], axis=0, weights=[0.6, 0.3, 0.1])
    grainy = blended + random.normal(0, GRAIN, (HEIGHT, WIDTH, 1))
    return saved(Image.fromarray(grainy.clip(0, 255).astype(np.uint8)))


def saved(image: Image.Image) -> bytes:
    """The picture as a JPEG file."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def make_release(encoder: Encoder, path: Path, images: int) -> list[Candidate]:
    """Seals the encoder with an index of so many random vectors, and with every runtime that this machine has.

    How much the runtimes differ is not asked here: *export* does, on the user's own pictures.

    Args:
        encoder: What is to be served.
        path: Where the release is to appear.
        images: Vectors in the index.

    Returns:
        The ways to run the encoder, with their images a second.
    """
    draft = path.with_name("draft")
    draft.mkdir()
    folder.save(encoder, path.with_name("encoder"))
    onnx_graph.export(encoder, draft / GRAPH)
    config = encoder.config
    vectors = np.random.default_rng(0).normal(size=(images, config.dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = [f"{number:064x}" for number in range(images)]
    columns = {"image_id": names, "uri": names, "label": "thing", "subset": "index"}
    write_index(draft, vectors, pd.DataFrame(columns))
    facts = {name: value for name, value in config if name in EncoderFacts.model_fields}
    about = EncoderFacts(**facts, digest=folder.digest(path.with_name("encoder")))
    shipped = [timed(draft, each, config.input_size) for each in candidates(draft, NOT_HERE) if not each.reason]
    seal(draft, path, "benchmark", about, threshold=0.8, tried=Tried(tuple(shipped)))
    return shipped


def timed(draft: Path, candidate: Candidate, size: int) -> Candidate:
    """The candidate, shipped where this machine can run it."""
    if reason := obstacle(candidate):
        return candidate.model_copy(update={"reason": reason})
    noise = np.random.default_rng(0).integers(0, 256, (8, size, size, 3), dtype=np.uint8)
    rate = speed(load(draft, candidate, threads=1).run, noise)
    return candidate.model_copy(update={"shipped": True, "images_per_second": rate})


def http(path: str, body: bytes, **headers: str | int) -> bytes:
    """A request over HTTP/1.1."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "\r\n"]).encode() + body


def v1(picture: bytes) -> bytes:
    """The picture in base64, as KServe's v1 takes it."""
    body = json.dumps({"instances": [{"b64": base64.b64encode(picture).decode()}]}).encode()
    return http("/v1/models/encoder:predict", body, Content_Type="application/json")


def litserve(picture: bytes) -> bytes:
    """The picture in base64, for LitServe."""
    body = json.dumps({"image": base64.b64encode(picture).decode()}).encode()
    return http("/predict", body, Content_Type="application/json")


def v2_binary(picture: bytes) -> bytes:
    """The picture as it is, behind the JSON of the Open Inference Protocol; the answer is to be binary too."""
    tensor = len(picture).to_bytes(4, "little") + picture
    image = {"name": "image", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": len(tensor)}}
    wanted = {"name": "embedding", "parameters": {"binary_data": True}}
    head = json.dumps({"inputs": [image], "outputs": [wanted]}).encode()
    kind = "application/octet-stream"
    path = "/v2/models/encoder/infer"
    return http(path, head + tensor, Content_Type=kind, Inference_Header_Content_Length=len(head))


def grpc(picture: bytes) -> bytes:
    """The picture as it is, in a message of the Open Inference Protocol."""
    from kserve.protocol.grpc import grpc_predict_v2_pb2 as messages

    image = messages.ModelInferRequest.InferInputTensor(name="image", datatype="BYTES", shape=[1])
    tensor = len(picture).to_bytes(4, "little") + picture
    request = messages.ModelInferRequest(model_name="encoder", inputs=[image], raw_input_contents=[tensor])
    serialized: bytes = request.SerializeToString()
    return serialized


REQUESTS = {"v1": v1, "v2 binary": v2_binary, "gRPC": grpc, "litserve": litserve}


def main() -> None:
    """Fills the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--picture", type=Path, help="picture to send, brought to 640 x 480; a drawn one without it")
    parser.add_argument("--model", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--resize", default="exact")
    parser.add_argument("--index-images", type=int, default=1_000)
    given = parser.parse_args()
    encoder = build(given.model, given.weights, given.size, given.resize)
    shipped = make_release(encoder, given.folder / RELEASE, given.index_images)
    picture = drawn_picture()
    if given.picture:
        picture = saved(Image.open(given.picture).convert("RGB").resize((WIDTH, HEIGHT)))
    (given.folder / PICTURE).write_bytes(picture)
    for name, request in REQUESTS.items():
        (given.folder / f"{name}.request").write_bytes(request(picture))
    fastest_last = sorted((each for each in shipped if each.shipped), key=lambda each: each.images_per_second or 0)
    print(json.dumps({each.runtime: each.title for each in fastest_last}))


if __name__ == "__main__":
    main()
