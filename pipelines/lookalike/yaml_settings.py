"""Settings as people write them: in YAML, where ``off`` and ``no`` are words."""

import re
from pathlib import Path
from typing import Any

import yaml

from lookalike_components.errors import UserError

Settings = dict[str, Any]

BOOLEAN = "tag:yaml.org,2002:bool"


class _Loader(yaml.SafeLoader):
    """Takes nothing but true and false for booleans, as the core schema of YAML 1.2 does (section 10.3.2)."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != BOOLEAN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(BOOLEAN, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def read_yaml(path: Path) -> Settings:
    """Reads a settings file.

    Raises:
        UserError: The file is missing, is no YAML, or holds no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"the settings file {path} cannot be read: {error.strerror}") from error
    return parsed_mapping(text, str(path))


def parsed_mapping(text: str, where: str) -> Settings:
    """Settings by name; none where there is no text.

    Raises:
        UserError: The text is no YAML, or holds no mapping; the sentence tells ``where``.
    """
    try:
        settings = parsed_value(text) or {}
    except yaml.YAMLError as error:
        raise UserError(f"{where} is not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(settings, dict):
        raise UserError(f"{where} should hold settings by name, such as `train: {{epochs: 5}}`")
    return settings


def parsed_value(text: str) -> Any:
    """One value of any kind.

    Raises:
        yaml.YAMLError: The text is no YAML.
    """
    return yaml.load(text, _Loader)  # noqa: S506 (made from SafeLoader)
