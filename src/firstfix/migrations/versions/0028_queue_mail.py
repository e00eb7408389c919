"""Putting mail into the outbox; and its index by state is for what is not sent."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.migrations import read_sql

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.drop_index("ix_outbox_state", "outbox")
    op.create_index(
        "ix_outbox_unsent",
        "outbox",
        ["organisation_id", "state", sa.text("created_at DESC"), sa.text("uuid DESC")],
        postgresql_where=sa.text("state <> 'sent'"),
    )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0028_queue_mail.sql", app_role=context.config.attributes["app_role"]))
