"""What goes wrong, in one sentence, with an exit code that tells whose turn it is."""

from collections.abc import Iterable


class LookalikeError(Exception):
    """The work could not be done (full disk, lost weights, ...): exit code 1.

    The message is one sentence: what is wrong, where (file, row, field), and what to do.
    """

    exit_code = 1


class UserError(LookalikeError):
    """The input has to change before a retry can help: exit code 2."""

    exit_code = 2


def listed(items: Iterable[object], most: int = 5) -> str:
    """Names the first few of ``items`` for a sentence: ``a, b, c and 4 more``."""
    names = [str(item) for item in items]
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")
