"""Who is on a job and when: rows of its crew, contacts and time slots, for the commands of this feature."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, TextClause, bindparam, delete, text, update

from firstfix.domain.jobs.models import Job, TimeSlot
from firstfix.domain.work import Work


class Members(Struct, frozen=True):
    """A job's crew and contacts by id, in order, and when its last time slot ends."""

    crew: tuple[int, ...]
    contacts: tuple[int, ...]
    last_slot_ends_at: datetime | None


_TYPES: dict[str, Any] = {
    "job_id": BigInteger,
    "crew": ARRAY(BigInteger),
    "contacts": ARRAY(BigInteger),
    "old_lead_id": BigInteger,
    "new_lead_id": BigInteger,
    "worked_until": DateTime(timezone=True),
    "starts_at": DateTime(timezone=True),
    "minutes": Integer,
}


def _statement(sql: str) -> TextClause:
    return text(sql).bindparams(*(bindparam(name, type_=type_) for name, type_ in _TYPES.items() if f":{name}" in sql))


_READ = _statement("""
SELECT ARRAY(SELECT person_id FROM job_crew WHERE job_id = :job_id ORDER BY position, person_id) AS crew,
    ARRAY(SELECT contact_id FROM job_contacts WHERE job_id = :job_id ORDER BY position, contact_id) AS contacts,
    (SELECT max(starts_at + minutes * interval '1 minute') FROM time_slots WHERE job_id = :job_id) AS last_slot_ends_at
""")
_ADD_SLOT = _statement("""
WITH slot AS (INSERT INTO time_slots (job_id, starts_at, minutes) VALUES (:job_id, :starts_at, :minutes) RETURNING id)
INSERT INTO time_slot_people (time_slot_id, person_id, position)
SELECT slot.id, person_id, position FROM slot, unnest(:crew) WITH ORDINALITY AS given (person_id, position)
""")
_SET_CREW = _statement("""
WITH gone AS (DELETE FROM job_crew WHERE job_id = :job_id AND NOT person_id = ANY (:crew)), unplanned AS (
    DELETE FROM time_slot_people
    WHERE time_slot_id IN (SELECT id FROM time_slots WHERE job_id = :job_id) AND NOT person_id = ANY (:crew)
)
INSERT INTO job_crew (job_id, person_id, position)
SELECT :job_id, person_id, position FROM unnest(:crew) WITH ORDINALITY AS given (person_id, position)
ON CONFLICT (organisation_id, job_id, person_id) DO UPDATE SET position = excluded.position
""")
_SET_CONTACTS = _statement("""
WITH gone AS (DELETE FROM job_contacts WHERE job_id = :job_id AND NOT contact_id = ANY (:contacts))
INSERT INTO job_contacts (job_id, contact_id, position)
SELECT :job_id, contact_id, position FROM unnest(:contacts) WITH ORDINALITY AS given (contact_id, position)
ON CONFLICT (organisation_id, job_id, contact_id) DO UPDATE SET position = excluded.position
""")
_RESIZE_ONLY_SLOT = _statement("""
UPDATE time_slots SET minutes = :minutes
WHERE job_id = :job_id AND (SELECT count(*) FROM time_slots WHERE job_id = :job_id) = 1
""")
_REPLACE_LEAD = _statement("""
WITH affected AS (
    SELECT id FROM time_slots
    WHERE job_id = :job_id AND (:worked_until IS NULL OR starts_at > :worked_until)
      AND (:old_lead_id IS NULL OR id IN (SELECT time_slot_id FROM time_slot_people WHERE person_id = :old_lead_id))
), gone AS (
    DELETE FROM time_slot_people WHERE person_id = :old_lead_id AND time_slot_id IN (SELECT id FROM affected)
)
INSERT INTO time_slot_people (time_slot_id, person_id, position)
SELECT id, :new_lead_id, coalesce(
    (SELECT min(position) FROM time_slot_people WHERE time_slot_id = affected.id), 1) - 1 FROM affected
ON CONFLICT (organisation_id, time_slot_id, person_id) DO UPDATE SET position = excluded.position
""")


