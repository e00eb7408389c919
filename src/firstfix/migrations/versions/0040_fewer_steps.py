"""Authenticating and finding a new job's deadlines take fewer steps."""

from typing import Any

from alembic import context, op

from firstfix.migrations import read_sql

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0040_fewer_steps.sql", app_role=context.config.attributes["app_role"]))
