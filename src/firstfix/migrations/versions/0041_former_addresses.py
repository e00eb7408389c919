"""Whose addresses for replies were that are gone with their notes."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.create_table(
        "former_addresses",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_id"],
            ["jobs.organisation_id", "jobs.id"],
            name=op.f("fk_former_addresses_organisation_id_job_id"),
            ondelete="SET NULL (job_id)",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "token_hash", name=op.f("pk_former_addresses")),
    )
    op.create_index("uq_former_addresses_token_hash", "former_addresses", ["token_hash"], unique=True)
    op.create_index("ix_former_addresses_job", "former_addresses", ["organisation_id", "job_id"])
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0041_former_addresses.sql", app_role=context.config.attributes["app_role"]))
