"""Keep the words of jobs apart from the jobs."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "job_words",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "job_id", name=op.f("pk_job_words")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_id"],
            ["jobs.organisation_id", "jobs.id"],
            name=op.f("fk_job_words_organisation_id_job_id"),
            ondelete="CASCADE",
        ),
    )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0026_job_words.sql", app_role=context.config.attributes["app_role"]))
    op.drop_column("jobs", "search_words")
