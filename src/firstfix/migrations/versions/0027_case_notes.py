"""Case notes that answer one another, go out by e-mail and have files."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0027"
down_revision = "0026"

_TABLE = "case_notes"


def upgrade() -> None:
    for column in (
        sa.Column("written_by_contact_id", sa.BigInteger()),
        sa.Column("in_reply_to_id", sa.BigInteger()),
        sa.Column("text_policy", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("sends_mail", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("parties", sa.ARRAY(sa.Text())),
    ):
        op.add_column(_TABLE, column)
    op.create_foreign_key(
        op.f("fk_case_notes_organisation_id_written_by_contact_id"),
        _TABLE,
        "contacts",
        ["organisation_id", "written_by_contact_id"],
        ["organisation_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_case_notes_organisation_id_in_reply_to_id"),
        _TABLE,
        _TABLE,
        ["organisation_id", "in_reply_to_id"],
        ["organisation_id", "id"],
        ondelete="SET NULL (in_reply_to_id)",
    )
    op.create_check_constraint(
        op.f("ck_case_notes_parties"), _TABLE, "parties <@ ARRAY['contractor', 'agent', 'tenant']"
    )
    op.create_check_constraint(
        op.f("ck_case_notes_one_author"), _TABLE, "created_by_id is null or written_by_contact_id is null"
    )
    # What is pinned comes first.
    op.drop_index("ix_case_notes_job", _TABLE)
    op.create_index(
        "ix_case_notes_job",
        _TABLE,
        ["organisation_id", "job_id", sa.text("is_pinned DESC"), sa.text("created_at DESC"), sa.text("id DESC")],
    )
    for name, key in (("in_reply_to", "in_reply_to_id"), ("contact", "written_by_contact_id")):
        is_set = sa.text(f"{key} IS NOT NULL")
        op.create_index(f"ix_case_notes_{name}", _TABLE, ["organisation_id", key], postgresql_where=is_set)
    op.create_table(
        "case_note_attachments",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("case_note_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "file_id"],
            ["files.organisation_id", "files.id"],
            name=op.f("fk_case_note_attachments_organisation_id_file_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_note_id"],
            ["case_notes.organisation_id", "case_notes.id"],
            name=op.f("fk_case_note_attachments_organisation_id_case_note_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "file_id", name=op.f("pk_case_note_attachments")),
    )
    op.create_index("ix_case_note_attachments_note", "case_note_attachments", ["organisation_id", "case_note_id"])
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0027_case_notes.sql", app_role=context.config.attributes["app_role"]))
