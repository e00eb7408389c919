"""Reading jobs."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, select

from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.policies import visible_to
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.work import Work
from firstfix.kit.ids import find_uuid

_LARGEST_ID = 2**63 - 1


async def get_visible_job(work: Work, job: JobReference, *, for_update: bool = False) -> Job:
    """Fetch a job that the actor may see: the one gate of reads and writes of jobs. One statement.

    Args:
        work: The open transaction.
        job: Its id, its uuid, or its reference.
        for_update: Lock it first; children are locked after it.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
    """
    statement = select(Job).where(_is_named(job), visible_to(work.actor))
    if for_update:
        statement = statement.with_for_update(of=Job)
    found = await work.session.scalar(statement, execution_options={"populate_existing": True})
    if found is None:
        raise JobNotFound(job)
    return found


def _is_named(job: JobReference) -> ColumnElement[bool]:
    if isinstance(job, str):
        if "\0" in job:
            return false()
        uuid = find_uuid(job)
        return Job.reference == job if uuid is None else Job.uuid == uuid
    if isinstance(job, UUID):
        return Job.uuid == job
    return Job.id == job if 0 < job <= _LARGEST_ID else false()
