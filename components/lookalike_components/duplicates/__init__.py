"""Which pictures of a table are the same, or nearly: found without comparing each with each."""

from lookalike_components.duplicates.doubts import find_label_doubts
from lookalike_components.duplicates.find import find_duplicates
from lookalike_components.duplicates.groups import groups, linked
from lookalike_components.duplicates.names import of_one_thing
from lookalike_components.duplicates.page import Section, render
from lookalike_components.duplicates.vectors import embed

__all__ = ["Section", "embed", "find_duplicates", "find_label_doubts", "groups", "linked", "of_one_thing", "render"]
