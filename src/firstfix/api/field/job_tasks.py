"""One task of a job: reading, adding, changing and deleting it."""

from typing import Any

from msgspec import Struct

from firstfix.api.exchange import Answer, Exchange, RawJson
from firstfix.api.field.job_lists import READ_JOBS
from firstfix.api.field.job_shape import TASK_ROWS, Task
from firstfix.api.field.operations import operation
from firstfix.api.field.task_body import TaskBody, read_task
from firstfix.api.field.wire import job_key, link_to
from firstfix.api.hot_reads import HotReads
from firstfix.api.work_reads import read_in
from firstfix.domain.jobs import task_commands
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.jobs.tasks import choose_task
from firstfix.domain.people.permissions import MANAGE_JOBS
from firstfix.domain.work import AccountType, Work
from firstfix.kit.ids import find_uuid


class TaskShape(Struct, frozen=True):
    """The statement of one task: a row where the job is visible, with its uuid and what the task's reference fits.

    Args:
        key: What names the job; see `JobShape`.
    """

    key: str

    def __call__(self, visible: str, _account_type: AccountType) -> str:
        """Write it."""
        return f"""
            SELECT jobs.uuid, found.matches FROM jobs
            CROSS JOIN LATERAL (
                SELECT array_agg(ARRAY[(tasks.uuid = %(task)s)::text, tasks.body]) AS matches
                FROM ({TASK_ROWS} AND (job_tasks.uuid = %(task)s OR catalogue_tasks.uuid = %(task)s)) AS tasks
            ) AS found
            WHERE jobs.{self.key} = %(job)s AND {visible}"""  # noqa: S608 (pieces of ours)


@operation("GET", "/job/{job_ref:str}/task/{task_ref:str}", key=READ_JOBS, operation_id="getJobTask", reply=Task)
async def get_job_task(reads: HotReads, job_ref: str, task_ref: str) -> RawJson:
    """Fetch a task of a job."""
    return RawJson(_chosen(job_ref, task_ref, await reads.row(*task_read(job_ref, task_ref))))


@operation("POST", "/job/{job_ref:str}/task/", key=MANAGE_JOBS, operation_id="addJobTask", status=201, reply=Task)
async def add_job_task(work: Work, exchange: Exchange, job_ref: str, data: TaskBody) -> Answer:
    """Put a task at the end of a job's, unless the job is on a mobile device."""
    added = await task_commands.add_task(work, job_ref, read_task(data, is_new=True))
    row = await read_in(work, *task_read(job_ref, added.hex)) or (None, None)
    body = _chosen(job_ref, added.hex, row)
    link = link_to(exchange, f"/job/{row[0].hex}/task/{added.hex}")
    return Answer(status=201, body=body, headers={"Location": link.url})


@operation("PUT", "/job/{job_ref:str}/task/{task_ref:str}", key=MANAGE_JOBS, operation_id="updateJobTask", status=204)
async def update_job_task(work: Work, job_ref: str, task_ref: str, data: TaskBody) -> None:
    """Change a task of a job, unless the job is on a mobile device."""
    await task_commands.update_task(work, job_ref, task_ref, read_task(data, is_new=False))


@operation(
    "DELETE", "/job/{job_ref:str}/task/{task_ref:str}", key=MANAGE_JOBS, operation_id="deleteJobTask", status=204
)
async def delete_job_task(work: Work, job_ref: str, task_ref: str) -> None:
    """Take a task off a job, unless the job is on a mobile device."""
    await task_commands.delete_task(work, job_ref, task_ref)


def task_read(job_ref: str, task_ref: str) -> tuple[TaskShape, dict[str, Any]]:
    """Give the statement that fetches a task by its uuid in the job or the catalogue's, and its parameters."""
    key, job = job_key(job_ref)
    return TaskShape(key), {"job": job, "task": find_uuid(task_ref)}


def _chosen(job_ref: str, task_ref: str, row: tuple[Any, ...]) -> bytes:
    uuid, matches = row
    if uuid is None:
        raise JobNotFound(job_ref)
    body: str = choose_task([(is_own == "true", body) for is_own, body in matches or ()], task_ref)
    return body.encode()
