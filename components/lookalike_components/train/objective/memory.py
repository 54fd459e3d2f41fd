"""A memory of embeddings of earlier batches, which the loss compares with too."""

from typing import Any

from pytorch_metric_learning.losses import CrossBatchMemory


class Memory(CrossBatchMemory):
    """Cross-batch memory (Wang et al., 2020), the whole of which is in its state.

    The library's own keeps the embeddings in its state, but not how many there are and where the next ones go.
    """

    def get_extra_state(self) -> dict[str, Any]:
        """Where the next embeddings go, and whether all places are taken."""
        return {"queue_idx": self.queue_idx, "has_been_filled": self.has_been_filled}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Goes back to a state."""
        self.queue_idx, self.has_been_filled = state["queue_idx"], state["has_been_filled"]
