"""Tables of what lets a caller in. Secrets are kept as SHA-256 only."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import Base, OrganisationOwned, OrganisationTable, belongs_to


class Credential(OrganisationTable):
    """An API key of the field API, a bearer token of the manage API, a browser's session, or a link to set a password.

    `idle_seconds` is how long a session may rest between requests; null for what does not idle out. `is_given`: an API
    key that somebody else made for its holder.
    """

    __tablename__ = "credentials"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("person_id", "people", on_delete="CASCADE"),
        CheckConstraint("kind in ('api_key', 'bearer', 'session', 'password_link')", name="kind"),
        Index("uq_credentials_secret_hash", "secret_hash", unique=True),
        Index("ix_credentials_person", "organisation_id", "person_id", "kind"),
    )

    kind: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    person_id: Mapped[int]
    label: Mapped[str] = mapped_column(server_default="")
    is_given: Mapped[bool] = mapped_column(server_default=text("false"))
    idle_seconds: Mapped[int | None] = mapped_column(Integer)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class CsrfToken(OrganisationOwned):
    """A token that one state-changing request may spend, bound to the credential that fetched it."""

    __tablename__ = "csrf_tokens"
    __table_args__ = (
        belongs_to("credential_id", "credentials", on_delete="CASCADE"),
        Index("ix_csrf_tokens_credential", "organisation_id", "credential_id", "issued_at"),
    )

    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    credential_id: Mapped[int]
    issued_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    expires_at: Mapped[datetime]


class IdempotencyKey(OrganisationOwned):
    """A POST that was answered, so that the same one sent again gets the same answer. Kept for 24 hours.

    `answer_sealed` is empty only inside the transaction that runs the request.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        belongs_to("person_id", "people", on_delete="CASCADE"),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )

    person_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(server_default=text("uuidv7()"))
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    answer_sealed: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class SignInFailure(Base):
    """A failed sign-in, by account and by address (SHA-256 of each), for the limits. Kept for an hour.

    No organisation: an unknown address counts as well, so that limits tell nothing about who exists.
    """

    __tablename__ = "sign_in_failures"
    __table_args__ = (
        Index("ix_sign_in_failures_account", "account_hash", "failed_at"),
        Index("ix_sign_in_failures_address", "address_hash", "failed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    account_hash: Mapped[bytes] = mapped_column(LargeBinary)
    address_hash: Mapped[bytes] = mapped_column(LargeBinary)
    failed_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class OneTimeCode(OrganisationOwned):
    """A second-factor code that was used, so that it opens nothing twice. `step` counts 30 seconds since 1970."""

    __tablename__ = "one_time_codes"
    __table_args__ = (belongs_to("person_id", "people", on_delete="CASCADE"),)

    person_id: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    used_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class RequestLease(Base):
    """How many requests of one account or address (SHA-256) all web processes have taken of a minute's allowance.

    Unlogged: after a crash everybody starts anew, which costs nothing.
    """

    __tablename__ = "request_leases"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    subject_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    minute: Mapped[int] = mapped_column(primary_key=True)
    taken: Mapped[int]


class RateLimit(OrganisationOwned):
    """Requests a minute that an organisation allows each account: of one operation or, by an empty name, of all."""

    __tablename__ = "rate_limits"
    __table_args__ = (CheckConstraint("requests between 1 and 1000000", name="requests"),)

    operation: Mapped[str] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(Integer)
