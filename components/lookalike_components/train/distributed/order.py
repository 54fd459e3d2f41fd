"""What a process of a shared training is told: where things lie, on this machine or in a bucket."""

from dataclasses import dataclass, fields

from lookalike_components import storage
from lookalike_components.train.config import TrainConfig


@dataclass(frozen=True, slots=True)
class Order:
    """Paths or URIs.

    Attributes:
        table: The image table.
        settings: JSON file of the settings.
        encoder: Where the encoder's folder is to appear.
        history: JSON Lines file that the rows of history go to.
        failures: Folder that a process leaves the reason in when it fails.
    """

    table: str
    settings: str
    encoder: str
    history: str
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
    def written(self) -> tuple[str, str]:
        """Where the encoder and its history go."""
        return self.encoder, self.history

    def arguments(self) -> list[str]:
        """The order as a command line of ``python -m lookalike_components.train``."""
        return [f"--{field.name}={getattr(self, field.name)}" for field in fields(self)]

    def config(self) -> TrainConfig:
        """The settings."""
        return TrainConfig.model_validate_json(storage.read_bytes(self.settings))
