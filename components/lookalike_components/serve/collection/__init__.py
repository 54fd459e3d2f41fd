"""What can be found: the index of the release in service, and what was added to it and taken out while it served.

Nothing in here knows a protocol but `routes`; and a search never waits for a write.
"""

from lookalike_components.serve.collection.collection import Collection, Found
from lookalike_components.serve.collection.filters import Wanted
from lookalike_components.serve.collection.journal import Journal

__all__ = ["Collection", "Found", "Journal", "Wanted"]
