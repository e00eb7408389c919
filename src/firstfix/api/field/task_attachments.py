"""Files attached to a task of a job: putting them there, listing, fetching, captioning and deleting them."""

from typing import Any

import msgspec
from msgspec import Struct

from firstfix.api.downloads import FileAnswer, answer_with_file
from firstfix.api.exchange import Answer, Exchange, RawJson
from firstfix.api.field.attachment_shape import OF_TASKS, Attachment, Caption, attachment_of, caption_of
from firstfix.api.field.job_lists import READ_JOBS
from firstfix.api.field.operations import operation
from firstfix.api.field.wire import job_key
from firstfix.api.hot_reads import HotReads
from firstfix.domain.files import attachments
from firstfix.domain.files.attachments import TaskPlace
from firstfix.domain.files.errors import AttachmentNotFound
from firstfix.domain.files.views import FileContent, GivenFile
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.jobs.tasks import choose_task, place_in_list
from firstfix.domain.people.permissions import MANAGE_JOBS
from firstfix.domain.work import AccountType, Work
from firstfix.kit.ids import find_uuid

_PATH = "/job/{job_ref:str}/task/{task_ref:str}/attachment/"
_ONE = _PATH + "{attachment_ref:str}"

_BY_UUID = """
    SELECT job_tasks.organisation_id, job_tasks.id, job_tasks.uuid = %(task)s AS is_own
    FROM job_tasks JOIN catalogue_tasks ON catalogue_tasks.organisation_id = job_tasks.organisation_id
        AND catalogue_tasks.id = job_tasks.catalogue_task_id
    WHERE job_tasks.organisation_id = jobs.organisation_id AND job_tasks.job_id = jobs.id
        AND (job_tasks.uuid = %(task)s OR catalogue_tasks.uuid = %(task)s)"""
_BY_PLACE = """
    SELECT job_tasks.organisation_id, job_tasks.id, true AS is_own FROM job_tasks
    WHERE job_tasks.organisation_id = jobs.organisation_id AND job_tasks.job_id = jobs.id
    ORDER BY job_tasks.position, job_tasks.id LIMIT 1 OFFSET %(task)s"""


class FilesOfTask(Struct, frozen=True):
    """The statement about files of one task: a row where the job is visible, with what the task's reference fits.

    Args:
        key: What names the job; see `JobShape`.
        is_by_place: Whether the task is named by its place in the list.
        told: SQL of what is asked about the files of `job_tasks`, as JSON.
    """

    key: str
    is_by_place: bool
    told: str

    def __call__(self, visible: str, _account_type: AccountType) -> str:
        """Write it."""
        return f"""
            SELECT jobs.uuid, (
                SELECT array_agg(ARRAY[job_tasks.is_own::text, ({self.told})::text])
                FROM ({_BY_PLACE if self.is_by_place else _BY_UUID}) AS job_tasks
            ) AS matches
            FROM jobs WHERE jobs.{self.key} = %(job)s AND {visible}"""  # noqa: S608 (pieces of ours)


async def check_upload(work: Work, *, job_ref: str, task_ref: str) -> None:
    """Refuse an upload to a task that is not there before its body comes."""
    await attachments.require_place(work, TaskPlace(job_ref, task_ref))


@operation("POST", _PATH, key=MANAGE_JOBS, operation_id="addTaskAttachments", status=201, check=check_upload)
async def add_task_attachments(work: Work, job_ref: str, task_ref: str, files: list[GivenFile]) -> list[Attachment]:
    """Attach one or more files to a task of a job.

    The task is named by its uuid, by the catalogue's where it stands once in the job, or by its place in the job's
    list of tasks, from 0.
    """
    return [attachment_of(file) for file in await attachments.attach(work, TaskPlace(job_ref, task_ref), files)]


@operation("GET", _PATH, key=READ_JOBS, operation_id="listTaskAttachments", reply=list[Attachment])
async def list_task_attachments(reads: HotReads, job_ref: str, task_ref: str) -> RawJson:
    """List the files that are attached to a task of a job, in the order in which they came."""
    body = await _read(reads, job_ref, task_ref, OF_TASKS.all_sql)
    return RawJson((body or "[]").encode())


@operation("GET", _ONE, key=READ_JOBS, operation_id="downloadTaskAttachment", reply=FileAnswer)
async def download_task_attachment(
    reads: HotReads, exchange: Exchange, job_ref: str, task_ref: str, attachment_ref: str
) -> Answer:
    """Fetch a file that is attached to a task of a job, or one range of it."""
    attachment = find_uuid(attachment_ref)
    body = await _read(reads, job_ref, task_ref, OF_TASKS.content_sql, attachment=attachment)
    if body is None:
        raise AttachmentNotFound(attachment_ref)
    return answer_with_file(exchange, msgspec.json.decode(body, type=FileContent))


@operation("PUT", _ONE, key=MANAGE_JOBS, operation_id="captionTaskAttachment", status=204)
async def caption_task_attachment(work: Work, job_ref: str, task_ref: str, attachment_ref: str, data: Caption) -> None:
    """Set the caption of a file that is attached to a task of a job."""
    place = TaskPlace(job_ref, task_ref)
    await attachments.caption_attachment(work, place, attachment_ref, caption=caption_of(data))


@operation("DELETE", _ONE, key=MANAGE_JOBS, operation_id="deleteTaskAttachment", status=204)
async def delete_task_attachment(work: Work, job_ref: str, task_ref: str, attachment_ref: str) -> None:
    """Take a file off a task of a job."""
    await attachments.detach(work, TaskPlace(job_ref, task_ref), attachment_ref)


async def _read(reads: HotReads, job_ref: str, task_ref: str, told: str, **parameters: object) -> str | None:
    key, job = job_key(job_ref)
    place = place_in_list(task_ref)
    task: Any = find_uuid(task_ref) if place is None else place
    read = FilesOfTask(key, place is not None, told)
    uuid, matches = await reads.row(read, {"job": job, "task": task, **parameters})
    if uuid is None:
        raise JobNotFound(job_ref)
    body: str | None = choose_task([(is_own == "true", body) for is_own, body in matches or ()], task_ref)
    return body
