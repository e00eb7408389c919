"""Writing down what happened, and what was refused."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from sqlalchemy import text

from firstfix.domain.history.audit import Refused
from firstfix.domain.work import Work
from firstfix.kit.statements import send
from firstfix.kit.tables import CURRENT_ORGANISATION

TAKE_POSITION = text(f"""
    UPDATE event_positions SET last_position = last_position + 1 WHERE organisation_id = {CURRENT_ORGANISATION}
    RETURNING last_position
""")  # noqa: S608 (only constants go in)
"""Takes the next position of the organisation that the transaction works for, and holds it until the commit."""

_WRITE_EVENTS = """
WITH named AS MATERIALIZED (SELECT {ids} AS ids), position AS (
    UPDATE event_positions SET last_position = last_position + 1 FROM named
    WHERE organisation_id = {current_organisation}
    RETURNING last_position, named.ids
), written AS (
    INSERT INTO events (
        id, actor_id, source, request_id, address, entity, entity_id, entity_uuid, label, action, changes, position
    )
    SELECT coalesce(ids[number], uuidv7()), %(actor_id)s::bigint, %(source)s::text, %(request_id)s::text,
        %(address)s::text, entity, entity_id, entity_uuid, label, action, changes, last_position
    FROM position, ROWS FROM (
        jsonb_to_recordset(%(events)s::jsonb) AS (
            entity text, entity_id bigint, entity_uuid uuid, label text, action text, changes jsonb)
    ) WITH ORDINALITY AS recorded (entity, entity_id, entity_uuid, label, action, changes, number)
    RETURNING 1
)
SELECT count(*) FROM written
"""


def event_writer(ids: str) -> str:
    """Make the statement that writes events.

    Args:
        ids: SQL that is evaluated first, before the lock: an array of the events' ids in their order, or null.
    """
    return _WRITE_EVENTS.format(ids=ids, current_organisation=CURRENT_ORGANISATION)


_WRITE_WITH_NEW_IDS = event_writer("NULL::uuid[]")


async def write_events(
    work: Work, writer: str = _WRITE_WITH_NEW_IDS, parameters: Mapping[str, Any] | None = None
) -> None:
    """Write what the work has recorded, as the last thing before its commit. One statement, or none.

    Taking the position locks the organisation's row until the commit. So positions become visible in their order,
    and who reads events by position skips none: a sequence would let a later one be seen first.

    Args:
        work: The open transaction.
        writer: The statement, as `event_writer` makes it.
        parameters: What it wants beyond the events.
    """
    if not work.events:
        return
    ((events_count,),) = await send(
        work.session,
        writer,
        {
            "actor_id": work.actor.person_id,
            "source": work.source,
            "request_id": work.request_id,
            "address": work.address,
            "events": msgspec.json.encode(work.events).decode(),
            **(parameters or {}),
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
