"""Mail that comes in: what became of each letter, the quarantine, and whose mail is thrown away."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0031"
down_revision = "0030"


def _belongs_to(table: str, column: str, to: str, rule: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{to}.organisation_id", f"{to}.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
        ondelete=rule,
    )


def upgrade() -> None:
    op.create_table(
        "inbound_mails",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=True),
        sa.Column("uid_validity", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.BigInteger(), nullable=True),
        sa.Column("recipient_hash", sa.LargeBinary(), nullable=False),
        sa.Column("message_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sender_hash", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("authentication", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_mails")),
        sa.CheckConstraint(
            "outcome in ('note', 'quarantined', 'ignored', 'bounced')", name=op.f("ck_inbound_mails_outcome")
        ),
        sa.CheckConstraint("num_nulls(mailbox, uid_validity, uid) in (0, 3)", name=op.f("ck_inbound_mails_place")),
    )
    message = ["recipient_hash", "message_hash", "outcome"]
    op.create_index("uq_inbound_mails_message", "inbound_mails", message, unique=True)
    place = ["mailbox", "uid_validity", "uid", "recipient_hash"]
    op.create_index("uq_inbound_mails_place", "inbound_mails", place, unique=True)
    op.create_index("ix_inbound_mails_sender", "inbound_mails", ["sender_hash", "received_at"])
    op.create_index("ix_inbound_mails_received_at", "inbound_mails", ["received_at"])
    op.create_table(
        "mail_attempts",
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("content_hash", name=op.f("pk_mail_attempts")),
    )
    op.create_table(
        "quarantined_mails",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=True),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("case_note_id", sa.BigInteger(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("authentication", sa.Text(), server_default="", nullable=False),
        sa.Column("sender_sealed", sa.Text(), nullable=False),
        sa.Column("subject_sealed", sa.Text(), nullable=False),
        sa.Column("raw_sealed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_mails")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_quarantined_mails_organisation_id_uuid")),
        sa.CheckConstraint("organisation_id is not null or job_id is null", name=op.f("ck_quarantined_mails_job")),
        _belongs_to("quarantined_mails", "job_id", "jobs", "SET NULL (job_id)"),
        _belongs_to("quarantined_mails", "case_note_id", "case_notes", "SET NULL (case_note_id)"),
    )
    op.create_index(
        "ix_quarantined_mails_received_at",
        "quarantined_mails",
        ["organisation_id", sa.text("received_at DESC"), sa.text("id DESC")],
    )
    op.create_index("ix_quarantined_mails_job", "quarantined_mails", ["organisation_id", "job_id"])
    op.create_index("ix_quarantined_mails_note", "quarantined_mails", ["organisation_id", "case_note_id"])
    op.create_table(
        "blocked_senders",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("blocked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("blocked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "email", name=op.f("pk_blocked_senders")),
        _belongs_to("blocked_senders", "blocked_by_id", "people"),
    )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0031_mail_in.sql", app_role=context.config.attributes["app_role"]))
