"""The report: one page without a single request to anywhere, for people who want to see what changed."""

from lookalike_components.compare.report.findings import Findings
from lookalike_components.compare.report.page import render, render_summary
from lookalike_components.compare.report.sections import Sections, lay_out

__all__ = ["Findings", "Sections", "lay_out", "render", "render_summary"]
