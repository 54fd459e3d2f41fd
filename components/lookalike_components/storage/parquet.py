"""Parquet files as tables, without Arrow's threads.

One of those threads that is still starting when a short process ends aborts it (apache/arrow#34314), and most of our
processes are short.
"""

from pathlib import Path
from typing import IO, cast

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

UNREADABLE = (pa.ArrowException, KeyError, OSError)  # what reading bytes that are no such table ends in


def read_arrow(source: str | Path | IO[bytes]) -> pa.Table:
    """Reads a Parquet file; raises pyarrow.ArrowInvalid where it is none."""
    return pq.ParquetFile(source).read(use_threads=False)


def read_parquet(source: str | Path | IO[bytes]) -> pd.DataFrame:
    """Reads a Parquet file as a data frame; raises pyarrow.ArrowInvalid where it is none."""
    return as_frame(read_arrow(source))


def as_frame(table: pa.Table, whole_numbers: bool = False) -> pd.DataFrame:
    """A table as a data frame.

    Args:
        table: Any.
        whole_numbers: Whether integers stay integers where some are missing; otherwise such a column becomes floats,
            which lose the last digits of long numbers.
    """
    return cast(pd.DataFrame, table.to_pandas(use_threads=False, integer_object_nulls=whole_numbers))
