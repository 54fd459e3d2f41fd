"""PostgreSQL with the extension pgvector: a row an embedding."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql
from psycopg.types.json import Jsonb

from lookalike.client.embeddings.table import Origin, Rows
from lookalike_components.errors import LookalikeError, UserError

SECONDS_TO_CONNECT = 10
INDEXED = 2_000
"""The longest vectors that pgvector's HNSW takes; up to twice that, it takes them with half of the precision."""
_TABLE = sql.SQL(
    "CREATE TABLE IF NOT EXISTS {table} (id text PRIMARY KEY, picture text NOT NULL, label text, "
    "columns jsonb NOT NULL, encoder text NOT NULL, embedding vector({dimension}) NOT NULL)"
)
_UPSERT = sql.SQL(
    "INSERT INTO {table} SELECT DISTINCT ON (id) * FROM pushed ON CONFLICT (id) DO UPDATE SET "
    "picture = excluded.picture, label = excluded.label, columns = excluded.columns, encoder = excluded.encoder, "
    "embedding = excluded.embedding"
)
_TYPES = ("text", "text", "text", "jsonb", "text", "vector")


@contextmanager
def connected(url: str, collection: str) -> Iterator["PgvectorSink"]:
    """Opens a connection; what the address leaves out is taken from PGHOST, PGPASSWORD, ~/.pgpass and the like.

    Raises:
        UserError: PostgreSQL refuses.
        LookalikeError: It cannot be reached.
    """
    with explained(), psycopg.connect(url, connect_timeout=SECONDS_TO_CONNECT, autocommit=True) as connection:
        yield PgvectorSink(connection, collection)


@contextmanager
def explained() -> Iterator[None]:
    """What psycopg raises, as one sentence, without the address that may hold a password."""
    try:
        yield
    except (psycopg.errors.UndefinedFile, psycopg.errors.FeatureNotSupported) as error:
        raise UserError(f"this PostgreSQL has no extension vector ({_first_line(error)}); install pgvector") from error
    except psycopg.OperationalError as error:
        raise LookalikeError(f"no answer from PostgreSQL ({_first_line(error)}); is it running there?") from error
    except psycopg.Error as error:
        raise UserError(f"PostgreSQL refused: {_first_line(error)}") from error


class PgvectorSink:
    """A table of ours; its rows know their encoder."""

    def __init__(self, connection: psycopg.Connection[Any], collection: str) -> None:
        """Nothing is sent yet.

        Args:
            connection: In autocommit.
            collection: Name of the table, ``schema.table`` outside of the search path.
        """
        self._connection = connection
        self._name = collection
        self._table = sql.Identifier(*collection.split("."))
        self._dimension = 0

    def prepare(self, origin: Origin) -> None:
        """Makes extension and table, or makes sure that the table can hold these embeddings."""
        self._dimension = origin.dimension
        self._connection.execute("SET client_min_messages TO warning")
        self._connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(self._connection)
        self._connection.execute(_TABLE.format(table=self._table, dimension=sql.Literal(origin.dimension)))
        self._check_encoder(origin)

    def write(self, rows: Rows, origin: Origin) -> None:
        """Puts rows in, in place of those of the same ids; all of them or none."""
        described = zip(rows.ids, rows.pictures, rows.labels, rows.columns, rows.vectors, strict=True)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE TEMPORARY TABLE pushed (LIKE {table}) ON COMMIT DROP").format(table=self._table)
            )
            with cursor.copy("COPY pushed FROM STDIN WITH (FORMAT BINARY)") as copy:
                copy.set_types(_TYPES)
                for id_, picture, label, columns, vector in described:
                    more = Jsonb(columns, dumps=_json)
                    copy.write_row((id_, picture, label, more, origin.encoder, vector))
            cursor.execute(_UPSERT.format(table=self._table))

    def finish(self) -> None:
        """Builds the index for cosine distance (HNSW), where the vectors are short enough for one."""
        if (column := _indexed(self._dimension)) is None:
            return
        name = sql.Identifier(f"{self._name.rpartition('.')[2]}_embedding")
        self._connection.execute(
            sql.SQL("CREATE INDEX IF NOT EXISTS {name} ON {table} USING hnsw ({column})").format(
                name=name, table=self._table, column=column
            )
        )

    def _check_encoder(self, origin: Origin) -> None:
        query = sql.SQL("SELECT encoder FROM {table} WHERE encoder <> %s LIMIT 1").format(table=self._table)
        other = self._connection.execute(query, [origin.encoder]).fetchone()
        if other:
            raise UserError(
                f"the table {self._name} holds embeddings of the encoder {other[0][:12]}, which cannot be compared "
                f"with those of {origin.encoder[:12]}; pass another --collection"
            )


def _indexed(dimension: int) -> sql.Composable | None:
    if dimension <= INDEXED:
        return sql.SQL("embedding vector_cosine_ops")
    if dimension <= 2 * INDEXED:
        return sql.SQL("(embedding::halfvec({n})) halfvec_cosine_ops").format(n=sql.Literal(dimension))
    return None


def _json(value: object) -> str:
    return json.dumps(value, default=str)  # dates are texts there


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
