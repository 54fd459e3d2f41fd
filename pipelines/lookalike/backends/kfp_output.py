"""What kfp.local prints, made readable: our steps' lines stay, its banners and JSON dumps go."""

import logging
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


class CacheHits(logging.Handler):
    """Hears of tasks whose outputs kfp.local took from its cache; it tells so to the root logger alone.

    Args:
        on_hit: Called with the name of each such task.
    """

    def __init__(self, on_hit: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self.on_hit = on_hit

    def emit(self, record: logging.LogRecord) -> None:
        """Passes the task's name on."""
        if found := CACHE_HIT.match(record.getMessage()):
            self.on_hit(found.group(1))


class ReadableLog:
    """A text stream for ``sys.stdout`` that writes on what a person wants to read.

    Args:
        log: Where readable lines go.
    """

    def __init__(self, log: IO[str]) -> None:
        self.log = log
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
