"""Word of jobs that are about to miss their deadline, and of those that have: events on the job, once each."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, Integer, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.work import Event, Work

JOBS_OF_A_STEP = 100

_CLAIM = text("SELECT organisation_id, job_ids, at FROM claim_due_alarms(:most, :passing_over)").bindparams(
    bindparam("most", type_=Integer), bindparam("passing_over", type_=ARRAY(BigInteger))
)
# How many were raised stands on the job, in the same row that the deadline stands in, and is the referee.
_RAISE = text("""
UPDATE jobs SET alarms_raised = CASE WHEN alarms_raised = 0 AND warning_due_at IS NOT NULL THEN 1 ELSE 2 END
WHERE id = ANY (:ids) AND alarm_at <= now()
RETURNING id, uuid, reference, alarms_raised, resolution_due_at
""").bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
_ACTIONS = {1: "sla_warned", 2: "sla_breached"}


class DueAlarms(Struct, frozen=True):
    """Jobs of one organisation whose alarms are due, locked. `at` is the transaction's own time."""

    organisation_id: int
    job_ids: tuple[int, ...]
    at: datetime


async def claim_alarms(
    session: AsyncSession, *, passing_over: Sequence[int] = (), most: int = JOBS_OF_A_STEP
) -> DueAlarms | None:
    """Lock jobs whose alarms have been due for longest, of any organisation, and work for that one from now on.

    What somebody else has locked is passed over, so that any number of workers share the work.

    Args:
        session: A transaction that works for nobody yet.
        passing_over: Ids of jobs not to take.
        most: At most so many jobs.
    """
    row = (await session.execute(_CLAIM, {"most": most, "passing_over": list(passing_over)})).one_or_none()
    return None if row is None else DueAlarms(row.organisation_id, tuple(row.job_ids), row.at)


async def raise_alarms(work: Work, job_ids: tuple[int, ...]) -> int:
    """Raise the next alarm of each of these jobs, as far as it is due; what became due in the meantime comes next.

    After a time without a worker a job may be owed both: it is warned of first then, and both are in its history.

    Returns:
        How many were raised.
    """
    rows = (await work.session.execute(_RAISE, {"ids": list(job_ids)})).all()
    for row in sorted(rows, key=lambda row: (row.resolution_due_at, row.id)):
        work.record(
            Event(
                entity="job",
                action=_ACTIONS[row.alarms_raised],
                entity_id=row.id,
                entity_uuid=row.uuid,
                label=row.reference,
                changes={"resolution_due_at": (None, row.resolution_due_at.strftime("%Y-%m-%dT%H:%M:%SZ"))},
            )
        )
    return len(rows)
