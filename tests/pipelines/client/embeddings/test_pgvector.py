"""Against the real engine: PostgreSQL with pgvector."""

import json

import numpy as np
import psycopg
import pytest
from pgvector.psycopg import register_vector

from lookalike.client.embeddings.pushing import push
from lookalike.client.embeddings.table import Origin
from lookalike_components.errors import UserError

from .conftest import ORIGIN, unit_vectors


@pytest.fixture
def database(postgres):
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(connection)
        connection.execute("DROP TABLE IF EXISTS lookalike")
        yield connection


def rows(database, table="lookalike"):
    query = f"SELECT id, picture, label, columns, encoder, embedding FROM {table} ORDER BY id"  # noqa: S608
    return database.execute(query).fetchall()


def test_every_embedding_becomes_a_row(postgres, database, write):
    counts = []
    assert push(write(5), "pgvector", postgres, progress=counts.append) == 5
    found = rows(database)
    assert found[0][:5] == ("a-0", "a-0.jpg", None, {"shop": 0}, ORIGIN.encoder)
    assert found[4][:4] == ("a-4", "a-4.jpg", "mug", {"shop": 4})
    np.testing.assert_array_equal(np.stack([row[5].to_numpy() for row in found]), unit_vectors(5))
    assert counts == [5]


def test_the_same_again_changes_nothing_and_new_vectors_replace_the_old(postgres, database, write):
    push(write(5), "pgvector", postgres)
    before = rows(database)
    push(write(5), "pgvector", postgres)
    assert str(rows(database)) == str(before)
    push(write(3, seed=1), "pgvector", postgres)
    vectors = np.stack([row[5].to_numpy() for row in rows(database)])
    np.testing.assert_array_equal(vectors[:3], unit_vectors(3, seed=1))
    np.testing.assert_array_equal(vectors[3:], unit_vectors(5)[3:])


def test_neighbours_are_those_of_the_cosine_and_found_by_the_index(postgres, database, write):
    push(write(2_000), "pgvector", postgres)
    vectors = unit_vectors(2_000)
    query = "SELECT id FROM lookalike ORDER BY embedding <=> %s LIMIT 1"
    database.execute("ANALYZE lookalike")
    plan = json.dumps(database.execute(f"EXPLAIN (FORMAT JSON) {query}", [vectors[7]]).fetchone()[0])
    assert "lookalike_embedding" in plan
    assert database.execute(query, [vectors[7]]).fetchone() == ("a-7",)


def test_embeddings_of_another_encoder_are_refused(postgres, database, write):
    push(write(2), "pgvector", postgres)
    with pytest.raises(UserError) as error:
        push(write(2, Origin("0" * 64, "f" * 64, ORIGIN.dimension)), "pgvector", postgres)
    assert str(error.value) == (
        "the table lookalike holds embeddings of the encoder eeeeeeeeeeee, which cannot be compared with those of "
        "000000000000; pass another --collection"
    )


def test_embeddings_of_another_length_are_refused(postgres, database, write):
    push(write(2), "pgvector", postgres)
    with pytest.raises(UserError, match="PostgreSQL refused: expected 6 dimensions, not 4"):
        push(write(2, Origin("e" * 64, "f" * 64, 4)), "pgvector", postgres)


@pytest.mark.parametrize("dimension", [2_500, 4_500])
def test_long_vectors_are_indexed_with_half_of_the_precision_or_not_at_all(postgres, database, write, dimension):
    push(write(3, Origin("e" * 64, "f" * 64, dimension)), "pgvector", postgres)
    indexes = database.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'lookalike'").fetchall()
    assert any("halfvec" in index for (index,) in indexes) is (dimension < 4_000)
    assert len(rows(database)) == 3


def test_a_table_may_be_in_a_schema_and_its_name_is_no_sql(postgres, database, write):
    database.execute("CREATE SCHEMA IF NOT EXISTS shop")
    push(write(2), "pgvector", postgres, collection='shop.odd"; DROP TABLE lookalike; --')
    assert len(rows(database, '''shop."odd""; DROP TABLE lookalike; --"''')) == 2
    database.execute("DROP SCHEMA shop CASCADE")


def test_what_was_pushed_before_a_failure_stays_and_nothing_is_half_there(postgres, database, write):
    push(write(2), "pgvector", postgres)
    database.execute("ALTER TABLE lookalike ADD CONSTRAINT few CHECK (id <> 'a-3')")
    with pytest.raises(UserError, match="PostgreSQL refused: "):
        push(write(5), "pgvector", postgres)
    assert [row[0] for row in rows(database)] == ["a-0", "a-1"]
