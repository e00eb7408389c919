"""The one-time link that a first start prints."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.migrations import read_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "set_up_links",
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_set_up_links")),
    )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0005_set_up.sql", app_role=context.config.attributes["app_role"]))
