"""Events of the demonstration that no job's life tells of."""

from datetime import datetime
from typing import Any

import msgspec

from firstfix.domain.demo.draws import Draw
from firstfix.domain.work import Event


def event_row(draw: Draw, event: Event, *, at: datetime, actor_id: int | None) -> dict[str, Any]:
    """Give the row of an event, for `copy_rows`: somebody did it by the manage API; nobody by e-mail."""
    return {
        "id": draw.uuid_at(at),
        "at": at,
        "actor_id": actor_id,
        "source": "mail" if actor_id is None else "manage",
        "entity": event.entity,
        "entity_id": event.entity_id,
        "entity_uuid": event.entity_uuid,
        "label": event.label,
        "action": event.action,
        "changes": msgspec.json.encode(event.changes).decode(),
    }
