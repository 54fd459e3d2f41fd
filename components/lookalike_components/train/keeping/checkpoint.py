"""Checkpoints: everything that a training needs to go on as if it had never stopped."""

import io
from typing import Any

import torch

from lookalike_components import storage
from lookalike_components.errors import LookalikeError

State = dict[str, Any]


class Checkpoints:
    """The newest checkpoint of one training, in a folder or bucket; whole or not there.

    Args:
        uri: Folder or URI that trainings keep their checkpoints in; empty for none.
        key: Tells this training from every other: the digests of its table and its settings.
    """

    def __init__(self, uri: str, key: str) -> None:
        self._place = storage.join(uri, f"{key}.pt") if uri else ""

    def save(self, state: State) -> None:
        """Takes the place of the checkpoint before."""
        if self._place:
            written = io.BytesIO()
            torch.save(state, written)
            storage.write_bytes(self._place, written.getvalue())

    def load(self) -> State | None:
        """The newest checkpoint; None where there is none.

        Raises:
            LookalikeError: It is damaged.
        """
        if not self._place or not storage.exists(self._place):
            return None
        try:
            state: State = torch.load(io.BytesIO(storage.read_bytes(self._place)), weights_only=True)
        except Exception as error:
            raise LookalikeError(f"{self._place} is damaged; delete it to train from the start") from error
        return state
