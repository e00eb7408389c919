"""Signatures for jobs."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "job_signatures",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("is_before", sa.Boolean(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("terms_accepted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_shown", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_id"],
            ["jobs.organisation_id", "jobs.id"],
            name=op.f("fk_job_signatures_organisation_id_job_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "file_id"],
            ["files.organisation_id", "files.id"],
            name=op.f("fk_job_signatures_organisation_id_file_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "job_id", "is_before", name=op.f("pk_job_signatures")),
    )
    op.create_index("ix_job_signatures_file", "job_signatures", ["organisation_id", "file_id"])
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0008_signatures.sql", app_role=context.config.attributes["app_role"]))
