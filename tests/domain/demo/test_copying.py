"""Writing in bulk."""

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from firstfix.domain.demo.batches import TABLES
from firstfix.domain.demo.copying import written_in_bulk
from tests.domain.demo.conftest import Demo

_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname"
_KEYS = """
SELECT conrelid::regclass::text AS held_by, conname, pg_get_constraintdef(oid) AS said, convalidated FROM pg_constraint
WHERE contype = 'f' ORDER BY held_by, conname
"""


def _schema(connection: Connection) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    indexes, keys = (connection.execute(text(statement)).all() for statement in (_INDEXES, _KEYS))
    return [tuple(index) for index in indexes], [tuple(key) for key in keys]


def test_what_is_put_aside_comes_back_as_it_was(demo: Demo) -> None:
    """The indexes and foreign keys afterwards are those of before."""
    with demo.engine.connect() as connection:
        before = _schema(connection)
        with written_in_bulk(connection, TABLES):
            meanwhile = _schema(connection)
        assert _schema(connection) == before
    assert len(meanwhile[0]) < len(before[0])
    assert len(meanwhile[1]) < len(before[1])


def test_rows_that_belong_to_nothing_are_refused_in_the_end(demo: Demo) -> None:
    """Foreign keys that come back look at what was written meanwhile."""
    with demo.engine.connect() as connection, pytest.raises(IntegrityError, match="fk_job_labor"):  # noqa: SIM117
        with written_in_bulk(connection, TABLES):
            connection.execute(text("UPDATE job_labor SET person_id = 0"))
