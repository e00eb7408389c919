"""Photos with their variants, documents, and the types that documents are filed under."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0030"
down_revision = "0029"


def _organisation_id() -> sa.Column[int]:
    return sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False)


def _belongs_to(
    table: str, column: str, to: str, *, to_column: str = "id", on_delete: str | None = "CASCADE"
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{to}.organisation_id", f"{to}.{to_column}"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
        ondelete=on_delete,
    )


def upgrade() -> None:
    op.drop_constraint(op.f("ck_files_purpose"), "files")
    op.create_check_constraint(
        op.f("ck_files_purpose"),
        "files",
        "purpose in ('attachment', 'photo', 'variant', 'document', 'note', 'signature')",
    )
    op.create_table(
        "document_types",
        _organisation_id(),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.CheckConstraint("key ~ '^[a-z0-9_]{1,40}$'", name=op.f("ck_document_types_key")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_document_types")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_document_types_organisation_id_uuid")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_document_types_organisation_id_name")),
        sa.UniqueConstraint("organisation_id", "key", name=op.f("uq_document_types_organisation_id_key")),
    )
    op.create_table(
        "job_photos",
        _organisation_id(),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("moment", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.CheckConstraint("moment in ('before', 'during', 'after', 'other')", name=op.f("ck_job_photos_moment")),
        _belongs_to("job_photos", "file_id", "files"),
        _belongs_to("job_photos", "job_id", "jobs"),
        sa.PrimaryKeyConstraint("organisation_id", "file_id", name=op.f("pk_job_photos")),
    )
    op.create_index("ix_job_photos_job", "job_photos", ["organisation_id", "job_id"])
    op.create_table(
        "photo_variants",
        _organisation_id(),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("photo_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bitrate_kbps", sa.Integer(), nullable=True),
        _belongs_to("photo_variants", "file_id", "files"),
        _belongs_to("photo_variants", "photo_id", "job_photos", to_column="file_id"),
        sa.PrimaryKeyConstraint("organisation_id", "file_id", name=op.f("pk_photo_variants")),
        sa.UniqueConstraint(
            "organisation_id", "photo_id", "label", name=op.f("uq_photo_variants_organisation_id_photo_id_label")
        ),
    )
    op.create_table(
        "job_documents",
        _organisation_id(),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("document_type_id", sa.BigInteger(), nullable=False),
        _belongs_to("job_documents", "file_id", "files"),
        _belongs_to("job_documents", "job_id", "jobs"),
        _belongs_to("job_documents", "document_type_id", "document_types", on_delete=None),
        sa.PrimaryKeyConstraint("organisation_id", "file_id", name=op.f("pk_job_documents")),
    )
    op.create_index("ix_job_documents_job", "job_documents", ["organisation_id", "job_id"])
    op.create_index("ix_job_documents_type", "job_documents", ["organisation_id", "document_type_id"])
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0030_photos_and_documents.sql", app_role=context.config.attributes["app_role"]))
