"""What the report is made of, worked out once for the page and for the plots."""

from dataclasses import dataclass

from lookalike_components.compare.examples import OUTCOMES
from lookalike_components.compare.report.chart import Panel, training_panels
from lookalike_components.compare.report.doubts import Doubts, doubts_of_split, label_doubts, leaks
from lookalike_components.compare.report.embedding_map import EmbeddingMap, embedding_map
from lookalike_components.compare.report.findings import Findings
from lookalike_components.compare.report.gallery import Gallery, gallery
from lookalike_components.compare.report.robustness import HeatMap, heat_map
from lookalike_components.compare.report.suspicion import suspicions
from lookalike_components.compare.report.table import Row, SliceRow, slice_rows, table_rows
from lookalike_components.compare.report.tables import Table, tables
from lookalike_components.compare.report.threshold import CosineChart, cosine_charts
from lookalike_components.retrieval import titles

CURVES = ("map_at_r", "recall_at_1")


@dataclass(frozen=True, slots=True)
class Sections:
    """Every part of the page in its order; what the evaluations hold nothing for is empty or None."""

    findings: Findings
    rows: list[Row]
    map: EmbeddingMap | None
    galleries: list[Gallery]
    cosines: list[CosineChart]
    slices: list[SliceRow]
    heat: HeatMap | None
    tables: list[Table]
    leaks: Doubts
    doubts: Doubts
    earlier_doubts: Doubts
    panels: list[Panel]


def lay_out(findings: Findings) -> Sections:
    """Works out every part.

    Raises:
        UserError: A shard with pictures is gone.
    """
    examples, comparison = findings.examples, findings.comparison
    suspects = findings.data.suspects
    suspected = suspicions(examples, findings.candidate, findings.data.hashes, suspects.said)
    return Sections(
        findings,
        rows=table_rows(comparison),
        map=embedding_map(findings),
        galleries=[
            gallery(outcome, examples, findings.candidate.index, comparison.k, suspected) for outcome in OUTCOMES[1:]
        ],
        cosines=cosine_charts(findings),
        slices=slice_rows(comparison.slices),
        heat=heat_map(findings),
        tables=tables(findings),
        leaks=leaks(suspects),
        doubts=label_doubts(examples, suspected),
        earlier_doubts=doubts_of_split(suspects),
        panels=training_panels(findings.history, {name: titles(comparison.k)[name].name for name in CURVES}),
    )
