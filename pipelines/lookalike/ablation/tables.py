"""An ablation as a table: for a terminal of 80 columns, and in Markdown for documents."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from lookalike.ablation import comparing
from lookalike.ablation.ablating import Ablation, Row
from lookalike_components.retrieval import Interval


def headline(ablation: Ablation) -> str:
    """What everything is compared with."""
    mean = comparing.means(ablation.recipe.measured)
    return (
        f"the recipe: MAP@R {mean['map_at_r']:.3f}, R@1 {mean['recall_at_1']:.3f}, "
        f"{comparing.seconds_a_step(ablation.recipe.measured):.2f} s a step; {ablation.labels:,} labels in "
        f"{ablation.folds} folds, {ablation.seeds} seed{'s' * (ablation.seeds > 1)}"
    )


def terminal_table(ablation: Ablation) -> Table:
    """One row a part: the difference from the recipe when it alone is switched."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title=headline(ablation), title_justify="left")
    table.add_column("Switched", overflow="fold")
    for column in ("MAP@R", "95 % interval", "R@1", "s/step", "n"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in ablation.rows:
        gain, found = row.difference["map_at_r"], row.difference["recall_at_1"]
        style = "green" if gain.low > 0 else "red" if gain.high < 0 else "dim"
        cells = _interval(gain), f"{found.mean:+.3f}", _seconds(row), f"{len(row.measured)}"
        table.add_row(row.part.name, Text(f"{gain.mean:+.3f}", style), *cells)
    return table


def markdown(ablation: Ablation) -> str:
    """The same as a Markdown table, with what each part is and the interval of R@1 too."""
    return "\n".join([headline(ablation)[:1].upper() + headline(ablation)[1:] + ".", "", *_markdown(ablation)])


def _markdown(ablation: Ablation) -> Iterator[str]:
    yield "| Part switched | To | MAP@R | 95 % interval | R@1 | 95 % interval | s/step | Trainings |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    for row in ablation.rows:
        gains = [part for name in comparing.METRICS for part in _gain(row.difference[name])]
        cells = [f"`{row.part.name}`", row.part.switches, *gains, _seconds(row), str(len(row.measured))]
        yield f"| {' | '.join(cells)} |"


def _gain(interval: Interval) -> tuple[str, str]:
    mark = "**" if interval.low > 0 or interval.high < 0 else ""
    return f"{mark}{interval.mean:+.3f}{mark}", _interval(interval)


def _interval(interval: Interval) -> str:
    return f"{interval.low:+.3f} to {interval.high:+.3f}"


def _seconds(row: Row) -> str:
    seconds = comparing.seconds_a_step(row.measured)
    return f"{seconds:.2f}" if seconds else ""
