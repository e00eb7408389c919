"""Films that have to be made at other sizes."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.create_table(
        "film_tasks",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("photo_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=True),
        sa.Column("lease", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("percent", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'running', 'failed')", name=op.f("ck_film_tasks_state")),
        sa.CheckConstraint("(state = 'failed') = (next_at is null)", name=op.f("ck_film_tasks_next_at")),
        sa.CheckConstraint("percent between 0 and 99", name=op.f("ck_film_tasks_percent")),
        sa.CheckConstraint(
            "reason in ('unreadable', 'unavailable', 'no_room', 'died')", name=op.f("ck_film_tasks_reason")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "photo_id"],
            ["job_photos.organisation_id", "job_photos.file_id"],
            name=op.f("fk_film_tasks_organisation_id_photo_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "photo_id", name=op.f("pk_film_tasks")),
    )
    op.create_index(
        "ix_film_tasks_next", "film_tasks", ["next_at", "photo_id"], postgresql_where=sa.text("next_at IS NOT NULL")
    )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0033_films.sql", app_role=context.config.attributes["app_role"]))
