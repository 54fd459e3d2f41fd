"""An encoder's folder on disk: ``encoder.json`` and ``encoder.safetensors``, whole or not at all."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from lookalike_components.encoder.config import CONFIG as CONFIG
from lookalike_components.encoder.config import WEIGHTS as WEIGHTS
from lookalike_components.encoder.config import read_config as read_config
from lookalike_components.encoder.model import Encoder
from lookalike_components.encoder.weights import file_digest
from lookalike_components.errors import LookalikeError, UserError


def save(encoder: Encoder, folder: str | Path) -> None:
    """Writes an encoder to a new folder.

    Raises:
        UserError: There is something in the folder already.
    """
    folder = Path(folder)
    check_is_new(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch:
        draft = Path(scratch, folder.name)
        draft.mkdir()
        state = {name: tensor.detach().cpu().contiguous() for name, tensor in encoder.state_dict().items()}
        save_file(state, draft / WEIGHTS)
        (draft / CONFIG).write_text(encoder.config.model_dump_json(indent=2) + "\n", encoding="utf-8")
        # safetensors closes its files to everybody else, and the next step may run as somebody else
        (draft / WEIGHTS).chmod((draft / CONFIG).stat().st_mode)
        draft.replace(folder)


def check_is_new(folder: str | Path) -> None:
    """Makes sure that an encoder can be saved to ``folder``, before the work that it takes to get one.

    Raises:
        UserError: There is something in the folder already.
    """
    if Path(folder).is_dir() and any(Path(folder).iterdir()):
        raise UserError(f"{folder} is not empty; save the encoder to a new folder")


def load(folder: str | Path) -> Encoder:
    """Reads an encoder from its folder, on the CPU and ready to encode.

    Raises:
        UserError: It is not an encoder's folder.
        LookalikeError: A file in it is damaged or of another version.
    """
    encoder = Encoder(read_config(folder))
    try:
        encoder.load_state_dict(load_file(Path(folder, WEIGHTS)))
    except (SafetensorError, RuntimeError) as error:
        raise LookalikeError(f"{Path(folder, WEIGHTS)} is damaged; train or copy the encoder again") from error
    return encoder.eval()


def digest(folder: str | Path) -> str:
    """The sha256, in hex, over the digests of both files."""
    digests = "".join(file_digest(Path(folder, name)) for name in (CONFIG, WEIGHTS))
    return hashlib.sha256(digests.encode()).hexdigest()
