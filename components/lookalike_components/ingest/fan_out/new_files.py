"""Which files of a large source parallel tasks can take."""

from contextlib import redirect_stderr
from io import StringIO

import pandas as pd

from lookalike_components.dataset import read_ledger, read_places
from lookalike_components.errors import LookalikeError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.plan import plan
from lookalike_components.ingest.sources import Source, open_source
from lookalike_components.ingest.sources.files import ListedFiles

FETCHED_AT_A_PRICE = r"^https?://|!/"  # from the web, or out of an archive that every task would have to fetch
NOTHING = pd.DataFrame(columns=["uri", "nbytes", "version", "listed"])


def new_files(config: IngestConfig) -> pd.DataFrame:
    """The files that have to be read, each once, in the order of the source; see `write_files`.

    There are none where the source is too small to be divided or cannot be, and none where it is at fault: it is
    *ingest* that says so, and that tells what it passes over.
    """
    try:
        with redirect_stderr(StringIO()), open_source(config) as source:
            return _pending(source, config) if _can_be_divided(source, config.partition_images) else NOTHING
    except LookalikeError:
        return NOTHING


def _can_be_divided(source: Source, partition_images: int) -> bool:
    many = len(source.listing) > partition_images
    return many and not source.referenced and not source.listing["uri"].str.contains(FETCHED_AT_A_PRICE).any()


def _pending(source: Source, config: IngestConfig) -> pd.DataFrame:
    files = source.listing.drop_duplicates("uri").assign(listed=isinstance(source.reader, ListedFiles))
    files = files[~files["uri"].isin(["", *source.refusals])]
    known = read_ledger(config.store, pd.Index(files["uri"], dtype=object))
    return files.iloc[plan(files, known, read_places(config.store), config.most_bytes).pending]
