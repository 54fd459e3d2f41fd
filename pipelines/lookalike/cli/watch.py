"""Shows a run's progress on stderr: a live table of steps on a terminal, a line a step elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column, Table

from lookalike_components.progress import describe

if TYPE_CHECKING:
    from lookalike.backends import Event
    from lookalike.runs import Run

BEHIND_THE_GATE = ("export", "deploy")
BEHIND_THE_GATE_OF_A_CHALLENGE = ("export", "promote", "deploy")


def watch(run: "Run") -> None:
    """Follows a run until it has ended."""
    console = Console(stderr=True)
    console.print(f"run [bold]{run.name}[/bold]", highlight=False)
    with _Board.shown(console) as board:
        started = run.record().started or 0.0
        for event in run.events(follow=True):
            if event["time"] >= started:  # what an attempt before this one did is no news
                board.take(event)
        record = run.record()
        board.close(promoted=record.promoted, challenge=bool(record.config.get("challenge")))


_WORDS = TextColumn("{task.fields[count]}", table_column=Column(overflow="fold"))
"""How far a step has come, and below that, wrapped where the terminal is narrow, what it tells of itself."""


class _Board:
    """What is known of each step; finished steps are printed above the ones that move."""

    def __init__(self, console: Console, progress: Progress) -> None:
        self.console = console
        self.progress = progress
        self.bars: dict[str, TaskID] = {}
        self.seen: set[str] = set()

    @classmethod
    @contextmanager
    def shown(cls, console: Console) -> Iterator["_Board"]:
        columns = (TextColumn("{task.description:<19}"), BarColumn(bar_width=24), _WORDS)
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            yield cls(console, progress)

    def take(self, event: "Event") -> None:
        step = event["step"]
        match event["status"]:
            case "started":
                self._bar(step)
            case "progress":
                count = f"{event['done']:,} of {event['total']:,} {event['what']}"
                words = "\n".join(filter(None, [count, describe(event.get("facts", {}))]))
                self.progress.update(self._bar(step), total=event["total"], completed=event["done"], count=words)
            case "finished" if not event["facts"]:
                self._forget(step)  # it had nothing to do in this run, such as promote where nothing is challenged
            case "finished":
                self._line(step, f"{event['seconds']:7.1f} s", describe(event["facts"]))
            case "cached":
                self._line(step, "   cached", "nothing changed since it last finished", style="dim")
            case "failed":
                self._line(step, "   failed", "", style="red")

    def close(self, *, promoted: bool | None, challenge: bool) -> None:
        if promoted is False:
            for step in BEHIND_THE_GATE_OF_A_CHALLENGE if challenge else BEHIND_THE_GATE:
                self._line(step, "  skipped", "the new encoder is not better", style="dim")

    def _bar(self, step: str) -> TaskID:
        if step not in self.bars:
            self.bars[step] = self.progress.add_task(step, total=None, count="")
        return self.bars[step]

    def _forget(self, step: str) -> None:
        if step in self.bars:
            self.progress.remove_task(self.bars.pop(step))

    def _line(self, step: str, outcome: str, words: str, style: str = "") -> None:
        self._forget(step)
        if self.console.is_terminal:
            self.console.print(_row(step, outcome, words, style))
        else:
            self.console.print(f"{step:<19} {outcome}  {words}", soft_wrap=True, highlight=False)


def _row(step: str, outcome: str, words: str, style: str) -> Table:
    """One line of the board, whose words wrap below themselves where the terminal is narrow."""
    row = Table.grid(padding=(0, 2))
    row.add_column(width=18)
    row.add_column(width=9)
    row.add_column(overflow="fold")
    row.add_row(step, outcome, words, style=style)
    return row
