"""Brings what is new in a source to the store."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial

from lookalike_components.dataset import ShardWriter, in_order
from lookalike_components.ingest.examine import CORES, Examined, Read, examine
from lookalike_components.ingest.plan import File, Plan
from lookalike_components.progress import track


def move(
    plan: Plan,
    read: Read,
    reads_at_once: int,
    writer: ShardWriter,
    copy: bool = True,
    give_up: Callable[[], None] = lambda: None,
) -> None:
    """Reads and checks what is pending ahead of the writing, and gives it to the writer in the order of the source.

    Args:
        plan: What is pending.
        read: Reads one file.
        reads_at_once: How many reads may be under way at a time.
        writer: Takes what is accepted, and remembers everything.
        copy: Whether the images have to lie in the store; otherwise they are only looked at.
        give_up: Called when the rest is not wanted, so that reads under way can end early.

    Raises:
        LookalikeError: The source is out of reach, or the store cannot be written to.
    """
    with examined_in_order(plan, read, reads_at_once, give_up) as examined:
        for entry, data in track(examined, len(plan.pending), "images"):
            if entry and entry.image_id and copy:
                writer.add(data, str(entry.format), entry.image_id)
            if entry:
                writer.remember(entry)


@contextmanager
def examined_in_order(
    plan: Plan, read: Read, reads_at_once: int, give_up: Callable[[], None] = lambda: None
) -> Iterator[Iterator[Examined]]:
    """What came of the files that are pending, in the order of the source; no thread outlives the block."""
    examined = in_order(
        partial(examine, read=read),
        plan.files(),
        threads=max(reads_at_once, CORES),
        expected=_expected_bytes,
        size=_bytes_held,
        give_up=give_up,
    )
    with closing(examined):
        yield examined


def _expected_bytes(file: File) -> int:
    return file.nbytes


def _bytes_held(examined: Examined) -> int:
    return len(examined.data)
