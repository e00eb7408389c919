"""The time slots of a job as planners set them: all at once, each kept by its uuid."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import ARRAY, BigInteger, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from firstfix.domain.errors import ReferenceNotFound
from firstfix.domain.jobs import rules
from firstfix.domain.jobs.errors import NotInCrew, ValueOutOfRange
from firstfix.domain.jobs.views import PlannedSlot
from firstfix.domain.work import Work

MOST_SLOTS = 100

_TYPES: dict[str, Any] = {"job_id": BigInteger, "slots": JSONB, "uuids": ARRAY(Uuid)}


def _statement(sql: str) -> TextClause:
    return text(sql).bindparams(*(bindparam(name, type_=type_) for name, type_ in _TYPES.items() if f":{name}" in sql))


_READ = _statement("""
SELECT uuid, starts_at, minutes, ARRAY(
    SELECT person_id FROM time_slot_people WHERE time_slot_id = time_slots.id ORDER BY position, person_id) AS crew
FROM time_slots WHERE job_id = :job_id ORDER BY starts_at, id
""")
_CLEAR = _statement("""
WITH emptied AS (
    DELETE FROM time_slot_people WHERE time_slot_id IN (SELECT id FROM time_slots WHERE job_id = :job_id)
)
DELETE FROM time_slots WHERE job_id = :job_id AND NOT uuid = ANY (:uuids)
""")
_SAVE = _statement("""
WITH given AS MATERIALIZED (
    SELECT coalesce(uuid, uuidv7()) AS uuid, starts_at, minutes, crew
    FROM jsonb_to_recordset(:slots) AS slots (uuid uuid, starts_at timestamptz, minutes integer, crew bigint[])
), saved AS (
    INSERT INTO time_slots (job_id, uuid, starts_at, minutes) SELECT :job_id, uuid, starts_at, minutes FROM given
    ON CONFLICT (organisation_id, uuid) DO UPDATE SET starts_at = excluded.starts_at, minutes = excluded.minutes
    RETURNING id, uuid
)
INSERT INTO time_slot_people (time_slot_id, person_id, position)
SELECT saved.id, people.person_id, people.position
FROM saved JOIN given ON given.uuid = saved.uuid,
    unnest(given.crew) WITH ORDINALITY AS people (person_id, position)
""")


def check_slots(given: Sequence[PlannedSlot] | UnsetType) -> None:
    """Refuse slots that no job can have.

    Raises:
        ValueOutOfRange: There are too many, one is named twice, or begins or lasts as none can.
    """
    if given is UNSET:
        return
    if len(given) > MOST_SLOTS:
        raise ValueOutOfRange(f"A job has {MOST_SLOTS} time slots at most.", field="slots")
    kept = [slot.uuid for slot in given if slot.uuid is not None]
    if len(set(kept)) < len(kept):
        raise ValueOutOfRange("A time slot is named twice.", field="slots")
    for slot in given:
        rules.check_day("slots", slot.starts_at)
        rules.check_minutes("slots", slot.minutes)


async def get_slots(work: Work, job_id: int) -> tuple[PlannedSlot, ...]:
    """Read a job's slots, the earliest first. One statement."""
    rows = await work.session.execute(_READ, {"job_id": job_id})
    return tuple(
        PlannedSlot(uuid=row.uuid, starts_at=row.starts_at, minutes=row.minutes, crew=tuple(row.crew)) for row in rows
    )


def plan_slots(
    before: Sequence[PlannedSlot], given: Sequence[PlannedSlot], *, crew: Sequence[int], lead_id: int | None
) -> tuple[PlannedSlot, ...]:
    """Work out what a job's slots come to, the earliest first.

    Raises:
        ReferenceNotFound: A slot that should stay is not the job's.
        NotInCrew: Somebody is planned who is not of the crew.
    """
    known: set[UUID | None] = {slot.uuid for slot in before}
    planned = []
    for slot in given:
        if slot.uuid is not None and slot.uuid not in known:
            raise ReferenceNotFound("TimeSlot", slot.uuid, field="slots")
        if not set(slot.crew) <= set(crew):
            raise NotInCrew("slots")
        people = rules.crew_with_lead(lead_id if lead_id in slot.crew else None, slot.crew)
        planned.append(msgspec.structs.replace(slot, starts_at=slot.starts_at.replace(microsecond=0), crew=people))
    return tuple(sorted(planned, key=lambda slot: slot.starts_at))


async def set_slots(work: Work, job_id: int, planned: Sequence[PlannedSlot]) -> None:
    """Make these a job's slots."""
    kept = [slot.uuid for slot in planned if slot.uuid is not None]
    await work.session.execute(_CLEAR, {"job_id": job_id, "uuids": kept})
    await work.session.execute(_SAVE, {"job_id": job_id, "slots": msgspec.to_builtins(planned)})