_NEW_CREW = """
), crew AS (
    INSERT INTO job_crew (job_id, person_id, position)
    SELECT job.id, person_id, position
    FROM job, unnest(%(crew)s::bigint[]) WITH ORDINALITY AS given (person_id, position)"""
_NEW_CONTACTS = """
), contacts AS (
    INSERT INTO job_contacts (job_id, contact_id, position)
    SELECT job.id, contact_id, position
    FROM job, unnest(%(contacts)s::bigint[]) WITH ORDINALITY AS given (contact_id, position)"""
_NEW_SLOT = """
), slot AS (
    INSERT INTO time_slots (job_id, starts_at, minutes)
    SELECT id, %(slot_starts_at)s::timestamptz, %(slot_minutes)s::integer FROM job RETURNING id"""
_NEW_SLOT_PEOPLE = """
), planned AS (
    INSERT INTO time_slot_people (time_slot_id, person_id, position)
    SELECT slot.id, person_id, position
    FROM slot, unnest(%(crew)s::bigint[]) WITH ORDINALITY AS given (person_id, position)"""


def new_members_sql(*, has_crew: bool, has_contacts: bool, has_slot: bool) -> str:
    """Give what puts crew, contacts and a first time slot on a new job, for the statement that makes it.

    It goes on behind a CTE `job`, open at its end, and takes `%(crew)s`, `%(contacts)s`, `%(slot_starts_at)s` and
    `%(slot_minutes)s`. What there is none of has no part: each costs as much as the rows that it writes.
    """
    return "".join(
        sql
        for sql, is_wanted in (
            (_NEW_CREW, has_crew),
            (_NEW_CONTACTS, has_contacts),
            (_NEW_SLOT, has_slot),
            (_NEW_SLOT_PEOPLE, has_slot and has_crew),
        )
        if is_wanted
    )


async def get_members(work: Work, job_id: int) -> Members:
    """Read who is on a job. One statement."""
    row = (await work.session.execute(_READ, {"job_id": job_id})).one()
    return Members(tuple(row.crew), tuple(row.contacts), row.last_slot_ends_at)


async def set_crew(work: Work, job_id: int, crew: Sequence[int]) -> None:
    """Make these the crew, in this order. Who leaves it leaves the job's slots too."""
    await work.session.execute(_SET_CREW, {"job_id": job_id, "crew": list(crew)})


async def set_contacts(work: Work, job_id: int, contacts: Sequence[int]) -> None:
    """Make these the contacts, in this order."""
    await work.session.execute(_SET_CONTACTS, {"job_id": job_id, "contacts": list(contacts)})


async def add_slot(work: Work, job_id: int, *, starts_at: datetime, minutes: int, crew: Sequence[int]) -> None:
    """Plan the only stretch of work of a job that comes into the calendar."""
    await work.session.execute(
        _ADD_SLOT, {"job_id": job_id, "starts_at": starts_at, "minutes": minutes, "crew": list(crew)}
    )


async def drop_slots(work: Work, job_id: int) -> None:
    """Take a job out of the calendar."""
    await work.session.execute(delete(TimeSlot).where(TimeSlot.job_id == job_id))


async def move_slots(work: Work, job_id: int, *, by: timedelta) -> None:
    """Move all slots of a job by the same difference."""
    moved = update(TimeSlot).where(TimeSlot.job_id == job_id).values(starts_at=TimeSlot.starts_at + by)
    await work.session.execute(moved, execution_options={"synchronize_session": False})


async def resize_only_slot(work: Work, job_id: int, *, minutes: int) -> None:
    """Set the length of a job's slot, where it has only one."""
    await work.session.execute(_RESIZE_ONLY_SLOT, {"job_id": job_id, "minutes": minutes})


async def replace_lead_in_slots(work: Work, job: Job, *, new_lead_id: int) -> None:
    """Put a new lead first in the slots not yet worked: in the old lead's place, or everywhere where there was none.

    Once work on the job has begun, the slots that have started by now count as worked.
    """
    values = {
        "job_id": job.id,
        "old_lead_id": job.lead_id,
        "new_lead_id": new_lead_id,
        "worked_until": None if job.started_at is None else work.now,
    }
    await work.session.execute(_REPLACE_LEAD, values)
