"""The encoder as it is before the first step: a pretrained backbone, or an encoder that was trained before."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from lookalike_components import storage
from lookalike_components.encoder import folder
from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.encoder.model import Encoder, build, versions
from lookalike_components.encoder.weights import file_digest, resolve
from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig


@contextmanager
def parent_of(config: TrainConfig) -> Iterator[Path | None]:
    """The folder of the encoder to go on from, on this machine's disk; None for a pretrained backbone.

    Raises:
        UserError: There is no such encoder, or the settings ask for another one than it is.
        LookalikeError: Its folder is damaged, or could not be had.
    """
    local = storage.local_path(config.start_from) if config.start_from else None
    with TemporaryDirectory(prefix="lookalike-parent-") as scratch:
        if config.start_from and local is None:
            storage.download_folder(config.start_from, local := Path(scratch))
        if local:
            _check_agreement(config, folder.read_config(local))
        yield local


def fetch_weights(config: TrainConfig) -> None:
    """Has torchvision's weights on this machine's disk before several processes ask for them at once."""
    if not config.start_from:
        resolve(config.model, config.weights)


def starting_encoder(config: TrainConfig, parent: Path | None, table: str | Path) -> Encoder:
    """Makes the encoder that training begins with; it names its parent and the table that it is to be trained on.

    Raises:
        LookalikeError: The weights could not be had, or are damaged.
    """
    encoder = _from_folder(parent) if parent else _pretrained(config)
    made_of = {"data": file_digest(Path(table)), "settings": config.digest(), "versions": versions()}
    encoder.config = encoder.config.model_copy(update=made_of)
    return encoder


def _pretrained(config: TrainConfig) -> Encoder:
    return build(config.model, config.weights, config.input_size, config.resize, config.dimension)


def _from_folder(parent: Path) -> Encoder:
    encoder = folder.load(parent)
    encoder.config = encoder.config.model_copy(update={"parent": folder.digest(parent)})
    return encoder


def _check_agreement(config: TrainConfig, parent: EncoderConfig) -> None:
    """An encoder stays what it is; a size of 0 is left to it."""
    asked = {"model": config.model, "input_size": config.input_size, "resize": config.resize}
    for name, value in {**asked, "dimension": config.dimension}.items():
        own = getattr(parent, name)
        if value not in (0, own):
            raise UserError(
                f"{name} is {value}, but the encoder {config.start_from} to start from has {own}; "
                f"set {name} to {own}, or leave start_from empty"
            )
