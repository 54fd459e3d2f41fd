"""What a source says of its pictures, as it goes into a file of embeddings."""

import pandas as pd
import pyarrow as pa

from lookalike.client.embeddings.table import OWN
from lookalike.client.source_pictures import OF_THE_LISTING
from lookalike_components.errors import UserError

_TAKEN = sorted({*OWN} - {"label"})


def described(listing: pd.DataFrame) -> pa.Table:
    """The rows of a listing: ``picture`` (its URI), ``label``, and the source's own columns.

    Raises:
        UserError: A column of the source has a name under which the file has something else.
    """
    for name in _TAKEN:
        if name in listing:
            raise UserError(f"the source has a column {name}, which the file has for something else; rename the column")
    labels = listing["label"].tolist() if "label" in listing else [None] * len(listing)
    own = {
        "picture": pa.array(listing["uri"].tolist(), pa.string()),
        "label": pa.array([str(label) if label and not pd.isna(label) else None for label in labels], pa.string()),
    }
    others = listing[[name for name in listing if name not in OF_THE_LISTING | {*OWN}]]
    more = pa.Table.from_pandas(others, preserve_index=False).replace_schema_metadata()
    return pa.table(own | {name: more.column(name) for name in more.column_names})
