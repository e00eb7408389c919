"""Writing many rows at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

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
    statement = text("SELECT nextval(:sequence) FROM generate_series(1, :count)")
    return list(connection.scalars(statement, {"sequence": sequence, "count": count}))
