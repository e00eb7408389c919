"""Adding, changing and deleting one task of a job. Every change records one event, on the job."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import update

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.custom_fields.values import find_fields
from firstfix.domain.jobs import members, tasks
from firstfix.domain.jobs.changing import moment_of_change
from firstfix.domain.jobs.commands import refuse_on_device
from firstfix.domain.jobs.errors import JobArchived
from firstfix.domain.jobs.events import job_event
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.references import find_references
from firstfix.domain.jobs.task_rows import TaskState, get_tasks, save_tasks
from firstfix.domain.jobs.tasks import Pair, Planner
from firstfix.domain.jobs.views import JobIds, JobReference, TaskEdit
from firstfix.domain.work import Work
from firstfix.kit.ids import find_uuid


async def add_task(work: Work, job: JobReference, edit: TaskEdit) -> UUID:
    """Put a task at the end of a job's, and return its uuid.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        JobArchived: It no longer changes.
        JobOnDevice: It is active.
        ReferenceNotFound: Something that the task names is absent; `ReferenceArchived`: or archived.
        AssigneeNotInCrew: It is given to somebody else.
        AssigneesOff: It is given to anybody, and True-Crew is off.
        ValueRefused: A custom field does not take its value.
    """
    tasks.check_task(edit, is_new=True)
    await tasks.check_assignees(work, {"": edit})
    current = await _lock(work, job)
    before, fresh = await get_tasks(work, current.id, [edit])
    position = before[-1].position + 1 if before else 0
    added = await _plan(work, current, Pair(edit), fresh, position=position)
    await _save(work, current, before, (*before, added))
    return added.uuid


async def update_task(work: Work, job: JobReference, task: str, edit: TaskEdit) -> None:
    """Change a task of a job. What it shows already is no change.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        JobArchived: It no longer changes.
        JobOnDevice: It is active.
        TaskNotFound: The job has no such task; `ItemNotFound`: nor the task such an item.
        TaskAmbiguous: The catalogue's uuid stands in the job more than once.
        ReferenceNotFound: Something that the edit names is absent; `ReferenceArchived`: or archived.
        AssigneeNotInCrew: It is given to somebody else.
        AssigneesOff: It is given to anybody, and True-Crew is off.
        ValueRefused: A custom field does not take its value.
    """
    tasks.check_task(edit, is_new=False)
    await tasks.check_assignees(work, {"": edit})
    current = await _lock(work, job)
    before, fresh = await get_tasks(work, current.id, [edit])
    chosen = _choose(before, task)
    changed = await _plan(work, current, Pair(edit, chosen), fresh, position=chosen.position)
    await _save(work, current, before, tuple(changed if each is chosen else each for each in before))


async def delete_task(work: Work, job: JobReference, task: str) -> None:
    """Take a task off a job, with its items.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        JobArchived: It no longer changes.
        JobOnDevice: It is active.
        TaskNotFound: The job has no such task.
        TaskAmbiguous: The catalogue's uuid stands in the job more than once.
    """
    current = await _lock(work, job)
    before, _ = await get_tasks(work, current.id)
    chosen = _choose(before, task)
    await _save(work, current, before, tuple(each for each in before if each is not chosen))


async def _lock(work: Work, job: JobReference) -> Job:
    """Lock the job first: whoever else writes its tasks waits, and then finds them as they are."""
    current = await get_visible_job(work, job, for_update=True)
    if current.stage == Stage.ARCHIVED:
        raise JobArchived
    refuse_on_device(current)
    return current


def _choose(before: Sequence[TaskState], reference: str) -> TaskState:
    uuid = find_uuid(reference)
    return tasks.choose_task(
        [(task.uuid == uuid, task) for task in before if uuid in (task.uuid, task.task_uuid)], reference
    )


async def _plan(work: Work, job: Job, pair: Pair, fresh: Sequence[UUID], *, position: int) -> TaskState:
    findings = await find_references(work, tasks.named_in_tasks([pair]))
    fields = await find_fields(work, {"Task": tasks.fields_in_tasks([pair.edit])})
    crew = (await members.get_members(work, job.id)).crew
    return Planner(findings, fields, crew, fresh).plan(pair, position=position)


async def _save(work: Work, job: Job, before: Sequence[TaskState], after: Sequence[TaskState]) -> None:
    told_before, told_after = tasks.changed_tasks(before, after)
    if not told_before and not told_after:
        return
    await save_tasks(work, job.id, before, after)
    await work.session.execute(
        update(Job).where(Job.id == job.id).values(updated_at=moment_of_change(work, job)),
        execution_options={"synchronize_session": False},
    )
    ids = JobIds(id=job.id, uuid=job.uuid, reference=job.reference)
    work.record(job_event(ids, "updated", before={"tasks": told_before}, after={"tasks": told_after}))
