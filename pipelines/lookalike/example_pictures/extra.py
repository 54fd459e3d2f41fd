"""The packages that only the example pictures need."""

from importlib import import_module
from types import ModuleType

from lookalike_components.errors import LookalikeError


def import_extra(name: str) -> ModuleType:
    """Imports a package of the extra ``examples``.

    Raises:
        LookalikeError: It is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise LookalikeError(
            f"the example pictures need the package {name}; install it with: pip install 'lookalike[examples]'"
        ) from error
