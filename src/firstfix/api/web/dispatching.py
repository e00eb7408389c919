"""Sending a deferred job out by hand."""

from uuid import UUID

from msgspec import Struct

from firstfix.api.web.job_rows import uuid_of
from firstfix.api.web.operations import operation
from firstfix.domain.jobs import dispatching
from firstfix.domain.people.permissions import MANAGE_JOBS
from firstfix.domain.work import Work


class DispatchedJob(Struct, kw_only=True):
    """What the job is called from now on."""

    uuid: UUID
    reference: str


@operation("POST", "/web/jobs/{uuid:str}/dispatch", key=MANAGE_JOBS, operation_id="dispatchJob")
async def dispatch_job(work: Work, uuid: str) -> DispatchedJob:
    """Dispatch a deferred job before it is due: it becomes a new one."""
    ids = await dispatching.dispatch_job(work, uuid_of(uuid))
    return DispatchedJob(uuid=ids.uuid, reference=ids.reference)
