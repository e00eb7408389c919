"""Tables of mail that came in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Identity, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import CURRENT_ORGANISATION, Base, OrganisationOwned, belongs_to


class InboundMail(Base):
    """That a letter came in for one address of ours, and what became of it. It holds no content and no address.

    Of no organisation: most of what comes to a mail server names none. Each letter has its effect once: by where it lay
    in a mailbox, and by its Message-ID, or the hash of all of it.
    """

    __tablename__ = "inbound_mails"
    __table_args__ = (
        CheckConstraint("outcome in ('note', 'quarantined', 'ignored', 'bounced')", name="outcome"),
        CheckConstraint("num_nulls(mailbox, uid_validity, uid) in (0, 3)", name="place"),
        Index("uq_inbound_mails_message", "recipient_hash", "message_hash", "outcome", unique=True),
        Index("uq_inbound_mails_place", "mailbox", "uid_validity", "uid", "recipient_hash", unique=True),
        Index("ix_inbound_mails_sender", "sender_hash", "received_at"),
        Index("ix_inbound_mails_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    mailbox: Mapped[str | None]
    uid_validity: Mapped[int | None]
    uid: Mapped[int | None]
    recipient_hash: Mapped[bytes] = mapped_column(LargeBinary)
    message_hash: Mapped[bytes] = mapped_column(LargeBinary)
    sender_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    outcome: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    authentication: Mapped[str] = mapped_column(server_default="")
    received_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class MailAttempt(Base):
    """How often it was begun to take a letter in, by the hash of all of it. The row goes when that has ended well."""

    __tablename__ = "mail_attempts"

    content_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    attempts: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class QuarantinedMail(Base):
    """A letter that made no note, whole and sealed, until somebody looks at it or its time is over.

    Without an organisation where it named none: then only whoever runs the server sees it.
    """

    __tablename__ = "quarantined_mails"
    __table_args__ = (
        UniqueConstraint("organisation_id", "uuid"),
        belongs_to("job_id", "jobs", on_delete="SET NULL"),
        belongs_to("case_note_id", "case_notes", on_delete="SET NULL"),
        CheckConstraint("organisation_id is not null or job_id is null", name="job"),
        Index("ix_quarantined_mails_received_at", "organisation_id", text("received_at DESC"), text("id DESC")),
        Index("ix_quarantined_mails_job", "organisation_id", "job_id"),
        Index("ix_quarantined_mails_note", "organisation_id", "case_note_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(server_default=text(CURRENT_ORGANISATION))
    uuid: Mapped[UUID]
    received_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    reason: Mapped[str]
    job_id: Mapped[int | None]
    case_note_id: Mapped[int | None]
    size_bytes: Mapped[int]
    authentication: Mapped[str] = mapped_column(server_default="")
    sender_sealed: Mapped[str]
    subject_sealed: Mapped[str]
    raw_sealed: Mapped[str]


class BlockedSender(OrganisationOwned):
    """An address whose mail is thrown away."""

    __tablename__ = "blocked_senders"
    __table_args__ = (belongs_to("blocked_by_id", "people"),)

    email: Mapped[str] = mapped_column(primary_key=True)
    blocked_by_id: Mapped[int | None]
    blocked_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class FormerAddress(OrganisationOwned):
    """Whose an address for replies was that is gone with its note; written by the database."""

    __tablename__ = "former_addresses"
    __table_args__ = (
        belongs_to("job_id", "jobs", on_delete="SET NULL"),
        Index("uq_former_addresses_token_hash", "token_hash", unique=True),
        Index("ix_former_addresses_job", "organisation_id", "job_id"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    job_id: Mapped[int | None]
    ended_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
