"""The change feed: what happened since a position, whole transactions in the order of their commits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from firstfix.domain.errors import Invalid
from firstfix.domain.history.models import EventPosition, EventRow
from firstfix.domain.people.models import Person
from firstfix.domain.work import Work

PAGE_EVENTS = 500


class FutureToken(Invalid):
    code = "changes.future_token"

    def __init__(self) -> None:
        super().__init__("This token was never given out.", field="token")


class Change(Struct, frozen=True, kw_only=True):
    """One event as the feed tells it. `person_uuid`: who did it; `None` for the system itself."""

    id: UUID
    at: datetime
    person_uuid: UUID | None
    entity: str
    entity_uuid: UUID
    action: str
    changes: dict[str, Any]


class Changes(Struct, frozen=True):
    """A page of the feed. `position` is where the next page goes on; `more` tells that there is one already."""

    changes: list[Change]
    position: int
    more: bool


async def get_last_position(work: Work) -> int:
    """Return the position that nothing has happened after yet."""
    return await work.session.scalar(select(EventPosition.last_position)) or 0


async def list_changes(work: Work, *, since: int) -> Changes:
    """List what was committed after a position, oldest first.

    A page holds 500 events, more where the last transaction on it has more: that is never split.

    Raises:
        FutureToken: The position was never reached.
    """
    if since > await get_last_position(work):
        raise FutureToken
    told = (
        select(
            EventRow.id,
            EventRow.at,
            Person.uuid.label("person_uuid"),
            EventRow.entity,
            EventRow.entity_uuid,
            EventRow.action,
            EventRow.changes,
            EventRow.position,
        )
        .join(Person, Person.id == EventRow.actor_id, isouter=True)
        .order_by(EventRow.position, EventRow.id)
    )
    rows = list(await work.session.execute(told.where(EventRow.position > since).limit(PAGE_EVENTS + 1)))
    is_cut = len(rows) > PAGE_EVENTS
    if is_cut:
        last = rows[PAGE_EVENTS - 1].position
        if rows[PAGE_EVENTS].position == last:
            rows = [row for row in rows if row.position < last]
            rows += await work.session.execute(told.where(EventRow.position == last))
        else:
            rows = rows[:PAGE_EVENTS]
    position = rows[-1].position if rows else since
    more = is_cut and position < await get_last_position(work)
    changes = [Change(**{name: getattr(row, name) for name in Change.__struct_fields__}) for row in rows]
    return Changes(changes, position, more)
