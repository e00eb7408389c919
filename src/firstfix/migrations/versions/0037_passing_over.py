"""Let the worker pass over what failed, wherever it looks."""

from typing import Any

from alembic import context, op

from firstfix.migrations import read_sql

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0037_passing_over.sql", app_role=context.config.attributes["app_role"]))
