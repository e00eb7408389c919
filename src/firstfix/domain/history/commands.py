"""Writing down what happened."""

from sqlalchemy import insert, literal_column, update

from firstfix.domain.history.models import EventPosition, EventRow
from firstfix.domain.work import Work
from firstfix.kit.tables import CURRENT_ORGANISATION

TAKE_POSITION = (
    update(EventPosition)
    .where(EventPosition.organisation_id == literal_column(CURRENT_ORGANISATION))
    .values(last_position=EventPosition.last_position + 1)
    .returning(EventPosition.last_position)
)
"""Takes the next position of the organisation that the transaction works for, and holds it until the commit."""


async def write_events(work: Work) -> None:
    """Write what the work has recorded, as the last thing before its commit.

    Taking the position locks the organisation's row until the commit. So positions become visible in their order,
    and who reads events by position skips none: a sequence would let a later one be seen first.
    """
    if not work.events:
        return
    position = await work.session.scalar(TAKE_POSITION)
    rows = [
        {
            "actor_id": work.actor.person_id,
            "source": work.source,
            "request_id": work.request_id,
            "entity": event.entity,
            "entity_id": event.entity_id,
            "entity_uuid": event.entity_uuid,
            "label": event.label,
            "action": event.action,
            "changes": event.changes,
            "position": position,
        }
        for event in work.events
    ]
    await work.session.execute(insert(EventRow), rows)
    work.events.clear()
