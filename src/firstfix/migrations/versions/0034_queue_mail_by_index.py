"""Queue mail by index, always."""

from typing import Any

from alembic import context, op

from firstfix.migrations import read_sql

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0034_queue_mail_by_index.sql", app_role=context.config.attributes["app_role"]))
