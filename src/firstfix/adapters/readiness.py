"""Whether a running server can serve requests now."""

from collections.abc import Mapping
from typing import Any, Protocol

import psycopg

from firstfix.adapters.database import PoolExhausted
from firstfix.migrations import latest_revision


class ReadsOneRow(Protocol):
    """The connections of a running server."""

    async def read_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run one statement in a transaction of its own and return its first row."""


async def find_fault(database: ReadsOneRow) -> str | None:
    """Tell why a running server cannot serve requests now; `None` where it can."""
    try:
        row = await database.read_one("SELECT version_num FROM alembic_version", {})
    except psycopg.errors.UndefinedTable:
        return "The database has no schema."
    except (psycopg.Error, *PoolExhausted):
        return "The database cannot be reached."
    # A newer schema is fine: a release runs on the schema of the next one, so that servers are replaced one by one.
    return None if row is not None and row[0] >= latest_revision() else "The database is not migrated."
