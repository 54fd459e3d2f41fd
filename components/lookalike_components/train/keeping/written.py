"""Where a training writes, and where others look for it."""

from dataclasses import dataclass
from pathlib import Path

FilePath = str | Path


@dataclass(frozen=True, slots=True)
class Written:
    """What a training writes: paths on this machine, and the addresses of the same in the artifact store.

    Attributes:
        encoder: Where the encoder's folder is to appear.
        history: JSON Lines file for the rows of history.
        tensorboard: Folder for TensorBoard events; empty for none.
        encoder_uri: Address of the encoder. Several machines hand things to each other beside it.
        history_uri: Address of the history, which is brought there while it grows; empty for nowhere.
        tensorboard_uri: Address of the events, likewise.
    """

    encoder: FilePath
    history: FilePath
    tensorboard: FilePath = ""
    encoder_uri: str = ""
    history_uri: str = ""
    tensorboard_uri: str = ""

    @property
    def addresses(self) -> dict[Path, str]:
        """Where to bring what grows while training goes on."""
        pairs = (self.history, self.history_uri), (self.tensorboard, self.tensorboard_uri)
        return {Path(path): uri for path, uri in pairs if path and uri}
