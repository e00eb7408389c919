"""What follows time slots looks before it writes."""

from typing import Any

from alembic import context, op

from firstfix.migrations import read_sql

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0038_follow_slots.sql", app_role=context.config.attributes["app_role"]))
