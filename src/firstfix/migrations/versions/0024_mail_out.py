"""Mail that goes out: the outbox, addresses for replies, reminders, and who does not want which mail."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import ARRAY

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0024"
down_revision = "0023"

_NEWEST_FIRST = (sa.text("created_at DESC"), sa.text("uuid DESC"))


def _organisation_id() -> sa.Column[int]:
    return sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False)


def _belongs_to(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{to}.organisation_id", f"{to}.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "outbox",
        _organisation_id(),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_kind", sa.SmallInteger(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("case_note_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=True),
        sa.Column("lease", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(
            "organisation_id", "event_id", "recipient_kind", "recipient_id", name=op.f("pk_outbox")
        ),
        sa.CheckConstraint("recipient_kind in (1, 2)", name=op.f("ck_outbox_recipient_kind")),
        sa.CheckConstraint(
            "state in ('waiting', 'sending', 'retry', 'sent', 'dead', 'withheld')", name=op.f("ck_outbox_state")
        ),
        sa.CheckConstraint(
            "(state in ('waiting', 'sending', 'retry')) = (next_at is not null)", name=op.f("ck_outbox_next_at")
        ),
        postgresql_partition_by="RANGE (event_id)",
    )
    op.create_index(
        "ix_outbox_next", "outbox", ["next_at", "event_id"], postgresql_where=sa.text("next_at IS NOT NULL")
    )
    op.create_index("ix_outbox_uuid", "outbox", ["uuid"])
    op.create_index("ix_outbox_newest", "outbox", ["organisation_id", *_NEWEST_FIRST])
    op.create_index("ix_outbox_state", "outbox", ["organisation_id", "state", *_NEWEST_FIRST])
    op.create_index("ix_outbox_job", "outbox", ["organisation_id", "job_id", *_NEWEST_FIRST])
    op.create_table(
        "reply_addresses",
        _organisation_id(),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("token_sealed", sa.Text(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("case_note_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_reply_addresses")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_reply_addresses_organisation_id_uuid")),
        sa.UniqueConstraint(
            "organisation_id",
            "case_note_id",
            "person_id",
            "contact_id",
            name="uq_reply_addresses_recipient",
            postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint("num_nonnulls(person_id, contact_id) = 1", name=op.f("ck_reply_addresses_recipient")),
        _belongs_to("reply_addresses", "job_id", "jobs"),
        _belongs_to("reply_addresses", "case_note_id", "case_notes"),
        _belongs_to("reply_addresses", "person_id", "people"),
        _belongs_to("reply_addresses", "contact_id", "contacts"),
    )
    op.create_index("uq_reply_addresses_token_hash", "reply_addresses", ["token_hash"], unique=True)
    op.create_index("ix_reply_addresses_job", "reply_addresses", ["organisation_id", "job_id"])
    op.create_table(
        "status_reminders",
        _organisation_id(),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("status_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "job_id", name=op.f("pk_status_reminders")),
        _belongs_to("status_reminders", "job_id", "jobs"),
    )
    op.create_index("ix_status_reminders_due", "status_reminders", ["due_at", "job_id"])
    op.add_column("statuses", sa.Column("reminder_hours", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_statuses_reminder_hours"), "statuses", "reminder_hours between 1 and 8784")
    for table in ("people", "organisations"):
        op.add_column(table, sa.Column("mails_off", ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("contacts", sa.Column("takes_mail", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0024_mail_out.sql", app_role=context.config.attributes["app_role"]))
