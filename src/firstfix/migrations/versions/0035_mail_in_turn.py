"""Mail is sent in turn: each organisation's, however much waits for one of them."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.migrations import read_sql

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.drop_index("ix_outbox_next", "outbox")
    op.create_index(
        "ix_outbox_next",
        "outbox",
        ["organisation_id", "next_at", "event_id"],
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0035_mail_in_turn.sql", app_role=context.config.attributes["app_role"]))
