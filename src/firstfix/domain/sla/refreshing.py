"""Bringing calendars and open jobs in step with what was changed about promises: in small steps, by the worker."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, bindparam, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.sla.calendars import build_calendars
from firstfix.domain.sla.models import SlaRefresh
from firstfix.domain.work import Work

JOBS_OF_A_STEP = 500

_CLAIM = text("SELECT organisation_id, at FROM claim_sla_refresh(:passing_over)").bindparams(
    bindparam("passing_over", type_=ARRAY(BigInteger))
)
_LET_OLDER_ONES_END = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('sla ' || current_setting('firstfix.organisation'), 0))"
)
# By the primary key: open jobs are a part of all, and the ids of each step lie behind the last one's.
_READ_OPEN = text("SELECT id FROM jobs WHERE id > :after AND stage < 3 ORDER BY id LIMIT :most")
# What somebody else has locked is left for the next step: nobody waits for the worker, and it for nobody.
_LOCK = text("SELECT id FROM jobs WHERE id = ANY (:ids) ORDER BY id FOR UPDATE SKIP LOCKED").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
# The trigger works out what follows; `updated_at` stays, for nobody has changed the job.
_PUT_IN_STEP = text(
    "UPDATE jobs SET status_id = status_id WHERE id = ANY (:ids) AND stage < 3 AND is_out_of_step(jobs)"
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


class DueRefresh(Struct, frozen=True):
    """An organisation whose refresh is locked. `at` is the transaction's own time."""

    organisation_id: int
    at: datetime


async def claim_refresh(session: AsyncSession, *, passing_over: Sequence[int] = ()) -> DueRefresh | None:
    """Lock what is to be refreshed for one organisation, and work for that one from now on.

    Args:
        session: A transaction that works for nobody yet.
        passing_over: Ids of organisations not to take.
    """
    row = (await session.execute(_CLAIM, {"passing_over": list(passing_over)})).one_or_none()
    return None if row is None else DueRefresh(row.organisation_id, row.at)


async def refresh(work: Work) -> bool:
    """Do the next step for the work's organisation: its calendars first, then its open jobs, some hundred a step.

    Each step is a transaction, and says in the same one where the next goes on. So a worker that is killed leaves
    nothing half done, and what is changed meanwhile begins the jobs again.

    Returns:
        Whether it got anywhere: not where somebody else has locked the next job.
    """
    due = (await work.session.execute(select(SlaRefresh).with_for_update())).scalar_one_or_none()
    if due is None:
        return True
    if due.is_calendar_due:
        is_changed = await work.session.run_sync(
            lambda session: build_calendars(session.connection(), today=work.now.date())
        )
        await _go_on(work, after_job_id=-1 if is_changed else due.after_job_id)
        return True
    if due.after_job_id is None:
        await work.session.execute(delete(SlaRefresh))
        return True
    if due.after_job_id < 0:
        # Whoever writes a job holds this lock, shared, until the commit. Those who have looked before the change that
        # is refreshed for are through now, and their jobs seen.
        await work.session.execute(_LET_OLDER_ONES_END)
        await _go_on(work, after_job_id=0)
        return True
    ids = list(await work.session.scalars(_READ_OPEN, {"after": due.after_job_id, "most": JOBS_OF_A_STEP}))
    locked = list(await work.session.scalars(_LOCK, {"ids": ids}))
    await work.session.execute(_PUT_IN_STEP, {"ids": locked})
    skipped = set(ids).difference(locked)
    if skipped:
        await _go_on(work, after_job_id=min(skipped) - 1)
        return bool(locked)
    await _go_on(work, after_job_id=ids[-1] if len(ids) == JOBS_OF_A_STEP else None)
    return True


async def ask_for_calendars(session: AsyncSession) -> None:
    """Have the calendars of all organisations looked at: a day has passed, or the library knows other holidays."""
    await session.execute(select(func.ask_for_calendars()))


async def _go_on(work: Work, *, after_job_id: int | None) -> None:
    await work.session.execute(update(SlaRefresh).values(is_calendar_due=False, after_job_id=after_job_id))
