"""Keeping jobs at hand. The list is the actor's own, and nobody else sees it."""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.pins.errors import ArchivedJobPinned
from firstfix.domain.pins.models import Pin
from firstfix.domain.work import Event, Work


async def set_pin(work: Work, *, job: JobReference, pinned: bool) -> bool:
    """Keep a job on the actor's list, or let it go. A repeated request is harmless.

    Returns:
        Whether anything changed.

    Raises:
        JobNotFound: The job is absent, or hidden from the actor.
        ArchivedJobPinned: `pinned` is true and the job is archived.
    """
    return await _set_pin(work, await get_visible_job(work, job), pinned=pinned)


async def flip_pin(work: Work, *, job: JobReference) -> bool:
    """Keep a job on the actor's list if it is not there, else let it go: the manage API's toggle.

    Returns:
        Whether the job is pinned now.

    Raises:
        JobNotFound: The job is absent, or hidden from the actor.
        ArchivedJobPinned: It was not pinned, and is archived.
    """
    found = await get_visible_job(work, job)
    # With no row yet there is nothing else to lock, and of fifty-one flips at once each must see the one before.
    name = f"pin {work.actor.person_id} {found.id}"
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    is_pinned = await work.session.scalar(select(Pin.job_id).filter_by(person_id=work.actor.person_id, job_id=found.id))
    pinned = is_pinned is None
    await _set_pin(work, found, pinned=pinned)
    return pinned


async def _set_pin(work: Work, job: Job, *, pinned: bool) -> bool:
    if pinned and job.stage == Stage.ARCHIVED:
        raise ArchivedJobPinned
    mine = {"person_id": work.actor.person_id, "job_id": job.id}
    if pinned:
        change = insert(Pin).values(**mine).on_conflict_do_nothing()
        changed = await work.session.scalar(change.returning(Pin.job_id))
    else:
        changed = await work.session.scalar(delete(Pin).filter_by(**mine).returning(Pin.job_id))
    if changed is None:
        return False
    action = "pinned" if pinned else "unpinned"
    work.record(Event(entity="pin", action=action, entity_id=job.id, entity_uuid=job.uuid, label=job.reference))
    return True
