"""Reading jobs."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from firstfix.domain.catalogue.models import CatalogueTask
from firstfix.domain.errors import ReferenceNotFound
from firstfix.domain.jobs.errors import JobNotFound, TaskNotFound
from firstfix.domain.jobs.models import Dispatch, Job, JobTask
from firstfix.domain.jobs.policies import visible_to
from firstfix.domain.jobs.tasks import choose_task, place_in_list
from firstfix.domain.jobs.views import JobReference, TaskName
from firstfix.domain.work import AccountType, Work
from firstfix.kit.ids import can_be_id, find_uuid


async def get_visible_job(work: Work, job: JobReference, *, for_update: bool = False) -> Job:
    """Fetch a job that the actor may see: the one gate of reads and writes of jobs. One statement, if it is there.

    What a job was called before it was dispatched is as good as its name, but not for the field API: its callers are
    sent to the new name.

    Args:
        work: The open transaction.
        job: Its id, its uuid, or its reference.
        for_update: Lock it first; children are locked after it.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
    """
    found = await find_visible_job(work, job, for_update=for_update)
    if found is None and work.source != "field":
        earlier = select(Dispatch.job_id).where(_was_named(job)).order_by(Dispatch.dispatched_at.desc()).limit(1)
        job_id = await work.session.scalar(earlier)
        found = None if job_id is None else await find_visible_job(work, job_id, for_update=for_update)
    if found is None:
        raise JobNotFound(job)
    return found


async def get_visible_jobs(work: Work, uuids: Iterable[UUID], *, for_update: bool = False) -> list[Job]:
    """Fetch jobs that the actor may see, in the order in which they are named, each once. One statement.

    Args:
        work: The open transaction.
        uuids: Which ones.
        for_update: Lock them, in the order of their ids.

    Raises:
        ReferenceNotFound: One is absent, or hidden from the actor.
    """
    wanted = list(dict.fromkeys(uuids))
    return _in_order(await _fetch_all(work, _are_seen(work, wanted), for_update=for_update), wanted)


async def lock_jobs_of_invoice(work: Work, invoice: UUID, *, and_jobs: Iterable[UUID] = ()) -> list[Job]:
    """Fetch the jobs of an invoice that the actor may see, and others that are named, and lock them. One statement.

    Raises:
        ReferenceNotFound: One of the others is absent, or hidden from the actor.
    """
    wanted = list(dict.fromkeys(and_jobs))
    found = await _fetch_all(work, or_(Job.invoice_uuid == invoice, _are_seen(work, wanted)), for_update=True)
    _in_order(found, wanted)
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


async def find_visible_job(work: Work, job: JobReference, *, for_update: bool = False) -> Job | None:
    """Fetch a job that the actor may see by what it is called now. One statement; see `get_visible_job`."""
    statement = select(Job).where(_is_named(job), visible_to(work.actor))
    if for_update:
        statement = statement.with_for_update(of=Job)
    return await work.session.scalar(statement, execution_options={"populate_existing": True})


async def is_dispatched(work: Work, job: JobReference) -> bool:
    """Tell whether this is what a job that the actor may see was called before it was dispatched.

    Of one that is gone since, staff alone are told: who else could see it nobody knows any more.
    """
    sees_all = true() if work.actor.account_type is AccountType.STAFF else false()
    statement = (
        select(Dispatch.job_uuid)
        .outerjoin(Job, Job.id == Dispatch.job_id)
        .where(_was_named(job), or_(and_(Job.id.is_not(None), visible_to(work.actor)), sees_all))
    )
    return await work.session.scalar(statement.limit(1)) is not None


async def find_new_uuids(work: Work, uuids: Collection[UUID]) -> dict[UUID, UUID]:
    """Find what jobs that the actor may see are called now that were dispatched under one of these.

    One statement, or none for nobody.
    """
    if not uuids:
        return {}
    statement = select(Dispatch.deferred_uuid, Job.uuid).join(Job, Job.id == Dispatch.job_id)
    rows = await work.session.execute(statement.where(Dispatch.deferred_uuid.in_(uuids), visible_to(work.actor)))
    return {row[0]: row[1] for row in rows}


async def find_visible_references(work: Work, references: Collection[str]) -> frozenset[str]:
    """Tell which of some references are of jobs that the actor may see. One statement, or none for nobody."""
    if not references:
        return frozenset()
    statement = select(Job.reference).where(Job.reference.in_(references), visible_to(work.actor))
    return frozenset(await work.session.scalars(statement))


def _was_named(job: JobReference) -> ColumnElement[bool]:
    if isinstance(job, int) or (isinstance(job, str) and "\0" in job):
        return false()
    uuid = job if isinstance(job, UUID) else find_uuid(job)
    return Dispatch.deferred_reference == job if uuid is None else Dispatch.deferred_uuid == uuid


async def _fetch_all(work: Work, which: ColumnElement[bool], *, for_update: bool) -> list[Job]:
    statement = select(Job).where(which).order_by(Job.id)
    if for_update:
        statement = statement.with_for_update(of=Job)
    return list(await work.session.scalars(statement, execution_options={"populate_existing": True}))


def _are_seen(work: Work, uuids: list[UUID]) -> ColumnElement[bool]:
    return and_(Job.uuid.in_(uuids), visible_to(work.actor))


def _in_order(found: Iterable[Job], uuids: list[UUID]) -> list[Job]:
    jobs = {job.uuid: job for job in found}
    for uuid in uuids:
        if uuid not in jobs:
            raise ReferenceNotFound("Job", uuid, field="jobs")
    return [jobs[uuid] for uuid in uuids]


def _is_named(job: JobReference) -> ColumnElement[bool]:
    if isinstance(job, str):
        if "\0" in job:
            return false()
        uuid = find_uuid(job)
        return Job.reference == job if uuid is None else Job.uuid == uuid
    if isinstance(job, UUID):
        return Job.uuid == job
    return Job.id == job if can_be_id(job) else false()
