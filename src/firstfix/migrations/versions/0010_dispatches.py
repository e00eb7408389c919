"""Deferred jobs: when they are due, and what they were called before they were dispatched."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0010"
down_revision = "0009"

DUE_AT = """
CASE WHEN stage <= 1 THEN (scheduled_at AT TIME ZONE 'UTC' - make_interval(mins => notification_minutes))
AT TIME ZONE 'UTC' END
"""


def upgrade() -> None:
    op.add_column("jobs", sa.Column("notification_minutes", sa.Integer(), nullable=True))
    op.execute("""
        UPDATE jobs SET notification_minutes = least(527040, notification_delta
            * CASE o.notification_unit WHEN 'minutes' THEN 1 WHEN 'hours' THEN 60 ELSE 1440 END::bigint)
        FROM organisations o WHERE o.id = jobs.organisation_id AND jobs.notification_delta IS NOT NULL
    """)
    op.add_column(
        "jobs",
        sa.Column("dispatch_due_at", sa.DateTime(timezone=True), sa.Computed(DUE_AT, persisted=True), nullable=True),
    )
    op.create_check_constraint(
        op.f("ck_jobs_deferral"), "jobs", "(notification_delta IS NULL) = (notification_minutes IS NULL)"
    )
    op.create_check_constraint(
        op.f("ck_jobs_notification_minutes"), "jobs", "notification_minutes between 0 and 527040"
    )
    op.create_index(
        "ix_jobs_due", "jobs", ["dispatch_due_at", "id"], postgresql_where=sa.text("dispatch_due_at IS NOT NULL")
    )
    op.create_table(
        "dispatches",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("deferred_uuid", sa.Uuid(), nullable=False),
        sa.Column("deferred_reference", sa.Text(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("job_uuid", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_by_id", sa.BigInteger(), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_id"],
            ["jobs.organisation_id", "jobs.id"],
            name=op.f("fk_dispatches_organisation_id_job_id"),
            ondelete="SET NULL (job_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "dispatched_by_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_dispatches_organisation_id_dispatched_by_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "deferred_uuid", name=op.f("pk_dispatches")),
        sa.UniqueConstraint("organisation_id", "job_id", name=op.f("uq_dispatches_organisation_id_job_id")),
    )
    op.create_index("ix_dispatches_deferred_reference", "dispatches", ["organisation_id", "deferred_reference"])
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0010_dispatches.sql", app_role=context.config.attributes["app_role"]))
