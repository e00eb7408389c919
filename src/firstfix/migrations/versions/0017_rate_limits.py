"""What organisations allow their accounts to ask for in a minute."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "rate_limits",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "operation", name=op.f("pk_rate_limits")),
        sa.CheckConstraint("requests between 1 and 1000000", name=op.f("ck_rate_limits_requests")),
    )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0017_rate_limits.sql", app_role=context.config.attributes["app_role"]))
