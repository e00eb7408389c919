"""The tables of events and of the audit log, append-only for the app's role."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Index, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import OrganisationOwned, organisation_index


class EventRow(OrganisationOwned):
    """Who did what when, and which fields changed from what to what. Sealed values stay sealed.

    Partitioned by month of the uuidv7 that is its id. No foreign keys: what an event tells of may be gone.
    `changes` is `{field: [from, to]}` with core names; `label` names the thing for when it is gone. `position` counts
    the organisation's transactions in the order of their commits, so what was committed together shares one.
    `address` is where the caller was, where there was one.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_entity", "organisation_id", "entity", "entity_id", "id"),
        Index("ix_events_position", "organisation_id", "position", "id"),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    actor_id: Mapped[int | None]
    real_actor_id: Mapped[int | None]
    address: Mapped[str | None]
    source: Mapped[str]
    request_id: Mapped[str | None]
    entity: Mapped[str]
    entity_id: Mapped[int]
    entity_uuid: Mapped[UUID]
    label: Mapped[str] = mapped_column(server_default="")
    action: Mapped[str]
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    position: Mapped[int] = mapped_column(server_default="0")


class EventPosition(OrganisationOwned):
    """The last position that an organisation's events have. The lock on this row orders commits."""

    __tablename__ = "event_positions"

    last_position: Mapped[int] = mapped_column(server_default="0")


class AuditEntry(OrganisationOwned):
    """An event or a refusal in the organisation's chain: `hash` is over the entry before it and all that this one says.

    Of an event it has which fields changed, and a hash of their values, which stay in `events`. Of a refusal it has a
    `code` and how many `times` the same was refused within a minute; nothing was changed by it.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index(
            "uq_audit_log_event",
            "organisation_id",
            "event_id",
            unique=True,
            postgresql_where=text("event_id IS NOT NULL"),
        ),
        organisation_index(text("at DESC"), text("number DESC"), name="ix_audit_log_at"),
        organisation_index("actor_id", text("at DESC"), text("number DESC"), name="ix_audit_log_actor"),
        organisation_index("entity", text("at DESC"), text("number DESC"), name="ix_audit_log_entity"),
        organisation_index("action", text("at DESC"), text("number DESC"), name="ix_audit_log_action"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    event_id: Mapped[UUID | None]
    actor_id: Mapped[int | None]
    real_actor_id: Mapped[int | None]
    address: Mapped[str | None]
    source: Mapped[str]
    request_id: Mapped[str | None]
    action: Mapped[str]
    entity: Mapped[str]
    entity_id: Mapped[int | None]
    entity_uuid: Mapped[UUID | None]
    label: Mapped[str]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    changes_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    code: Mapped[str | None]
    times: Mapped[int] = mapped_column(Integer)


class AuditChain(OrganisationOwned):
    """Where an organisation's audit log ends, and how far it has come with the events.

    `position` and `event_id` are of the last event that has a position; `unpositioned_id` is the last of those without.
    Whoever writes the log holds this row's lock.
    """

    __tablename__ = "audit_chains"

    number: Mapped[int] = mapped_column(server_default="0")
    hash: Mapped[bytes] = mapped_column(LargeBinary, server_default=text("''::bytea"))
    position: Mapped[int] = mapped_column(server_default="0")
    event_id: Mapped[UUID] = mapped_column(server_default=text("'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid"))
    unpositioned_id: Mapped[UUID] = mapped_column(server_default=text("'00000000-0000-0000-0000-000000000000'::uuid"))
    chained_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Refusal(OrganisationOwned):
    """Something that somebody was denied, until it is in the audit log. `operation` is what was asked for."""

    __tablename__ = "refusals"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    at: Mapped[datetime]
    actor_id: Mapped[int]
    address: Mapped[str | None]
    source: Mapped[str]
    request_id: Mapped[str | None]
    operation: Mapped[str]
    code: Mapped[str]
    times: Mapped[int] = mapped_column(Integer)
