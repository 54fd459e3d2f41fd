"""The report as HTML: everything that was found out, on one page that needs nothing else."""

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from lookalike_components.compare import wording
from lookalike_components.compare.comparison import Comparison
from lookalike_components.compare.examples import OUTCOMES
from lookalike_components.compare.provenance import encoder_rows
from lookalike_components.compare.report import chart, embedding_map
from lookalike_components.compare.report.findings import Findings
from lookalike_components.compare.report.sections import Sections

FOLDERS = [Path(__file__).parent, Path(wording.__file__).parent]  # the look is shared with other pages
FILTERS = (wording.figure, wording.signed, wording.percent, wording.counted, wording.share, wording.points)
WORDS = {
    "stayed_right": ("stayed right", "The first result was right before and after."),
    "fixed": ("fixed", "The first result was wrong and is right now."),
    "broken": ("broken", "The first result was right and is wrong now."),
    "still_wrong": ("still wrong", "The first result was wrong before and after."),
}


def render(sections: Sections) -> str:
    """Renders the report; styles, pictures, charts and the script of the map are inside.

    Args:
        sections: What the page tells.
    """
    before, after = (side.facts["encoder"] for side in (sections.findings.reference, sections.findings.candidate))
    return _template("page.html.j2").render(
        **_verdict(sections),
        sections=sections,
        encoder_rows=encoder_rows(before, after),
        particulars=_particulars(sections.findings),
    )


def render_summary(sections: Sections, report: str) -> str:
    """Renders what the Kubeflow UI shows beside the run: the verdict and its figures, without a picture.

    That UI reads an HTML artifact whole, puts it into a frame that may open no window, and does so for every run that
    is compared with others; so this page is small, and names the report instead of linking to it.

    Args:
        sections: What the page tells.
        report: Where the report lies, as a URI or a path.
    """
    return _template("summary.html.j2").render(**_verdict(sections), report=report)


def summary(comparison: Comparison) -> str:
    """What changed, in two sentences for people who have never heard of a metric."""
    before, after = comparison.before, comparison.after
    top, first = (wording.out_of_hundred(before[name], after[name]) for name in ("r_precision", "recall_at_1"))
    return (
        f"Of every 100 pictures that belong at the top, {top[0]} are there, {top[1]}. "
        f"The very first result is right in {first[0]} of 100 searches, {first[1]}."
    )


def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(FOLDERS), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update({words.__name__: words for words in FILTERS})
    environment.globals.update(chart=chart, canvas=embedding_map)
    return environment.get_template(name)


def _verdict(sections: Sections) -> dict[str, Any]:
    """What both pages begin with."""
    findings = sections.findings
    counts = findings.examples["outcome"].value_counts()
    told = {rule.sentence for rule in findings.verdict.rules}
    return {
        "verdict": findings.verdict,
        "notes": [note for note in [*findings.verdict.reasons, *findings.verdict.cautions] if note not in told],
        "summary": summary(findings.comparison),
        "comparison": findings.comparison,
        "config": findings.config,
        "data": findings.data,
        "encoder": findings.candidate.facts["encoder"],
        "rows": sections.rows,
        "key": next(row for row in sections.rows if row.metric == findings.verdict.metric),
        "words": WORDS,
        "outcomes": [(outcome, int(counts.get(outcome, 0))) for outcome in OUTCOMES],
    }


def _particulars(findings: Findings) -> str:
    """Everything about the origin of the figures, in full, as JSON."""
    return json.dumps(
        {
            "comparison": findings.config.model_dump(),
            "data": findings.data.as_json(),
            "before": findings.reference.facts["encoder"],
            "after": findings.candidate.facts["encoder"],
        },
        indent=2,
    )
