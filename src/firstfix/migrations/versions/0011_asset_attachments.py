"""Attachments of assets."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "asset_attachments",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "file_id"],
            ["files.organisation_id", "files.id"],
            name=op.f("fk_asset_attachments_organisation_id_file_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "asset_id"],
            ["assets.organisation_id", "assets.id"],
            name=op.f("fk_asset_attachments_organisation_id_asset_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "file_id", name=op.f("pk_asset_attachments")),
    )
    op.create_index("ix_asset_attachments_asset", "asset_attachments", ["organisation_id", "asset_id"])
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0011_asset_attachments.sql", app_role=context.config.attributes["app_role"]))
