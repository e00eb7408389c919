"""Files: their rows, content that waits for its removal, and each organisation's quota and usage."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0002"
down_revision = "0001"


def _organisation() -> sa.Column[int]:
    return sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False)


def upgrade() -> None:
    op.add_column(
        "organisations",
        sa.Column("file_quota_bytes", sa.BigInteger(), server_default=sa.text("53687091200"), nullable=False),
    )
    op.create_table(
        "files",
        _organisation(),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("storage_key", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("may_inline", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("caption", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="ready", nullable=False),
        sa.Column("uploaded_by_id", sa.BigInteger(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "purpose in ('attachment', 'photo', 'document', 'note', 'signature')", name=op.f("ck_files_purpose")
        ),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_files_size_bytes")),
        sa.CheckConstraint("state in ('processing', 'ready', 'failed')", name=op.f("ck_files_state")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "uploaded_by_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_files_organisation_id_uploaded_by_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_files")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_files_organisation_id_uuid")),
    )
    op.create_index("uq_files_storage_key", "files", ["storage_key"], unique=True)
    op.create_index(
        "ix_files_archived_at", "files", ["archived_at"], postgresql_where=sa.text("archived_at IS NOT NULL")
    )
    op.create_table(
        "file_removals",
        _organisation(),
        sa.Column("storage_key", sa.Uuid(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "storage_key", name=op.f("pk_file_removals")),
    )
    op.create_index("uq_file_removals_storage_key", "file_removals", ["storage_key"], unique=True)
    op.create_index("ix_file_removals_not_before", "file_removals", ["not_before"])
    op.create_table(
        "file_usage",
        _organisation(),
        sa.Column("used_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_file_usage")),
    )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0002_files.sql", app_role=context.config.attributes["app_role"]))
