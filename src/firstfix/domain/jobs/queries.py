"""Reading jobs."""

from uuid import UUID

from sqlalchemy import ColumnElement, false, select

from firstfix.domain.catalogue.models import CatalogueTask
from firstfix.domain.jobs.errors import JobNotFound, TaskNotFound
from firstfix.domain.jobs.models import Job, JobTask
from firstfix.domain.jobs.policies import visible_to
from firstfix.domain.jobs.tasks import choose_task, place_in_list
from firstfix.domain.jobs.views import JobReference, TaskName
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


async def get_task(work: Work, job: Job, reference: str) -> TaskName:
    """Fetch a task by its uuid in the job, the catalogue's, or its place in the list, from 0. One statement.

    Where something is written, the job is locked before: else the list may change meanwhile.

    Raises:
        TaskNotFound: The job has no such task.
        TaskAmbiguous: The catalogue's uuid stands in the job more than once.
    """
    rows = await work.session.execute(
        select(JobTask.id, JobTask.uuid, CatalogueTask.uuid, CatalogueTask.name)
        .join(CatalogueTask, CatalogueTask.id == JobTask.catalogue_task_id)
        .where(JobTask.job_id == job.id)
        .order_by(JobTask.position, JobTask.id)
    )
    tasks = [(own, listed, TaskName(id_, name)) for id_, own, listed, name in rows]
    place = place_in_list(reference)
    if place is not None:
        if place >= len(tasks):
            raise TaskNotFound(reference)
        return tasks[place][2]
    uuid = find_uuid(reference)
    return choose_task([(own == uuid, name) for own, listed, name in tasks if uuid in (own, listed)], reference)


def _is_named(job: JobReference) -> ColumnElement[bool]:
    if isinstance(job, str):
        if "\0" in job:
            return false()
        uuid = find_uuid(job)
        return Job.reference == job if uuid is None else Job.uuid == uuid
    if isinstance(job, UUID):
        return Job.uuid == job
    return Job.id == job if 0 < job <= _LARGEST_ID else false()
