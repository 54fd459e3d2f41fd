"""Small tables of what else was measured, before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lookalike_components.compare.report.findings import Findings
from lookalike_components.compare.wording import counted, figure, share
from lookalike_components.retrieval import titles

METRICS = ("recall_at_1", "map_at_r")
DASH = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, a sentence that says how to read it, names of columns, and rows whose first entry is their name."""

    title: str
    lede: str
    head: list[str]
    rows: list[list[str]]


def tables(findings: Findings) -> list[Table]:
    """Every table of which the evaluations hold the figures."""
    made = (make(findings) for make in (_counted_otherwise, _growth, _forgetting, _space, _cost))
    return [table for table in made if table and table.rows]


def _counted_otherwise(findings: Findings) -> Table:
    comparison, alone = findings.comparison, findings.fact("leave_one_out")
    means = {"every query once": (comparison.before, comparison.after)}
    macro = comparison.macro
    parts = {
        "every label once": macro and (macro["before"], macro["after"]),
        "every test picture against all others": alone and (alone[0]["metrics"], alone[1]["metrics"]),
    }
    known = {name: pair for name, pair in parts.items() if pair}
    return Table(
        "Counted otherwise",
        "The same encoders, when labels with many pictures weigh no more than others, and when every picture asks.",
        ["Counted", *_twice(findings)],
        [_pair(name, *pair) for name, pair in {**means, **known}.items()] if known else [],
    )


def _growth(findings: Findings) -> Table | None:
    both = findings.fact("distractors")
    return both and Table(
        "A growing index",
        "Pictures without a label join the index. They can only get in the way, as in daily use.",
        ["Index", *_twice(findings)],
        [
            _pair(counted(int(now["size"]), "picture"), was, now)
            for was, now in zip(*both, strict=False)
            if was["size"] == now["size"]
        ],
    )


def _forgetting(findings: Findings) -> Table | None:
    both = findings.fact("forgetting")
    return both and Table(
        "What was forgotten",
        "Pictures of other things, which training never saw: an encoder that specialises can lose what it knew.",
        ["Set", *_twice(findings)],
        [_pair(f"{both[1]['set']}, {counted(int(both[1]['images']), 'picture')}", *both)],
    )


def _space(findings: Findings) -> Table | None:
    both = findings.fact("space")
    rows = {
        "directions in use": lambda side: f"{side['effective_dimension']:.1f} of {side['dimension']:,}",
        "skewness of how often pictures are found": lambda side: f"{side['skewness']:.2f}",
        "the most often found picture": lambda side: counted(int(side["most"]), "time"),
        "pictures that nobody finds": lambda side: share(side["orphans"]),
    }
    return both and Table(
        "The space of vectors",
        "Few directions in use mean a collapsed space. A skew far above 0 means hubs: pictures that are near to all.",
        ["", "Before", "After"],
        [[name, *map(tell, both)] for name, tell in rows.items()],
    )


def _cost(findings: Findings) -> Table | None:
    both = findings.fact("cost")
    rows = {
        "seconds": lambda side: f"{side['seconds']:,.1f}",
        "pictures encoded": lambda side: f"{side['images']:,}",
        "pictures a second": lambda side: f"{side['images_per_second']:,.0f}",
        "memory at most": lambda side: f"{side['peak_memory_mb']:,.0f} MB",
    }
    trained = [row for row in findings.history if row.get("seconds") and not row.keys() & {"trial", "kept"}]
    seconds = sum(row["seconds"] for row in trained)
    pictures = sum(row["seconds"] * row.get("images_per_second", 0.0) for row in trained)
    training = [
        ["seconds of training", DASH, f"{seconds:,.1f}"],
        ["pictures trained on, counted each time", DASH, f"{pictures:,.0f}"],
    ]
    measured = [[f"{name}, evaluation", *map(tell, both)] for name, tell in rows.items()] if both else []
    return Table(
        "Cost",
        "What the evaluations took, and the training; without what came before and between.",
        ["", "Before", "After"],
        measured + (training if trained else []),
    )


def _twice(findings: Findings) -> list[str]:
    names = [titles(findings.comparison.k)[name].name for name in METRICS]
    return [f"{name}, {when}" for name in names for when in ("before", "after")]


def _pair(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name, *(figure(side[metric]) for metric in METRICS for side in (before, after))]
