"""Decides whether a new encoder takes the place of the one before it, and tells people why."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import pandas as pd

from lookalike_components.compare.comparison import Comparison, paired
from lookalike_components.compare.config import CompareConfig
from lookalike_components.compare.evaluation import check_comparable, read_evaluation
from lookalike_components.compare.examples import OUTCOMES, examples
from lookalike_components.compare.markdown import markdown
from lookalike_components.compare.provenance import describe_data
from lookalike_components.compare.report import Findings, Sections, lay_out, render, render_summary
from lookalike_components.compare.report.plots import write_plots
from lookalike_components.compare.verdict import Verdict, decide
from lookalike_components.errors import UserError
from lookalike_components.progress import say
from lookalike_components.storage import read_bytes, write_bytes
from lookalike_components.storage.folders import new_folder

FilePath = str | Path


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is compared: the image table, either encoder's evaluation folder, and what may be missing.

    Attributes:
        table: Image table with subsets.
        reference: Evaluation of the encoder to beat.
        candidate: Evaluation of the new one.
        history: Training history.
        leaks: What *split* found on both of its sides (``leaks_found``).
        label_doubts: The labels that *split* doubts.
    """

    table: FilePath
    reference: FilePath
    candidate: FilePath
    history: FilePath | None = None
    leaks: FilePath | None = None
    label_doubts: FilePath | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """Where the artifacts of these names lie; None for those that were not handed over."""
        paths: dict[str, Any] = {field.name: getattr(arguments[field.name], "path", None) for field in fields(cls)}
        return cls(**paths)


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the results go: a folder for machines; report and summary (HTML) and the verdict (Markdown) for people.

    ``address`` is where readers of the summary find the report, where that is not the path that it is written to.
    """

    comparison: FilePath
    report: FilePath
    summary: FilePath
    verdict: FilePath
    address: str = ""


def compare(inputs: Inputs, outputs: Outputs, config: CompareConfig) -> tuple[Verdict, dict[str, int | float]]:
    """Compares two encoders query by query, decides, and writes the report.

    Args:
        inputs: Image table, both evaluations, training history, and what *split* suspected.
        outputs: Where to write; ``comparison`` becomes a folder with ``metrics.json``, ``verdict.json``,
            ``examples.parquet`` and ``plots``.
        config: The metric that decides, and what it has to show.

    Returns:
        The verdict, and the numbers behind it.

    Raises:
        UserError: The evaluations do not belong together, cannot be compared by this metric, or a file is not what it
            should be.
    """
    reference, candidate = read_evaluation(inputs.reference), read_evaluation(inputs.candidate)
    check_comparable(reference, candidate)
    data = describe_data(inputs.table, inputs.leaks, inputs.label_doubts)
    comparison = paired(reference, candidate, config)
    verdict = decide(comparison, data.suspects.leaks, config, reference.encoder_digest)
    cases = examples(reference, candidate)
    history = read_history(inputs.history)
    told = lay_out(Findings(verdict, comparison, cases, reference, candidate, history, data, config))
    _write_folder(outputs.comparison, told)
    write_bytes(outputs.verdict, markdown(verdict, comparison).encode())
    write_bytes(outputs.report, render(told).encode())
    write_bytes(outputs.summary, render_summary(told, outputs.address or str(outputs.report)).encode())
    say(f"{'promoted' if verdict.promoted else 'refused'}: {'; '.join(verdict.reasons)}")
    return verdict, _numbers(comparison, cases, config)


def read_history(path: FilePath | None) -> list[dict[str, Any]]:
    """Reads the rows of a training history (JSON Lines); none where there is no history.

    Raises:
        UserError: There is no such file, or a line of it is not JSON.
    """
    lines = read_bytes(path).splitlines() if path else []
    try:
        return [json.loads(line) for line in lines]
    except json.JSONDecodeError as error:
        raise UserError(f"{path} is no training history: {error.msg}; pass the one that train wrote") from error


def _write_folder(folder: FilePath, told: Sections) -> None:
    found = told.findings
    with new_folder(folder) as draft:
        for name, content in {
            "metrics.json": found.comparison.as_json(),
            "verdict.json": found.verdict.as_json(),
        }.items():
            (draft / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        found.examples.to_parquet(draft / "examples.parquet", index=False)
        write_plots(told, draft / "plots")


def _numbers(comparison: Comparison, cases: pd.DataFrame, config: CompareConfig) -> dict[str, int | float]:
    gain = comparison.difference[config.metric]
    counts = cases["outcome"].value_counts()
    outcomes = {outcome: int(counts.get(outcome, 0)) for outcome in OUTCOMES}
    return outcomes | {f"{config.metric}_gain": gain.mean, "gain_low": gain.low, "gain_high": gain.high}
