"""Tables of mail that goes out."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import OrganisationOwned, OrganisationTable, belongs_to


class OutboxMail(OrganisationOwned):
    """One mail to one recipient about one event, or asked for by hand. It holds ids and no contents.

    The recipient is a person (`recipient_kind` 1) or a contact (2). `next_at` is when the worker looks at it next:
    when it may be tried, or, while somebody sends it, when their lease ends; nothing is to be done where it is null.
    `lease` counts the leases, and is asked for again when the outcome is written: who lost theirs writes nothing.
    `answer` is what the mail server said last, `reason` why we do not send it, `email` where it went last.

    Partitioned by month of the event's id. No foreign keys: what a mail told of may be gone.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_next", "organisation_id", "next_at", "event_id", postgresql_where=text("next_at IS NOT NULL")),
        Index("ix_outbox_uuid", "uuid"),
        Index("ix_outbox_newest", "organisation_id", text("created_at DESC"), text("uuid DESC")),
        Index(
            "ix_outbox_unsent",
            "organisation_id",
            "state",
            text("created_at DESC"),
            text("uuid DESC"),
            postgresql_where=text("state <> 'sent'"),
        ),
        Index("ix_outbox_job", "organisation_id", "job_id", text("created_at DESC"), text("uuid DESC")),
        CheckConstraint("recipient_kind in (1, 2)", name="recipient_kind"),
        CheckConstraint(
            "state in ('waiting', 'sending', 'retry', 'sent', 'dead', 'withheld')",
            name="state",
        ),
        CheckConstraint("(state in ('waiting', 'sending', 'retry')) = (next_at is not null)", name="next_at"),
        {"postgresql_partition_by": "RANGE (event_id)"},
    )

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    recipient_id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    kind: Mapped[str]
    job_id: Mapped[int]
    case_note_id: Mapped[int | None]
    message_id: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    state: Mapped[str] = mapped_column(server_default="waiting")
    next_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    lease: Mapped[int] = mapped_column(Integer, server_default="0")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    first_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    email: Mapped[str | None]
    answer: Mapped[str | None]
    reason: Mapped[str | None]


class ReplyAddress(OrganisationTable):
    """Where one recipient of one note replies to. The token lets a reply in; of it the SHA-256 is looked up.

    The sealed token is for the mail's next attempt, which has to name the same address.
    """

    __tablename__ = "reply_addresses"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("case_note_id", "case_notes", on_delete="CASCADE"),
        belongs_to("person_id", "people", on_delete="CASCADE"),
        belongs_to("contact_id", "contacts", on_delete="CASCADE"),
        CheckConstraint("num_nonnulls(person_id, contact_id) = 1", name="recipient"),
        UniqueConstraint(
            "organisation_id",
            "case_note_id",
            "person_id",
            "contact_id",
            name="uq_reply_addresses_recipient",
            postgresql_nulls_not_distinct=True,
        ),
        Index("uq_reply_addresses_token_hash", "token_hash", unique=True),
        Index("ix_reply_addresses_job", "organisation_id", "job_id"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    token_sealed: Mapped[str]
    job_id: Mapped[int]
    case_note_id: Mapped[int]
    person_id: Mapped[int | None]
    contact_id: Mapped[int | None]
    email: Mapped[str]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class StatusReminder(OrganisationOwned):
    """When somebody is reminded that a job still stands in a status. The row goes with the reminder.

    No key to the status: what a job has left keeps no status from being removed.
    """

    __tablename__ = "status_reminders"
    __table_args__ = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        Index("ix_status_reminders_due", "due_at", "job_id"),
    )

    job_id: Mapped[int] = mapped_column(primary_key=True)
    status_id: Mapped[int]
    due_at: Mapped[datetime]
