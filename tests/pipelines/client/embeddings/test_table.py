import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lookalike.client.embeddings.table import EmbeddingsFile, Origin
from lookalike_components.errors import UserError

from .conftest import ORIGIN, unit_vectors


def test_a_file_says_what_made_it_and_gives_its_rows_back(write):
    file = EmbeddingsFile(write(5))
    (rows,) = file.batches()
    assert (file.origin, file.rows) == (ORIGIN, 5)
    assert rows.ids == ["a-0", "a-1", "a-2", "a-3", "a-4"]
    assert rows.pictures[0] == "a-0.jpg"
    assert rows.labels == [None, "mug", "mug", "mug", "mug"]
    assert rows.columns[2] == {"shop": 2}
    np.testing.assert_array_equal(rows.vectors, unit_vectors(5))


def test_rows_are_read_a_few_at_a_time(write):
    batches = list(EmbeddingsFile(write(5_000)).batches())
    assert [len(batch.ids) for batch in batches] == [4_096, 904]
    np.testing.assert_array_equal(np.concatenate([batch.vectors for batch in batches]), unit_vectors(5_000))


def test_pandas_reads_it_as_well(write):
    frame = pd.read_parquet(write(3))
    np.testing.assert_array_equal(np.stack(frame["embedding"]), unit_vectors(3))


@pytest.mark.parametrize("text", [None, b"no parquet"])
def test_a_file_that_is_none_is_one_sentence(tmp_path, text):
    path = tmp_path / "e.parquet"
    if text:
        path.write_bytes(text)
    with pytest.raises(UserError, match=r"^the embeddings .* cannot be read \(.+\); make them with `lookalike encode"):
        EmbeddingsFile(path)


def test_a_table_that_names_no_encoder_is_one_sentence(tmp_path):
    path = tmp_path / "e.parquet"
    pq.write_table(pa.table({"picture": ["a"], "embedding": [[1.0]]}), path)
    with pytest.raises(UserError, match="does not say which encoder made its embeddings"):
        EmbeddingsFile(path)


def test_the_origin_is_what_the_manifest_says():
    manifest = {"digest": "r", "encoder": {"digest": "e", "dimension": 3}}
    assert Origin.of(manifest) == Origin("e", "r", 3)
