"""Deferred jobs: each is dispatched once, by hand or when it is due, and is a new job from then on.

The row stays and takes new names, so whatever hangs on it, now or in a later release, comes along in the same
transaction by itself. What it was called before is kept for ever, under a key that settles races even without a lock.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.jobs import rules
from firstfix.domain.jobs.changing import SEALED, moment_of_change
from firstfix.domain.jobs.errors import AlreadyDispatched, JobNotFound, JobNotWaiting, NotDeferred
from firstfix.domain.jobs.events import dispatch_events
from firstfix.domain.jobs.models import Dispatch, Job
from firstfix.domain.jobs.queries import find_visible_job, is_dispatched
from firstfix.domain.jobs.views import JobIds, JobReference
from firstfix.domain.work import Work

DUE_CHANNEL = "firstfix_due_jobs"
"""Where the database tells that a job has just become due."""
PROMISED_SECONDS = 60
"""So soon after it is due a job is dispatched; what comes later is noted as late."""

_CLAIM = text("SELECT organisation_id, job_id, at FROM claim_due_job(:passing_over)").bindparams(
    bindparam("passing_over", type_=ARRAY(BigInteger))
)
_NEW_NAMES = text("SELECT uuidv7() AS uuid, next_job_number() AS number, job_prefix FROM organisations")
_NEXT_FREE_NUMBER = text("SELECT next_free_job_number()")
_DISPATCHES = Dispatch.metadata.tables[Dispatch.__tablename__]
_JOBS = Job.metadata.tables[Job.__tablename__]


class DueJob(Struct, frozen=True):
    """A job whose time has come, locked. `at` is the transaction's own time."""

    organisation_id: int
    id: int
    at: datetime


async def dispatch_job(work: Work, job: JobReference) -> JobIds:
    """Dispatch a deferred job by hand: from now on it is a new job, with a uuid and a reference of its own.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        AlreadyDispatched: It was dispatched before; under its new names it is not deferred.
        NotDeferred: It waits for nothing.
        JobNotWaiting: Work on it has begun, or it was cancelled.
    """
    found = await find_visible_job(work, job, for_update=True)
    if found is None:
        raise AlreadyDispatched if await is_dispatched(work, job) else JobNotFound(job)
    if found.notification_delta is None:
        raise NotDeferred
    if not rules.is_scheduled(Stage(found.stage)):
        raise JobNotWaiting
    return await _dispatch(work, found)


async def claim_due_job(session: AsyncSession, *, passing_over: tuple[int, ...] = ()) -> DueJob | None:
    """Lock the job that has been due for longest, of any organisation, and work for that one from now on.

    What somebody else has locked is passed over, so that any number of workers share the work. The lock ends with the
    transaction, however that ends.

    Args:
        session: A transaction that works for nobody yet.
        passing_over: Ids of jobs not to take.
    """
    row = (await session.execute(_CLAIM, {"passing_over": list(passing_over)})).one_or_none()
    return None if row is None else DueJob(row.organisation_id, row.job_id, row.at)


async def dispatch_due_job(work: Work, job_id: int) -> JobIds:
    """Dispatch a job that was claimed in this transaction.

    Raises:
        JobNotFound: It was not.
    """
    found = await find_visible_job(work, job_id, for_update=True)
    # The work's time is in whole seconds.
    if found is None or found.dispatch_due_at is None or found.dispatch_due_at >= work.now + timedelta(seconds=1):
        raise JobNotFound(job_id)
    late_seconds = int((work.now - found.dispatch_due_at).total_seconds())
    return await _dispatch(work, found, late_seconds=late_seconds if late_seconds > PROMISED_SECONDS else None)


async def _dispatch(work: Work, job: Job, *, late_seconds: int | None = None) -> JobIds:
    """Give a waiting job, which is locked, new names; sealed values are sealed anew, for they open by the uuid."""
    names = (await work.session.execute(_NEW_NAMES)).one()
    before = JobIds(id=job.id, uuid=job.uuid, reference=job.reference)
    kept = insert(_DISPATCHES).values(
        deferred_uuid=before.uuid,
        deferred_reference=before.reference,
        job_id=job.id,
        job_uuid=names.uuid,
        due_at=job.dispatch_due_at,
        dispatched_by_id=work.actor.person_id,
    )
    referee = kept.on_conflict_do_nothing(index_elements=["organisation_id", "deferred_uuid"])
    if await work.session.scalar(referee.returning(_DISPATCHES.c.job_id)) is None:
        raise AlreadyDispatched
    number = await _find_free_number(work, names.number, names.job_prefix)
    after = JobIds(id=job.id, uuid=names.uuid, reference=f"{names.job_prefix}{number}")
    values: dict[str, Any] = {
        "uuid": after.uuid,
        "number": number,
        "reference": after.reference,
        "notification_delta": None,
        "notification_minutes": None,
        "created_at": work.now,
        "updated_at": moment_of_change(work, job),
    }
    for name in SEALED:
        sealed, field = getattr(job, f"{name}_sealed"), f"jobs.{name}"
        opened = work.keys.find_open(sealed, record=before.uuid, field=field)
        values[f"{name}_sealed"] = work.keys.find_seal(opened, record=after.uuid, field=field)
    await work.session.execute(update(_JOBS).where(_JOBS.c.id == job.id).values(values))
    for event in dispatch_events(before, after, notification_delta=job.notification_delta, late_seconds=late_seconds):
        work.record(event)
    return after


async def _find_free_number(work: Work, number: int, prefix: str) -> int:
    """Pass over references that jobs have already, because they came in with numbers of their own."""
    while await work.session.scalar(select(Job.id).where(Job.reference == f"{prefix}{number}")) is not None:
        number = (await work.session.execute(_NEXT_FREE_NUMBER)).scalar_one()
    return number
