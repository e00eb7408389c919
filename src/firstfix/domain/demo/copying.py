"""Writing many rows at once."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from firstfix.kit.tables import Base

_IDS_AT_A_TIME = 1000


def copy_rows(connection: Connection, table: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows of one table by COPY; all have the same columns in the same order."""
    if not rows:
        return
    names = sql.SQL(", ").join(sql.Identifier(column) for column in rows[0])
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.__tablename__), names)
    driver = cast("psycopg.Connection[tuple[Any, ...]]", connection.connection.driver_connection)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(tuple(row.values()))


@contextmanager
def written_in_bulk(connection: Connection, tables: Sequence[type[Base]]) -> Iterator[None]:
    """Look up foreign keys and sort into indexes once for all rows, not for each: that is most of the time of writing.

    Nobody else can use the tables until the transaction ends. Unique indexes stay.
    """
    described = [cast("Table", table.__table__) for table in tables]
    indexes = sorted(
        (index for table in described for index in table.indexes if not index.unique), key=lambda index: str(index.name)
    )
    keys = sorted((key for table in described for key in table.foreign_key_constraints), key=lambda key: str(key.name))
    for key in keys:
        connection.execute(DropConstraint(key))
    for index in indexes:
        index.drop(connection)
    yield
    for index in indexes:
        index.create(connection)
    for key in keys:
        connection.execute(AddConstraint(key))


def new_ids(connection: Connection, table: type[Base]) -> Iterator[int]:
    """Give ids for new rows of a table, without end; a few stay unused."""
    while True:
        yield from reserve_ids(connection, table, _IDS_AT_A_TIME)


def reserve_ids(connection: Connection, table: type[Base], count: int) -> list[int]:
    """Take so many ids for new rows of a table."""
    sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.__tablename__})
    return reserve_numbers(connection, str(sequence), count)


def reserve_numbers(connection: Connection, sequence: str, count: int) -> list[int]:
    """Take the next numbers of a sequence."""
    statement = text("SELECT array_agg(nextval(:sequence)) FROM generate_series(1, :count)")
    return connection.scalar(statement, {"sequence": sequence, "count": count}) or []
