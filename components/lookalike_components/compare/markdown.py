"""The verdict as Markdown: for the pipeline's page in the Kubeflow UI, and for a terminal, where columns line up."""

from collections.abc import Sequence

from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.rules import Rule
from lookalike_components.compare.verdict import Verdict
from lookalike_components.compare.wording import counted, figure, signed
from lookalike_components.retrieval import titles

RULES = {
    "gain": "Surely better",
    "effect": "By enough",
    "slices": "Nowhere surely worse",
    "leaks": "No leak",
    "false_matches": "No more false matches",
}
OUTCOMES = {True: "✓ yes", False: "✗ no", None: "· not judged"}


def markdown(verdict: Verdict, comparison: Comparison) -> str:
    """Writes the decision, what each rule found, what to keep in mind, and the table of metrics."""
    decision = "Promoted" if verdict.promoted else "Refused"
    sample = f"{counted(comparison.queries, 'query', 'queries')} of {counted(comparison.labels, 'label')}"
    title = titles(comparison.k)[verdict.metric].name
    count = f"by {title}, {comparison.wins:,} were won, {comparison.losses:,} lost, {comparison.ties:,} tied"
    told = {rule.sentence for rule in verdict.rules}
    points = [f"- {_plain(said)}." for said in [*verdict.reasons, *verdict.cautions] if said not in told]
    parts = [
        [f"# {verdict.headline}"],
        [f"**{decision}**, over {sample}; {count}."],
        _rules(verdict.rules),
        points,
        _metrics(comparison),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _rules(rules: Sequence[Rule]) -> list[str]:
    rows = [[RULES[rule.name], OUTCOMES[rule.passed], _plain(rule.sentence)] for rule in rules]
    return _table(["Rule", "Outcome", "What was found"], rows)


def _metrics(comparison: Comparison) -> list[str]:
    rows = [
        [
            title.name,
            figure(comparison.before[name]),
            figure(comparison.after[name]),
            f"{signed(gain.mean)} ({signed(gain.low)} to {signed(gain.high)})",
        ]
        for name, title in titles(comparison.k).items()
        if (gain := comparison.difference.get(name))
    ]
    return _table(["Metric", "Before", "After", "Difference"], rows, numbers=True)


def _table(header: list[str], rows: Sequence[list[str]], *, numbers: bool = False) -> list[str]:
    """A table whose columns are as wide as their widest cell; the first one is text, the others may be numbers.

    The last column of text keeps its own width: its sentences would only push the others out of a terminal.
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    if not numbers:
        widths[-1] = len(header[-1])
    rule = ["-" * widths[0], *("-" * (width - numbers) + ":" * numbers for width in widths[1:])]
    return [_row(row, widths, numbers=numbers) for row in (header, rule, *rows)]


def _row(cells: Sequence[str], widths: Sequence[int], *, numbers: bool) -> str:
    first, *others = zip(cells, widths, strict=True)
    padded = [cell.rjust(width) if numbers else cell.ljust(width) for cell, width in others]
    return f"| {' | '.join([first[0].ljust(first[1]), *padded])} |"


def _plain(text: str) -> str:
    """Text that Markdown takes for text: names and values of slices are the user's own."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
