"""The candidates as a table, for the model card, the Kubeflow UI and the report."""

from collections.abc import Sequence
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from lookalike_components.release.candidates import Candidate
from lookalike_components.release.sealing import Tried
from lookalike_components.retrieval import titles

PLACE, LINK_PLACE = "<!-- runtimes -->", "<!-- link to runtimes -->"
LINK = '<a href="#runtimes">Runtimes</a>'
"""Where the report of *compare* leaves room for them."""
NONE = "-"
HEADER = (
    *("Runtime", "{metric}", "Difference", "Cosine", "Worst", "Nearest kept", "Same kept"),
    *("Size", "Images/s", "Shipped"),
)


def rows(tried: Tried) -> list[tuple[str, ...]]:
    """A line for each candidate: the cells of `header`."""
    return [_row(candidate) for candidate in tried.candidates]


def header(tried: Tried, k: int) -> tuple[str, ...]:
    """The heads of the columns."""
    metric = titles(k)[tried.trial.metric].name if tried.trial else "Metric"
    return tuple(name.format(metric=metric) for name in HEADER)


def told(tried: Tried, k: int) -> str:
    """On what the candidates were judged, in a few sentences."""
    if tried.trial is None:
        return "There were no test queries to judge the runtimes on, so the release ships the float32 graph alone."
    trial, name = tried.trial, titles(k)[tried.trial.metric].name
    return (
        f"Each runtime encoded {trial.queries:,} test queries, which were searched among {trial.images:,} pictures of "
        f"the release's index. It is shipped where {name} falls by {trial.margin:g} at most. Cosines are those with "
        "the float32 vectors of the same queries; nearest kept is the share of the queries that find as near a picture "
        "first, same kept the share whose first picture lies on the same side of the threshold. Speed is that of the "
        "network alone, one picture at a time on one thread of the machine that exported it."
    )


def as_markdown(tried: Tried, k: int) -> str:
    """The table in Markdown, with the sentences above it."""
    heads = header(tried, k)
    rule = ["---", *("---:" for _ in heads[1:-1]), "---"]
    lines = [_line(cells) for cells in (heads, rule, *rows(tried))]
    return "\n".join([told(tried, k), "", *lines]) + "\n"


def in_report(report: str, tried: Tried, k: int) -> str:
    """The report with the table, and the link to it, in the places left for them; unchanged where there are none."""
    return report.replace(LINK_PLACE, LINK, 1).replace(PLACE, _section(tried, k), 1)


def _section(tried: Tried, k: int) -> str:
    template = files("lookalike_components.export").joinpath("runtimes.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    page = environment.from_string(template)
    return page.render(told=told(tried, k), header=header(tried, k), rows=rows(tried))


def _row(candidate: Candidate) -> tuple[str, ...]:
    return (
        candidate.title,
        _figure(candidate.score, "{:.4f}"),
        _figure(candidate.difference, "{:+.4f}"),
        _figure(candidate.cosine_mean, "{:.4f}"),
        _figure(candidate.cosine_worst, "{:.4f}"),
        _figure(candidate.nearest_kept, "{:.1%}"),
        _figure(candidate.same_kept, "{:.1%}"),
        f"{candidate.nbytes / 1e6:.1f} MB" if candidate.nbytes else NONE,
        _figure(candidate.images_per_second, "{:.0f}"),
        "yes" if candidate.shipped else f"no: {candidate.reason}",
    )


def _figure(value: float | None, form: str) -> str:
    return NONE if value is None else form.format(value)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
