"""A peer: LitServe with batching, as its documentation writes it, with eager torch.

    python -m serving.litserve_torch --model mobilenet_v2 --weights weights.pth --size 224 --port 8080

A batch waits 5 ms at most for more to come; the log is switched off, as lookalike's is.
"""

import argparse
import base64

import litserve
import torch
from torch import Tensor

from serving.plain_torch import decode, embed, network_of, preparation

MOST_IN_A_BATCH = 32
WAIT_SECONDS = 0.005


class Encoder(litserve.LitAPI):  # type: ignore[misc]
    """Image to embedding."""

    def __init__(self, model: str, weights: str, size: int) -> None:
        super().__init__(max_batch_size=MOST_IN_A_BATCH, batch_timeout=WAIT_SECONDS)
        self._model, self._weights, self._size = model, weights, size

    def setup(self, device: str) -> None:
        """Loads the network, in the process that works."""
        self._network, self._prepare = network_of(self._model, self._weights), preparation(self._size)

    def decode_request(self, request: dict[str, str]) -> Tensor:
        """Reads the picture."""
        prepared: Tensor = self._prepare(decode(base64.b64decode(request["image"])))
        return prepared

    def batch(self, inputs: list[Tensor]) -> Tensor:
        """Puts pictures together."""
        return torch.stack(inputs)

    def predict(self, x: Tensor) -> Tensor:
        """Embeds a batch."""
        return embed(self._network, x)

    def unbatch(self, output: Tensor) -> list[Tensor]:
        """Takes the batch apart."""
        return list(output)

    def encode_response(self, output: Tensor) -> dict[str, list[float]]:
        """Writes the answer."""
        return {"embedding": output.tolist()}


def main() -> None:
    """Serves until it is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    server = litserve.LitServer(Encoder(given.model, given.weights, given.size), accelerator="cpu")
    server.run(host="127.0.0.1", port=given.port, generate_client_file=False, log_level="error", access_log=False)


if __name__ == "__main__":
    main()
