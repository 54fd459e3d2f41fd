"""Draws every figure that the findings allow, each into a file of its own."""

from pathlib import Path

from matplotlib.figure import Figure

from lookalike_components.compare.report import Sections
from lookalike_components.compare.report.plots import figures

DOTS_PER_INCH = 200


def write_plots(sections: Sections, folder: Path) -> None:
    """Writes ``metrics.png``, ``map.png``, ``threshold.png``, ``robustness.png`` and ``training.png``.

    Args:
        sections: What is drawn; a figure that these hold nothing for is left out.
        folder: Where to; it is made.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in _drawn(sections).items():
        figure.savefig(folder / f"{name}.png", dpi=DOTS_PER_INCH, bbox_inches="tight", metadata={"Software": None})


def _drawn(sections: Sections) -> dict[str, Figure]:
    drawn = {"metrics": figures.metrics(sections.rows, sections.findings.config.confidence)}
    if sections.map:
        drawn["map"] = figures.embedding(sections.map)
    if sections.cosines:
        drawn["threshold"] = figures.threshold(sections.cosines)
    if sections.heat:
        drawn["robustness"] = figures.robustness(sections.heat)
    if sections.panels:
        drawn["training"] = figures.training(sections.panels)
    return drawn
