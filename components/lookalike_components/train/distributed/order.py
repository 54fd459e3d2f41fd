"""What a process of a shared training is told: where things lie, on this machine or in a bucket."""

import json
from dataclasses import dataclass, fields
from pathlib import Path

from lookalike_components import storage
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.keeping.written import Written


@dataclass(frozen=True, slots=True)
class Order:
    """Paths or URIs.

    Attributes:
        table: The image table.
        settings: JSON file of the settings.
        encoder: Where the encoder's folder is to appear.
        history: JSON Lines file that the rows of history go to.
        tensorboard: Folder that TensorBoard events go to; empty for none.
        failures: Folder that a process leaves the reason in when it fails.
    """

    table: str
    settings: str
    encoder: str
    history: str
    tensorboard: str
    failures: str

    @classmethod
    def below(cls, place: str, config: TrainConfig, **elsewhere: str) -> "Order":
        """An order whose files lie below one folder or prefix, unless they are said to be elsewhere.

        The settings are written there.
        """
        names = {name: f"{name}.jsonl" if name == "history" else name for name in (field.name for field in fields(cls))}
        order = cls(**{name: storage.join(place, path) for name, path in names.items()} | elsewhere)
        storage.write_bytes(order.settings, config.model_dump_json().encode())
        return order

    @property
    def checkpoints(self) -> str:
        """Where checkpoints go when the settings do not say: beside the encoder."""
        return self.encoder.rpartition("/")[0] or "."

    def written(self, scratch: Path) -> Written:
        """What a process writes: at the addresses where these are on its machine, else in ``scratch``."""
        encoder, history, tensorboard = (
            uri and (storage.local_path(uri) or scratch / uri.rsplit("/", 1)[-1])
            for uri in (self.encoder, self.history, self.tensorboard)
        )
        return Written(encoder, history, tensorboard, self.encoder, self.history, self.tensorboard)

    def arguments(self) -> list[str]:
        """The order as a command line of ``python -m lookalike_components.train``."""
        return [f"--{field.name}={getattr(self, field.name)}" for field in fields(self)]

    def config(self) -> TrainConfig:
        """The settings."""
        return TrainConfig.from_arguments(json.loads(storage.read_bytes(self.settings)))
