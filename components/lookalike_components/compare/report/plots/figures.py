"""The figures, drawn with matplotlib from the parts of the report.

They are made without pyplot, which would look for a window system and keep every figure in memory.
"""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from lookalike_components.compare.report.chart import Panel
from lookalike_components.compare.report.embedding_map import SIDE, Dot, EmbeddingMap
from lookalike_components.compare.report.robustness import Cell, HeatMap
from lookalike_components.compare.report.table import Row
from lookalike_components.compare.report.threshold import CosineChart
from lookalike_components.compare.wording import percent, points
from lookalike_components.retrieval import Interval

GOOD, BAD, GREY, INK, PALE = "#0f6b54", "#a83a17", "#98948b", "#1c1c1e", "#f1efea"
WIDTH = 10.0
"""Of every figure, in inches: that of a slide."""
THICK: dict[str, Any] = {"alpha": 0.45, "linewidth": 4, "solid_capstyle": "round"}
SIGNS = LinearSegmentedColormap.from_list("signs", [BAD, PALE, GOOD])


def metrics(rows: Sequence[Row], confidence: float) -> Figure:
    """Each metric before and after, and its difference with the interval."""
    figure, (means, differences) = _side_by_side(0.38 * len(rows) + 1.1, 2)
    for place, row in enumerate(reversed(rows)):
        span, colour = row.title.span, _colour(row.difference)
        before, after = ((value - row.title.worst) / span for value in (row.before, row.after))
        means.plot([before, after], [place, place], color=colour, **THICK)
        means.plot(before, place, "o", color="white", markeredgecolor=GREY, markeredgewidth=1.8)
        means.plot(after, place, "o", color=colour)
        differences.plot([row.difference.low / span, row.difference.high / span], [place, place], color=colour, **THICK)
        differences.plot(row.difference.mean / span, place, "o", color=colour)
    means.set_yticks(range(len(rows)), [row.title.name for row in reversed(rows)])
    means.set(xlim=(-0.03, 1.03), title="Before (ring) and after, from worst to best possible")
    differences.axvline(0, color=GREY, linestyle=":")
    differences.set(yticks=[], title=f"Difference with its {percent(confidence)} interval")
    return figure


def embedding(drawn: EmbeddingMap) -> Figure:
    """Both maps; a full dot has a nearest picture of the same thing, a cross has one of another."""
    figure, both = _side_by_side(5.4, 2)
    shares = {"before": drawn.right_before, "after": drawn.right_after}
    for axes, (when, right) in zip(both, shares.items(), strict=True):
        dots: list[Dot] = [getattr(point, when) for point in drawn.points]
        for mark, colour, chosen in (("o", GOOD, True), ("x", BAD, False)):
            of_one_kind = [dot for dot in dots if dot.right is chosen]
            x, y = [dot.x for dot in of_one_kind], [SIDE - dot.y for dot in of_one_kind]
            axes.scatter(x, y, s=26, marker=mark, color=colour)
        axes.set(xlim=(0, SIDE), ylim=(0, SIDE), xticks=[], yticks=[], aspect="equal")
        axes.set_title(f"{when.capitalize()}: {right:.0%} lie next to their kind")
        axes.spines[:].set(visible=True, color=PALE)
    return figure


def threshold(charts: Sequence[CosineChart]) -> Figure:
    """Shares of pairs at or above each cosine, with the chosen threshold and its interval."""
    figure, both = _side_by_side(3.4, len(charts))
    for axes, chart in zip(both, charts, strict=True):
        axes.plot(chart.cosines, chart.shares["same"], color=GOOD, label="pairs of the same thing")
        axes.plot(chart.cosines, chart.shares["different"], color=BAD, linestyle="--", label="of different things")
        axes.set(title=chart.name, xlabel="cosine", ylim=(-0.02, 1.02))
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        if chart.threshold:
            axes.axvline(chart.threshold["value"], color=INK, linewidth=1.2, label="threshold")
            if chart.threshold["low"] is not None:
                axes.axvspan(chart.threshold["low"], chart.threshold["high"], color=GREY, alpha=0.25, linewidth=0)
    both[0].legend(frameon=False)
    return figure


def robustness(heat: HeatMap) -> Figure:
    """Of 100 spoilt queries, how many find a right picture first: before, after, and the difference."""
    figure, three = _side_by_side(0.42 * len(heat.lines) + 1.0, 3)
    sides = {"Before": "before", "After": "after", "Difference": "difference"}
    for axes, (title, side) in zip(three, sides.items(), strict=True):
        cells: list[list[Cell]] = [getattr(line, side) for line in heat.lines]
        axes.imshow([[cell.strength for cell in row] for row in cells], cmap=SIGNS, vmin=-1.6, vmax=1.6, aspect="auto")
        for y, row in enumerate(cells):
            for x, cell in enumerate(row):
                words = points(cell.value) if side == "difference" else f"{100 * cell.value:.0f}"
                axes.text(x, y, words, ha="center", va="center")
        axes.set(title=title, xlabel="strength", yticks=[])
        axes.set_xticks(range(len(heat.severities)), [str(severity) for severity in heat.severities])
        axes.spines[:].set_visible(False)
    three[0].set_yticks(range(len(heat.lines)), [line.corruption for line in heat.lines])
    return figure


def training(panels: Sequence[Panel]) -> Figure:
    """The validation metrics and the loss over the epochs."""
    figure, several = _side_by_side(3.4, len(panels))
    for axes, panel in zip(several, panels, strict=True):
        for line, colour in zip(panel.lines, (GOOD, GREY), strict=False):
            axes.plot(panel.epochs, line.values, "o-", color=colour, label=line.name)
        axes.set(title=panel.title, xlabel="epoch")
        axes.legend(frameon=False)
    return figure


def _side_by_side(height: float, columns: int) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    made = list(figure.subplots(1, columns, squeeze=False)[0])
    for axes in made:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(length=0)
        axes.title.set_size(11)
    return figure, made


def _colour(difference: Interval) -> str:
    return GOOD if difference.low > 0 else BAD if difference.high < 0 else GREY
