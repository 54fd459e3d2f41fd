"""Trainings that were measured already, in a JSON Lines file: a rerun does what is missing."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lookalike.ablation.training import Measured
from lookalike_components.train.config import WITHOUT_A_SAY, TrainConfig

Settings = dict[str, Any]


class Results:
    """The file of results.

    A result answers for a training of the same pictures with the same settings. Settings that came into being after it
    was written count as the same where they have their default, which keeps what was before.

    Args:
        path: The file; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = list(self._read())

    def find(self, contents: str, settings: Settings) -> Measured | None:
        """The result of a training on a table with this digest of its contents; None before there is one."""
        for known in self._known:
            if known["contents"] == contents and _same(known["settings"], settings):
                return Measured(**known["measured"])
        return None

    def add(self, contents: str, settings: Settings, measured: Measured) -> None:
        """Appends a result."""
        row = {"contents": contents, "settings": _telling(settings), "measured": asdict(measured)}
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n" + json.dumps(row))  # a line that was cut ends here, and takes no other with it
        self._known.append(row)

    def _read(self) -> Iterator[dict[str, Any]]:
        lines = self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []
        for line in filter(None, lines):
            with suppress(json.JSONDecodeError):  # a kill or a full disk cut this line
                yield json.loads(line)


def _telling(settings: Settings) -> Settings:
    return {name: value for name, value in settings.items() if name not in WITHOUT_A_SAY}


def _same(known: Settings, wanted: Settings) -> bool:
    return all(
        value == known[name] if name in known else value == _default(name) for name, value in _telling(wanted).items()
    )


def _default(name: str) -> Any:
    field = TrainConfig.model_fields.get(name)
    return field.get_default(call_default_factory=True) if field else None
