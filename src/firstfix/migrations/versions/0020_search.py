"""The newest jobs that a search finds, found, counted and sorted in one go."""

from typing import Any

from alembic import context, op

from firstfix.migrations import read_sql

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0020_search.sql", app_role=context.config.attributes["app_role"]))
