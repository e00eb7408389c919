"""Writing down what happened."""

from sqlalchemy import insert

from firstfix.domain.history.models import EventRow
from firstfix.domain.work import Work


async def write_events(work: Work) -> None:
    """Write what the work has recorded, as the last thing before its commit. One statement."""
    if not work.events:
        return
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
        }
        for event in work.events
    ]
    await work.session.execute(insert(EventRow), rows)
    work.events.clear()
