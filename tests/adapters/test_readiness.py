"""A running server tells why it cannot serve."""

from collections.abc import Mapping
from typing import Any

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from firstfix.adapters.readiness import find_fault
from firstfix.migrations import latest_revision


class Asked:
    """A database that answers what it is told to."""

    def __init__(self, answer: tuple[str] | Exception | None) -> None:
        self._answer = answer

    async def read_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        assert (statement, parameters) == ("SELECT version_num FROM alembic_version", {})
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((latest_revision(),), None),
        (("9999",), None),
        (("0000",), "The database is not migrated."),
        (None, "The database is not migrated."),
        (psycopg.errors.UndefinedTable(), "The database has no schema."),
        (psycopg.OperationalError(), "The database cannot be reached."),
        (PoolTimeout(), "The database cannot be reached."),
    ],
)
async def test_a_running_server_tells_why_it_is_not_ready(
    answer: tuple[str] | Exception | None, fault: str | None
) -> None:
    assert await find_fault(Asked(answer)) == fault
