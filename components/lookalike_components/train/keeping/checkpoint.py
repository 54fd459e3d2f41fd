"""Checkpoints: everything that a training needs to go on as if it had never stopped."""

import hashlib
import io
import json
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch

from lookalike_components import containers, storage
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.errors import LookalikeError
from lookalike_components.progress import say
from lookalike_components.train.config import WITHOUT_A_SAY, TrainConfig
from lookalike_components.train.distributed.world import ALONE, World

State = dict[str, Any]

WITHOUT_EFFECT = {*WITHOUT_A_SAY, "start_from"}  # the parent's digest says what was there
"""Settings that may differ between two attempts at one training."""


def key_of(config: TrainConfig, encoder: EncoderConfig) -> str:
    """Tells one training from every other, in 32 hex digits: by its settings, its table, its start and its code.

    Args:
        config: The settings.
        encoder: The encoder before training; it names the table's and the parent's digest.
    """
    start = encoder.model_dump(mode="json", exclude={"settings", "versions"})
    parts = [config.model_dump(mode="json", exclude=WITHOUT_EFFECT), start, containers.code(), torch.__version__]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


class Checkpoints:
    """The newest checkpoint of one training, in a folder or bucket; whole or not there.

    It is written while the training goes on. One that cannot be written or read costs time, and nothing else.

    Args:
        uri: Folder or URI that trainings keep their checkpoints in; empty for none.
        key: Tells this training from every other.
        world: The processes that train together; the leader reads and writes for all.
    """

    def __init__(self, uri: str, key: str, world: World = ALONE) -> None:
        self._place = storage.join(uri, f"checkpoint-{key}.pt") if uri else ""
        self._key = key
        self._world = world
        self._writer = ThreadPoolExecutor(1, "checkpoint")
        self._last: Future[None] | None = None

    def save(self, state: State) -> None:
        """Takes the place of the checkpoint before; comes back before it is written, but after the one before is."""
        if not (self._place and self._world.leads):
            return
        written = io.BytesIO()
        torch.save({"key": self._key, "state": state}, written)  # a copy: the next steps change the tensors
        self.wait()
        self._last = self._writer.submit(self._write, written)

    def wait(self) -> None:
        """Waits until what was saved is written."""
        if self._last:
            self._last.result()

    def load(self) -> State | None:
        """The newest checkpoint; None where there is none that is whole and of this training."""
        data = self._world.from_the_leader(self._read) if self._place else None
        if data is None:
            return None
        try:
            loaded = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
            state: State = loaded["state"]
        except Exception as error:  # torch has many words for damage
            self._pass_over(f"is damaged ({type(error).__name__})")
            return None
        if loaded["key"] != self._key:
            self._pass_over("is another training's")
            return None
        return state

    def remove(self) -> None:
        """Takes the checkpoint away when it has done its work."""
        if self._place and self._world.leads:
            self.wait()
            try:
                storage.remove(self._place)
            except LookalikeError as error:
                say(f"the checkpoint stays: {error}")

    def _read(self) -> bytes | None:
        try:
            return storage.read_bytes(self._place) if storage.exists(self._place) else None
        except LookalikeError as error:
            self._pass_over(f"cannot be had ({error})")
            return None

    def _write(self, written: io.BytesIO) -> None:
        try:
            storage.write_bytes(self._place, written.getbuffer())
        except LookalikeError as error:
            say(f"no checkpoint could be written: {error} (training goes on)")

    def _pass_over(self, what: str) -> None:
        if self._world.leads:
            say(f"the checkpoint {self._place} {what}; training begins at the start")
