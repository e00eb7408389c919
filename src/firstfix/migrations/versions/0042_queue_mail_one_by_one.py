"""Queue mail by one look-up after the other, also where organisations are tiny."""

from typing import Any

from alembic import context, op

from firstfix.migrations import read_sql

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0042_queue_mail_one_by_one.sql", app_role=context.config.attributes["app_role"]))
