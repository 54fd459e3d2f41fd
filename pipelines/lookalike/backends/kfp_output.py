"""What kfp.local prints, made readable: our steps' lines stay, its banners and JSON dumps go."""

import re
from collections.abc import Callable
from typing import IO

ANSI = re.compile(r"\x1b\[[0-9;]*m")
CACHE_HIT = re.compile(r"Task (\S+) cache hit")
BANNER = re.compile(
    r"\[KFP Executor "
    r"|^\d\d:\d\d:\d\d\.\d{3} - INFO - "
    r"|^-{20,}$"
    r"|_warn_local_only_noops|UserWarning: Task "
    r"|No module named 'faiss\.swigfaiss_"  # faiss tells which builds of itself it tried first
)
DUMP_BEGINS = "Got executor_input:"


class ReadableLog:
    """A text stream for ``sys.stdout`` that writes on what a person wants to read.

    Args:
        log: Where readable lines go.
        on_cached: Called with the name of a task whose outputs kfp.local took from its cache.
    """

    def __init__(self, log: IO[str], on_cached: Callable[[str], None]) -> None:
        self.log = log
        self.on_cached = on_cached
        self.rest = ""
        self.in_dump = False
        self.in_outputs = False

    def write(self, text: str) -> int:
        """Takes any piece of text; lines are judged when they are whole."""
        *whole, self.rest = (self.rest + text).split("\n")
        for line in whole:
            self._line(ANSI.sub("", line))
        return len(text)

    def flush(self) -> None:
        """Passes the flush on."""
        self.log.flush()

    def isatty(self) -> bool:
        """A log is no terminal."""
        return False

    def _line(self, line: str) -> None:
        if found := CACHE_HIT.search(line):
            self.on_cached(found.group(1).strip("'"))
        if not self._is_noise(line):
            self.log.write(line.removeprefix("    ") + "\n")
            self.log.flush()

    def _is_noise(self, line: str) -> bool:
        if self.in_dump:
            self.in_dump = line.rstrip() != "    }"
            return True
        if BANNER.search(line):
            self.in_dump = DUMP_BEGINS in line
            self.in_outputs = line.endswith("outputs:")
            return True
        self.in_outputs = self.in_outputs and line.startswith(" ")
        return self.in_outputs or not line.strip()
