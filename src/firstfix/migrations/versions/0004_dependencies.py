"""Dependencies and time windows of jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("predecessor_id", sa.BigInteger(), nullable=True))
    op.add_column("jobs", sa.Column("window_starts_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("jobs", sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_jobs_predecessor"), "jobs", "predecessor_id <> id")
    op.create_check_constraint(op.f("ck_jobs_window"), "jobs", "window_ends_at >= window_starts_at")
    op.create_foreign_key(
        op.f("fk_jobs_organisation_id_predecessor_id"),
        "jobs",
        "jobs",
        ["organisation_id", "predecessor_id"],
        ["organisation_id", "id"],
        ondelete="SET NULL (predecessor_id)",
    )
    op.create_index(
        "uq_jobs_predecessor",
        "jobs",
        ["organisation_id", "predecessor_id"],
        unique=True,
        postgresql_where=sa.text("predecessor_id IS NOT NULL"),
    )
