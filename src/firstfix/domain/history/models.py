"""The table of events, append-only for the app's role."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import OrganisationOwned


class EventRow(OrganisationOwned):
    """Who did what when, and which fields changed from what to what. Sealed values stay sealed.

    Partitioned by month of the uuidv7 that is its id. No foreign keys: what an event tells of may be gone.
    `changes` is `{field: [from, to]}` with core names; `label` names the thing for when it is gone. `position` counts
    the organisation's transactions in the order of their commits, so what was committed together shares one.
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
