"""The verdict as Markdown, for the pipeline's page in the Kubeflow UI."""

from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.verdict import Verdict
from lookalike_components.compare.wording import counted, figure, signed
from lookalike_components.retrieval import titles


def markdown(verdict: Verdict, comparison: Comparison) -> str:
    """Writes the decision, its reasons, and the table of metrics."""
    decision = "Promoted" if verdict.promoted else "Refused"
    sample = f"{counted(comparison.queries, 'query', 'queries')} of {counted(comparison.labels, 'label')}"
    points = [f"- {sentence}." for sentence in [*verdict.reasons, *verdict.cautions]]
    return "\n".join(
        [f"# {verdict.headline}", "", f"**{decision}**, over {sample}.", "", *points, "", *_table(comparison)]
    )


def _table(comparison: Comparison) -> list[str]:
    rows = [
        f"| {title.name} | {figure(comparison.before[name])} | {figure(comparison.after[name])} "
        f"| {signed(gain.mean)} ({signed(gain.low)} to {signed(gain.high)}) |"
        for name, title in titles(comparison.k).items()
        if (gain := comparison.difference.get(name))
    ]
    return ["| Metric | Before | After | Difference |", "| --- | --: | --: | --: |", *rows, ""]
