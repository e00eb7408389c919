"""Tables of people and their roles."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ARRAY, CheckConstraint, Computed, Index, SmallInteger, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import OrganisationOwned, OrganisationTable, belongs_to, organisation_index

PERSON_WORDS = (
    "to_tsvector('simple', firstfix_fold(first_name || ' ' || last_name || ' ' || email || ' ' || coalesce(phone, '')"
    " || ' ' || firstfix_join_lines(trades)))"
)


class Role(OrganisationTable):
    """A named set of permission keys."""

    __tablename__ = "roles"
    table_constraints: ClassVar[tuple[Any, ...]] = (UniqueConstraint("organisation_id", "name"),)

    name: Mapped[str]
    is_administrator: Mapped[bool] = mapped_column(server_default=text("false"))
    permission_keys: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")


class Person(OrganisationTable):
    """Somebody of the organisation. An e-mail address signs in one account of the whole installation.

    `removed_at` is set on who was removed while jobs and history go on naming them. `mails_off` are the kinds of mail
    that they do not want.
    """

    __tablename__ = "people"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("role_id", "roles"),
        belongs_to("branch_id", "branches", on_delete="SET NULL"),
        CheckConstraint("account_type between 1 and 5", name="account_type"),
        Index("uq_people_email", func.lower(text("email")), unique=True),
        organisation_index("account_type", text("created_at DESC"), text("id DESC"), name="ix_people_account_type"),
        CheckConstraint("platform in ('ios', 'android')", name="platform"),
        CheckConstraint("removed_at is null or archived_at is not null", name="removed_is_archived"),
        CheckConstraint("not granted_keys && denied_keys", name="granted_or_denied"),
        organisation_index("last_name", "first_name", "id", name="ix_people_name"),
        Index("ix_people_id", "organisation_id", "id", postgresql_include=["first_name", "last_name"]),
        Index("ix_people_search_words", "search_words", postgresql_using="gin"),
    )

    email: Mapped[str]
    first_name: Mapped[str] = mapped_column(server_default="")
    last_name: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str | None]
    locale: Mapped[str] = mapped_column(server_default="en_GB")
    time_zone: Mapped[str | None]
    platform: Mapped[str | None]
    account_type: Mapped[int] = mapped_column(SmallInteger)
    role_id: Mapped[int]
    branch_id: Mapped[int | None]
    trades: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    granted_keys: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    denied_keys: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    password_hash: Mapped[str | None]
    second_factor_sealed: Mapped[str | None]
    mails_off: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    email_verified_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    search_words: Mapped[Any] = mapped_column(TSVECTOR, Computed(PERSON_WORDS, persisted=True), deferred=True)


class PersonBranch(OrganisationOwned):
    """A branch whose jobs an agent or landlord sees. Staff see all and have no rows here."""

    __tablename__ = "person_branches"
    __table_args__ = (
        belongs_to("person_id", "people", on_delete="CASCADE"),
        belongs_to("branch_id", "branches", on_delete="CASCADE"),
    )

    person_id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int] = mapped_column(primary_key=True)


class WorkingException(OrganisationTable):
    """A stretch of time in which somebody works, or does not, against their usual hours."""

    __tablename__ = "working_exceptions"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("person_id", "people", on_delete="CASCADE"),
        CheckConstraint("starts_at < ends_at", name="start_before_end"),
        organisation_index("person_id", "starts_at", name="ix_working_exceptions_person"),
    )

    person_id: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
