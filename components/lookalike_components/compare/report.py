"""The report: one page without a single request to anywhere, for people who want to see what changed."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lookalike_components.compare import wording
from lookalike_components.compare.chart import HEIGHT, WIDTH, training_panels
from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.evaluation import Evaluation
from lookalike_components.compare.examples import OUTCOMES
from lookalike_components.compare.gallery import gallery
from lookalike_components.compare.provenance import Data, encoder_rows
from lookalike_components.compare.verdict import Verdict
from lookalike_components.compare.wording import out_of_hundred
from lookalike_components.retrieval import Title, titles

FILTERS = (wording.figure, wording.signed, wording.percent, wording.counted)
CURVES = ("map_at_r", "recall_at_1")


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the report tells."""

    verdict: Verdict
    comparison: Comparison
    examples: pd.DataFrame
    reference: Evaluation
    candidate: Evaluation
    history: Sequence[dict[str, Any]]
    data: Data
    config: CompareConfig


@dataclass(frozen=True, slots=True)
class Bar:
    """An interval drawn on the scale that all metrics share; places in percent from the left."""

    zero: float
    low: float
    mean: float
    high: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table of metrics."""

    metric: str
    title: Title
    before: float
    after: float
    difference: Any
    bar: Bar


def render(findings: Findings) -> str:
    """Renders the report as HTML; styles, pictures and charts are inside.

    Args:
        findings: What the page tells.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    environment.filters.update(
        figure=wording.figure, signed=wording.signed, percent=wording.percent, counted=wording.counted
    )
    environment.globals.update(chart_width=WIDTH, chart_height=HEIGHT)
    return environment.get_template("report.html.j2").render(_context(findings))


def _context(findings: Findings) -> dict[str, Any]:
    comparison, index = findings.comparison, findings.candidate.index
    rows = table_rows(comparison)
    counts = findings.examples["outcome"].value_counts()
    return {
        "canvas": (WIDTH, HEIGHT),
        "verdict": findings.verdict,
        "summary": summary(comparison),
        "comparison": comparison,
        "config": findings.config,
        "rows": rows,
        "key": next(row for row in rows if row.metric == findings.verdict.metric),
        "outcomes": [(outcome, int(counts.get(outcome, 0))) for outcome in OUTCOMES],
        "galleries": [gallery(outcome, findings.examples, index, comparison.k) for outcome in OUTCOMES[1:]],
        "panels": training_panels(findings.history, {name: titles(comparison.k)[name].name for name in CURVES}),
        "data": findings.data,
        "encoder": findings.candidate.facts["encoder"],
        "encoder_rows": encoder_rows(findings.reference.facts["encoder"], findings.candidate.facts["encoder"]),
        "particulars": _particulars(findings),
    }


def summary(comparison: Comparison) -> str:
    """What changed, in two sentences for people who have never heard of a metric."""
    before, after = comparison.before, comparison.after
    top, first = (out_of_hundred(before[name], after[name]) for name in ("r_precision", "recall_at_1"))
    return (
        f"Of every 100 pictures that belong at the top, {top[0]} are there, {top[1]}. "
        f"The very first result is right in {first[0]} of 100 searches, {first[1]}."
    )


def table_rows(comparison: Comparison) -> list[Row]:
    """Lines of the table of metrics, in the order in which people read them, with their bars."""
    known = {name: title for name, title in titles(comparison.k).items() if name in comparison.difference}
    shares = {name: _shares(comparison, name, title) for name, title in known.items()}
    left, right = min(0.0, *(s[0] for s in shares.values())), max(0.0, *(s[2] for s in shares.values()))
    margin = 0.04 * (right - left) or 0.5
    places = {
        name: [100 * (share - left + margin) / (right - left + 2 * margin) for share in (0.0, *triple)]
        for name, triple in shares.items()
    }
    return [
        Row(
            name,
            title,
            comparison.before[name],
            comparison.after[name],
            comparison.difference[name],
            Bar(*places[name]),
        )
        for name, title in known.items()
    ]


def _shares(comparison: Comparison, name: str, title: Title) -> tuple[float, float, float]:
    """Low, mean and high of a difference as shares of the metric's span, so that one scale fits all metrics."""
    interval = comparison.difference[name]
    return interval.low / title.span, interval.mean / title.span, interval.high / title.span


def _particulars(findings: Findings) -> str:
    """Everything about the origin of the figures, in full, as JSON."""
    return json.dumps(
        {
            "comparison": findings.config.model_dump(),
            "data": asdict(findings.data),
            "before": findings.reference.facts["encoder"],
            "after": findings.candidate.facts["encoder"],
        },
        indent=2,
    )
