"""How far the looking has come: a bar on a terminal's stderr, a line now and then elsewhere."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lookalike_components.progress import track

Item = TypeVar("Item")


def followed(items: Iterable[Item], total: int, what: str = "images") -> Iterator[Item]:
    """Passes ``items`` on and shows how many of ``total`` there were."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from track(items, total, what)
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(items, total=total, description=what)
