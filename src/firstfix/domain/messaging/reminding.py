"""Word of jobs that still stand where they stood: an event on the job, once for each time that it comes to a status."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.messaging.telling import STATUS_REMINDED
from firstfix.domain.work import Event, Work

_CLAIM = text("SELECT organisation_id, job_id, at FROM claim_due_reminder(:passing_over)").bindparams(
    bindparam("passing_over", type_=ARRAY(BigInteger))
)
# The row is the referee: whoever takes it away reminds. A job that moved on is let go, and a status without reminders.
_TAKE = text("""
WITH taken AS (DELETE FROM status_reminders WHERE job_id = :job_id AND due_at <= now() RETURNING job_id, status_id)
SELECT jobs.id, jobs.uuid, jobs.reference, statuses.reminder_hours
FROM taken
JOIN jobs ON jobs.id = taken.job_id AND jobs.status_id = taken.status_id
JOIN statuses ON statuses.id = jobs.status_id AND statuses.reminder_hours IS NOT NULL
""")


class DueReminder(Struct, frozen=True):
    """A reminder that is due, locked. `at` is the transaction's own time."""

    organisation_id: int
    job_id: int
    at: datetime


async def claim_reminder(session: AsyncSession, *, passing_over: Sequence[int] = ()) -> DueReminder | None:
    """Lock the reminder that has been due for longest, of any organisation, and work for that one from now on.

    Args:
        session: A transaction that works for nobody yet.
        passing_over: Ids of jobs not to take.
    """
    row = (await session.execute(_CLAIM, {"passing_over": list(passing_over)})).one_or_none()
    return None if row is None else DueReminder(row.organisation_id, row.job_id, row.at)


async def remind(work: Work, job_id: int) -> bool:
    """Remind of a job whose reminder is locked, if it still stands there.

    Returns:
        Whether it does.
    """
    row = (await work.session.execute(_TAKE, {"job_id": job_id})).one_or_none()
    if row is None:
        return False
    work.record(
        Event(
            entity="job",
            action=STATUS_REMINDED,
            entity_id=row.id,
            entity_uuid=row.uuid,
            label=row.reference,
            changes={"reminder_hours": (None, row.reminder_hours)},
        )
    )
    return True
