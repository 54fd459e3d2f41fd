"""A peer: KServe's custom model as its documentation writes it, with eager torch. It speaks v1.

    python -m serving.kserve_torch --model mobilenet_v2 --weights weights.pth --size 224 --port 8080

Its log is switched off, as lookalike's is. KServe listens on every interface.
"""

import argparse
import base64
import logging

import torch
from kserve import Model, ModelServer

from serving.plain_torch import decode, embed, network_of, preparation


class Encoder(Model):  # type: ignore[misc]
    """Image to embedding."""

    def __init__(self, model: str, weights: str, size: int) -> None:
        super().__init__("encoder")
        self._network, self._prepare = network_of(model, weights), preparation(size)
        self.ready = True

    def predict(self, payload: dict[str, object], headers: object = None) -> dict[str, object]:
        """Answers a v1 request."""
        instances = payload["instances"]
        assert isinstance(instances, list)
        images = [self._prepare(decode(base64.b64decode(instance["b64"]))) for instance in instances]
        return {"predictions": embed(self._network, torch.stack(images)).tolist()}


def main() -> None:
    """Serves until it is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    model = Encoder(given.model, given.weights, given.size)
    server = ModelServer(http_port=given.port, enable_grpc=False, enable_latency_logging=False)
    logging.disable(logging.INFO)
    server.start([model])


if __name__ == "__main__":
    main()
