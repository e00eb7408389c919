"""How far the crew of a job is, and the hours that they travelled and worked: rows, for commands.

Whoever writes them has locked the job's row.
"""

from datetime import datetime
from enum import IntEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import BigInteger, Boolean, DateTime, Double, SmallInteger, Text, TextClause, Uuid, bindparam, text

from firstfix.domain.catalogue.stages import STATE_OF_STAGE, MainState, Stage
from firstfix.domain.jobs.views import Reference
from firstfix.domain.work import Work
from firstfix.kit.ids import can_be_id


class CrewState(IntEnum):
    """How far somebody is with a job. Stored as a small number."""

    SCHEDULED = 0
    IN_TRANSIT = 1
    ACTIVE = 2
    PAUSED = 3
    COMPLETED = 4

    @property
    def wire_name(self) -> str:
        """The name that the field API uses: `in transit`."""
        return self.name.lower().replace("_", " ")


class Position(Struct, frozen=True):
    """Where on Earth somebody was, in degrees."""

    latitude: float
    longitude: float


class Member(Struct, frozen=True, kw_only=True):
    """Somebody of a crew.

    Args:
        was_travelling: Whether their last stretch on this job was travel.
        known_here_until: When the last thing happened that is known of their hours on this job.
        known_until: The same of all jobs.
        is_busy_elsewhere: Whether a stretch on another job goes on.
    """

    person_id: int
    state: CrewState
    was_travelling: bool
    known_here_until: datetime | None
    known_until: datetime | None
    is_busy_elsewhere: bool


_TYPES: dict[str, Any] = {
    "job_id": BigInteger,
    "person_id": BigInteger,
    "person_uuid": Uuid,
    "state": SmallInteger,
    "at": DateTime(timezone=True),
    "is_travel": Boolean,
    "is_over": Boolean,
    "reason": Text,
    "latitude": Double,
    "longitude": Double,
}


def _statement(sql: str) -> TextClause:
    return text(sql).bindparams(*(bindparam(name, type_=type_) for name, type_ in _TYPES.items() if f":{name}" in sql))


_LOCK_MEMBER = _statement("""
SELECT people.id FROM people JOIN job_crew ON job_crew.person_id = people.id AND job_crew.job_id = :job_id
WHERE people.id = :person_id OR people.uuid = :person_uuid
FOR NO KEY UPDATE OF people
""")
_READ = _statement("""
SELECT job_crew.person_id, job_crew.state, coalesce(here.is_travel, false) AS was_travelling,
    coalesce(here.ends_at, here.starts_at) AS known_here_until,
    coalesce(anywhere.ends_at, anywhere.starts_at) AS known_until,
    anywhere.ends_at IS NULL AND anywhere.job_id <> :job_id AS is_busy_elsewhere
FROM job_crew
LEFT JOIN LATERAL (
    SELECT is_travel, starts_at, ends_at FROM worked_hours
    WHERE worked_hours.job_id = job_crew.job_id AND worked_hours.person_id = job_crew.person_id
    ORDER BY starts_at DESC, id DESC LIMIT 1
) AS here ON true
LEFT JOIN LATERAL (
    SELECT job_id, starts_at, ends_at FROM worked_hours WHERE worked_hours.person_id = job_crew.person_id
    ORDER BY starts_at DESC, id DESC LIMIT 1
) AS anywhere ON true
WHERE job_crew.job_id = :job_id ORDER BY job_crew.position, job_crew.person_id
""")
_END = _statement("""
UPDATE worked_hours
SET ends_at = :at, pause_reason = :reason, end_latitude = :latitude, end_longitude = :longitude
WHERE job_id = :job_id AND person_id = :person_id AND ends_at IS NULL
""")
_BEGIN = _statement("""
INSERT INTO worked_hours (job_id, person_id, is_travel, starts_at, start_latitude, start_longitude)
VALUES (:job_id, :person_id, :is_travel, :at, :latitude, :longitude)
""")
_SET_STATE = _statement("UPDATE job_crew SET state = :state WHERE job_id = :job_id AND person_id = :person_id")
_SETTLE = _statement("""
WITH ended AS (
    UPDATE worked_hours SET ends_at = greatest(:at, starts_at) WHERE job_id = :job_id AND ends_at IS NULL
)
UPDATE job_crew
SET state = CASE WHEN :is_over THEN 4 ELSE 0 END
WHERE job_id = :job_id AND state <> 0
""")


async def lock_member(work: Work, job_id: int, person: Reference) -> int | None:
    """Find somebody of a job's crew and lock their row, so that of two jobs only one is begun at a time."""
    is_id = isinstance(person, int)
    if isinstance(person, int) and not can_be_id(person):
        return None
    names = {"person_id": person if is_id else None, "person_uuid": None if is_id else person}
    found: int | None = await work.session.scalar(_LOCK_MEMBER, {"job_id": job_id, **names})
    return found


async def get_crew(work: Work, job_id: int) -> list[Member]:
    """Read how far everybody is, in the crew's order. One statement."""
    rows = await work.session.execute(_READ, {"job_id": job_id})
    return [
        Member(
            person_id=row.person_id,
            state=CrewState(row.state),
            was_travelling=row.was_travelling,
            known_here_until=row.known_here_until,
            known_until=row.known_until,
            is_busy_elsewhere=bool(row.is_busy_elsewhere),
        )
        for row in rows
    ]


def begins_hours(state: CrewState) -> bool:
    """Tell whether who comes to a state travels or works from then on."""
    return state in (CrewState.IN_TRANSIT, CrewState.ACTIVE)


async def save_state(
    work: Work,
    job_id: int,
    person_id: int,
    state: CrewState,
    *,
    at: datetime,
    position: Position | None,
    reason: str | None,
) -> None:
    """Note that somebody came to a state: what they did until then ends, and what they do now begins."""
    where = {"latitude": position and position.latitude, "longitude": position and position.longitude}
    who = {"job_id": job_id, "person_id": person_id}
    await work.session.execute(_END, {**who, **where, "at": at, "reason": reason})
    if begins_hours(state):
        is_travel = state is CrewState.IN_TRANSIT
        await work.session.execute(_BEGIN, {**who, **where, "at": at, "is_travel": is_travel})
    await work.session.execute(_SET_STATE, {**who, "state": int(state)})


async def follow(work: Work, job_id: int, origin: Stage, target: Stage) -> None:
    """Let the crew follow a job that the office moved: where its state becomes another, what goes on ends now.

    Where the job is over, who had begun is done; else everybody begins anew.
    """
    state = STATE_OF_STAGE[target]
    if state is STATE_OF_STAGE[origin]:
        return
    is_over = state in (MainState.COMPLETED, MainState.CANCELLED)
    await work.session.execute(_SETTLE, {"job_id": job_id, "at": work.now, "is_over": is_over})
