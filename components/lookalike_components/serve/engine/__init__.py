"""From image files to embeddings, for many clients at once: one bounded queue, threads that decode, one that infers."""

from lookalike_components.serve.engine.deadline import Deadline
from lookalike_components.serve.engine.engine import Engine

__all__ = ["Deadline", "Engine"]
