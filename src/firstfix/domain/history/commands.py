"""Writing down what happened, and what was refused."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from firstfix.domain.history.audit import Refused
from firstfix.domain.work import Work
from firstfix.kit.tables import CURRENT_ORGANISATION

_TAKE_POSITION = f"""
    UPDATE event_positions SET last_position = last_position + 1 WHERE organisation_id = {CURRENT_ORGANISATION}
    RETURNING last_position
"""  # noqa: S608 (only constants go in)
TAKE_POSITION = text(_TAKE_POSITION)
"""Takes the next position of the organisation that the transaction works for, and holds it until the commit."""

_WRITE_EVENTS = text(f"""
WITH position AS ({_TAKE_POSITION}), written AS (
    INSERT INTO events (
        id, actor_id, source, request_id, address, entity, entity_id, entity_uuid, label, action, changes, position
    )
    SELECT coalesce(recorded.id, uuidv7()), CAST(:actor_id AS bigint), :source, CAST(:request_id AS text),
        CAST(:address AS text), entity, entity_id, entity_uuid, label, action, changes, last_position
    FROM position, jsonb_to_recordset(:events) AS recorded (
        id uuid, entity text, entity_id bigint, entity_uuid uuid, label text, action text, changes jsonb
    )
    RETURNING 1
)
SELECT count(*) FROM written
""").bindparams(bindparam("events", type_=JSONB))  # noqa: S608 (as above)


async def write_events(work: Work, ids: Sequence[UUID] = ()) -> None:
    """Write what the work has recorded, as the last thing before its commit.

    Taking the position locks the organisation's row until the commit. So positions become visible in their order,
    and who reads events by position skips none: a sequence would let a later one be seen first.

    Args:
        work: The open transaction.
        ids: The ids of all its events, where something refers to them already.
    """
    if not work.events:
        return
    events_count = await work.session.scalar(
        _WRITE_EVENTS,
        {
            "actor_id": work.actor.person_id,
            "source": work.source,
            "request_id": work.request_id,
            "address": work.address,
            "events": [
                {"id": id_, **msgspec.to_builtins(event)} for event, id_ in zip_longest(work.events, map(str, ids))
            ],
        },
    )
    if events_count != len(work.events):
        raise RuntimeError("The organisation has no row that orders its events.")
    work.events.clear()


class KeepsRefusals(Protocol):
    """Where a statement is a transaction of its own."""

    async def read_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run one statement and return its first row."""


async def keep_refusals(database: KeepsRefusals, refusals: Sequence[Refused]) -> None:
    """Keep what was refused until the audit log takes it up. What was refused to nobody that we know is dropped."""
    given = msgspec.json.encode(refusals).decode()
    await database.read_one("SELECT keep_refusals(%(refusals)s::jsonb)", {"refusals": given})
