"""Reads and checks one part of a source."""

from itertools import islice
from pathlib import Path

import pandas as pd

from lookalike_components.dataset import read_ledger, remember
from lookalike_components.ingest.fan_out.config import PartConfig
from lookalike_components.ingest.fan_out.parts import open_again, read_files
from lookalike_components.ingest.moving import examined_in_order
from lookalike_components.ingest.plan import plan
from lookalike_components.progress import Facts, track

ENTRIES_A_FILE = 5_000


def examine_part(config: PartConfig, path: str | Path) -> Facts:
    """Examines what the ledger does not know yet, and adds it to the ledger; no image is kept.

    Args:
        config: Which part, and where the store is.
        path: What `divide` wrote.

    Returns:
        ``images`` accepted and ``refused``.

    Raises:
        LookalikeError: The source is out of reach, or the store cannot be written to.
    """
    files = read_files(path)
    files = files[files["partition"] == config.partition]
    known = read_ledger(config.store, pd.Index(files["uri"], dtype=object))
    wanted = plan(files, known, None, config.most_bytes)
    facts = {"images": 0, "refused": 0}
    with (
        open_again(config, files) as source,
        examined_in_order(wanted, source.read, source.reads_at_once, source.close) as found,
    ):
        entries = (seen.entry for seen in track(found, len(wanted.pending), "images") if seen.entry)
        while some := list(islice(entries, ENTRIES_A_FILE)):
            remember(config.store, some)
            refused = sum(entry.reason is not None for entry in some)
            facts = {"images": facts["images"] + len(some) - refused, "refused": facts["refused"] + refused}
    return facts
