"""Why a shared training failed: each process leaves its reason, and the first real one becomes the step's sentence."""

import os
import time
from enum import IntEnum

from pydantic import BaseModel

from lookalike_components import storage
from lookalike_components.errors import LookalikeError, UserError


class Cause(IntEnum):
    """What a process fell over; the lower, the nearer to the root."""

    FORESEEN = 0
    UNFORESEEN = 1
    LOST_ANOTHER = 2


class Failure(BaseModel):
    """What one process fell over, and when."""

    message: str
    exit_code: int
    cause: Cause
    time: float

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        """Puts an error into a sentence."""
        cause = _cause(error)
        message = str(error) if cause is Cause.FORESEEN else _unforeseen(error)
        return cls(message=message, exit_code=getattr(error, "exit_code", 1), cause=cause, time=time.time())

    def write(self, folder: str) -> None:
        """Leaves the reason for whoever started the training."""
        storage.write_bytes(storage.join(folder, f"{_rank()}.json"), self.model_dump_json().encode())


def first(folder: str, processes: int) -> LookalikeError | None:
    """The error that the training failed with; None where the process that fell first could leave no reason."""
    files = [storage.join(folder, f"{rank}.json") for rank in range(processes)]
    left = [Failure.model_validate_json(storage.read_bytes(file)) for file in files if storage.exists(file)]
    reasons = sorted((each for each in left if each.cause is not Cause.LOST_ANOTHER), key=lambda each: each.time)
    if not reasons:
        return None
    reason = min(reasons, key=lambda each: each.cause)
    return (UserError if reason.exit_code == UserError.exit_code else LookalikeError)(reason.message)


def _cause(error: Exception) -> Cause:
    if isinstance(error, LookalikeError) or (isinstance(error, OSError) and error.errno is not None):
        return Cause.FORESEEN
    # Gloo raises a plain RuntimeError when a process that it speaks with is gone, NCCL one of torch's DistErrors.
    lost = type(error).__name__.startswith("Dist") or "by peer" in str(error)
    return Cause.LOST_ANOTHER if lost else Cause.UNFORESEEN


def _unforeseen(error: Exception) -> str:
    reason = next(iter(str(error).splitlines()), "it gave no reason")
    return (
        f"process {_rank()} of the training failed ({type(error).__name__}: {reason}); the log has the traceback, "
        "and where memory was short, more processes or smaller batches help"
    )


def _rank() -> str:
    return os.environ.get("RANK", "0")
