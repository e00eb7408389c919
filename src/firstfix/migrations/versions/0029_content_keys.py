"""Keys that organisations' files are sealed with."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION, WHOLE_SECOND_NOW
from firstfix.migrations import read_sql

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "content_keys",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("key_sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text(WHOLE_SECOND_NOW), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_content_keys")),
    )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0029_content_keys.sql", app_role=context.config.attributes["app_role"]))
