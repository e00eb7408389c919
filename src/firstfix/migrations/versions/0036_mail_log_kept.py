"""The log of mails is kept for a year."""

from typing import Any

from alembic import context, op

from firstfix.migrations import read_sql

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0036_mail_log_kept.sql", app_role=context.config.attributes["app_role"]))
