"""What a source would bring, before anything is moved: accepted, refused, suspected, as a table and as a page."""

from lookalike.inspection.findings import Inspection
from lookalike.inspection.inspecting import check

__all__ = ["Inspection", "check"]
