"""Files attached to tasks of jobs.

Each change records one event on the job, beside the file's own: who follows jobs hears of it. It takes the job's lock
first, as every write of its tasks does, so that nothing is attached to a task on its way out.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import insert, select

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.files.commands import add_files, archive_file, set_caption
from firstfix.domain.files.errors import AttachmentNotFound
from firstfix.domain.files.models import File, JobTaskAttachment
from firstfix.domain.files.queries import view_of
from firstfix.domain.files.views import FileView, GivenFile
from firstfix.domain.jobs.errors import JobArchived
from firstfix.domain.jobs.events import job_event
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import get_task, get_visible_job
from firstfix.domain.jobs.views import JobIds, JobReference, TaskName
from firstfix.domain.work import Work
from firstfix.kit.ids import find_uuid


class _Place(Struct, frozen=True):
    """A task that files are attached to, and its job."""

    job: JobIds
    task: TaskName


async def require_open_task(work: Work, job: JobReference, task: str) -> None:
    """Refuse an upload before its body comes where nothing could be attached; the rest as `attach_to_task`."""
    await _find_place(work, job, task)


async def attach_to_task(work: Work, job: JobReference, task: str, given: Sequence[GivenFile]) -> list[FileView]:
    """Attach files to a task of a job, whether or not the job is on a mobile device; they stand after those it has.

    Args:
        work: The open transaction.
        job: Which job.
        task: Which of its tasks, as `get_task` reads it.
        given: In the order sent.

    Returns:
        The files, in that order.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        JobArchived: It no longer changes.
        TaskNotFound: The job has no such task.
        TaskAmbiguous: The catalogue's uuid stands in the job more than once.
        NoFileGiven: There is none.
        QuotaExceeded: They need more room than is left.
    """
    place = await _find_place(work, job, task, for_update=True)
    files = await add_files(work, given, purpose="attachment")
    links = [{"file_id": file.id, "job_task_id": place.task.id} for file in files]
    await work.session.execute(insert(JobTaskAttachment), links)
    _record(work, place, before=[], after=[_told(place, file) for file in files])
    return [view_of(file) for file in files]


async def caption_task_attachment(
    work: Work, job: JobReference, task: str, attachment: str, *, caption: str | UnsetType
) -> None:
    """Set what a file attached to a task says about itself; unset leaves it.

    Raises:
        CaptionRefused: It cannot be kept; the rest as `detach_from_task`.
    """
    place, file = await _find_attachment(work, job, task, attachment)
    before = _told(place, file)
    if caption is not UNSET:
        await set_caption(work, file, caption=caption)
    _record(work, place, before=[before], after=[_told(place, file)])


async def detach_from_task(work: Work, job: JobReference, task: str, attachment: str) -> None:
    """Take a file off a task. It is archived: gone from every read, and restorable for a while.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        JobArchived: It no longer changes.
        TaskNotFound: The job has no such task.
        TaskAmbiguous: The catalogue's uuid stands in the job more than once.
        AttachmentNotFound: There is no such file, or it was deleted.
    """
    place, file = await _find_attachment(work, job, task, attachment)
    await archive_file(work, file)
    _record(work, place, before=[_told(place, file)], after=[])


async def _find_place(work: Work, job: JobReference, task: str, *, for_update: bool = False) -> _Place:
    found = await get_visible_job(work, job, for_update=for_update)
    if found.stage == Stage.ARCHIVED:
        raise JobArchived
    return _Place(_ids_of(found), await get_task(work, found, task))


async def _find_attachment(work: Work, job: JobReference, task: str, attachment: str) -> tuple[_Place, File]:
    place = await _find_place(work, job, task, for_update=True)
    file = await work.session.scalar(
        select(File)
        .join(JobTaskAttachment, JobTaskAttachment.file_id == File.id)
        .where(
            JobTaskAttachment.job_task_id == place.task.id,
            File.uuid == find_uuid(attachment),
            File.archived_at.is_(None),
        )
    )
    if file is None:
        raise AttachmentNotFound(attachment)
    return place, file


def _ids_of(job: Job) -> JobIds:
    return JobIds(id=job.id, uuid=job.uuid, reference=job.reference)


def _told(place: _Place, file: File) -> dict[str, Any]:
    """Tell of a file as the job's history does."""
    return {"uuid": file.uuid, "name": file.file_name, "caption": file.caption, "task": place.task.name}


def _record(work: Work, place: _Place, *, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    if before != after:
        event = job_event(place.job, "updated", before={"attachments": before}, after={"attachments": after})
        work.record(event)
