"""Attachments of tasks on jobs."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "job_task_attachments",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("job_task_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "file_id"],
            ["files.organisation_id", "files.id"],
            name=op.f("fk_job_task_attachments_organisation_id_file_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_task_id"],
            ["job_tasks.organisation_id", "job_tasks.id"],
            name=op.f("fk_job_task_attachments_organisation_id_job_task_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "file_id", name=op.f("pk_job_task_attachments")),
    )
    op.create_index("ix_job_task_attachments_task", "job_task_attachments", ["organisation_id", "job_task_id"])
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0007_attachments.sql", app_role=context.config.attributes["app_role"]))
