"""The report's figures as PNG files, for slides."""

from lookalike_components.compare.report.plots.files import write_plots

__all__ = ["write_plots"]
