"""`POST /api/jobs/manage`: making, changing and deleting jobs."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from firstfix.api.exchange import RawJson
from firstfix.api.manage.fields import Id
from firstfix.api.manage.job_names import JobName, find_reference, read_uuid
from firstfix.api.manage.job_object import JobObject, changed_job, open_sealed
from firstfix.api.manage.job_reads import PATH
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Done, Reply, Success
from firstfix.api.work_reads import read_in
from firstfix.domain.files.restoring import RestoredFile, restore_archived_file
from firstfix.domain.jobs.commands import create_job, delete_job, update_job
from firstfix.domain.jobs.views import JobChanges, JobDraft
from firstfix.domain.messaging.commands import notify_assignment
from firstfix.domain.people.permissions import MANAGE_JOBS, PROGRESS_JOBS
from firstfix.domain.work import Work

Text = Annotated[str, Meta(pattern=r"\S")]
"""A text that says something: blanks alone do not."""

_CORE_NAMES: Final = {
    "job_title": "title",
    "job_description": "description",
    "status_id": "status",
    "priority_id": "priority",
    "job_type_id": "job_type",
    "address_id": "location",
    "branch_id": "branch",
    "agent_id": "agent",
    "contractor_id": "contractor",
    "tenants_ids": "contacts",
    "job_total_budget": "client_budget",
    "contractor_budget": "contractor_budget",
    "vat_percentage": "vat_percentage",
    "date_works_start_date": "works_start_on",
    "date_works_end_date": "works_end_on",
    "time_range_id": "time_range",
    "payment_status_id": "payment_status",
    "invoice_no": "invoice_no",
    "quote_no": "quote_no",
    "works_order_ref": "works_order_ref",
    "access_details": "access_details",
    "private_contact_name": "private_contact_name",
    "private_contact_email": "private_contact_email",
}
"""What the core calls the fields that can be written; no others reach it."""


class NewJob(Struct, kw_only=True):
    """A job to be made. VAT is the organisation's rate where none is given."""

    job_title: Text
    job_description: Text
    priority_id: Id
    status_id: Id
    job_type_id: Id
    address_id: Id
    branch_id: Id | None = None
    agent_id: Id | None = None
    contractor_id: Id | None = None
    tenants_ids: list[Id] | None = None
    job_total_budget: Decimal | None = None
    contractor_budget: Decimal | None = None
    vat_percentage: Decimal | None = None
    date_works_start_date: date | None = None
    date_works_end_date: date | None = None
    time_range_id: Id | None = None
    payment_status_id: Id | None = None
    invoice_no: str | None = None
    quote_no: str | None = None
    works_order_ref: str | None = None
    access_details: str | None = None
    private_contact_name: str | None = None
    private_contact_email: str | None = None


class JobEdit(JobName, kw_only=True):
    """Changes to a job: what is absent stays, null clears. `expected_updated_at` refuses to overwrite newer changes."""

    expected_updated_at: datetime | None = None
    job_title: Text | UnsetType = UNSET
    job_description: str | UnsetType | None = UNSET
    priority_id: Id | UnsetType = UNSET
    status_id: Id | UnsetType = UNSET
    job_type_id: Id | UnsetType = UNSET
    address_id: Id | UnsetType = UNSET
    branch_id: Id | UnsetType = UNSET
    agent_id: Id | UnsetType | None = UNSET
    contractor_id: Id | UnsetType | None = UNSET
    tenants_ids: list[Id] | UnsetType | None = UNSET
    job_total_budget: Decimal | UnsetType | None = UNSET
    contractor_budget: Decimal | UnsetType | None = UNSET
    vat_percentage: Decimal | UnsetType | None = UNSET
    date_works_start_date: date | UnsetType | None = UNSET
    date_works_end_date: date | UnsetType | None = UNSET
    time_range_id: Id | UnsetType | None = UNSET
    payment_status_id: Id | UnsetType | None = UNSET
    invoice_no: str | UnsetType | None = UNSET
    quote_no: str | UnsetType | None = UNSET
    works_order_ref: str | UnsetType | None = UNSET
    access_details: str | UnsetType | None = UNSET
    private_contact_name: str | UnsetType | None = UNSET
    private_contact_email: str | UnsetType | None = UNSET


class ArchivedFileName(Struct, kw_only=True):
    """Which file, by its uuid."""

    uuid: str


class NewJobNames(Struct):
    """The names of the new job."""

    id: int = field(name="ID")
    uuid: UUID
    job_ref: str


class JobCreated(Struct):
    success: Literal[True]
    message: str
    data: NewJobNames
    job_id: int
    job_uuid: UUID
    job_ref: str


class JobUpdated(Struct):
    """The job afterwards. With `approval_required` its status waits for approval and is as it was."""

    success: Literal[True]
    data: JobObject
    message: str
    approval_required: bool | UnsetType = UNSET


@operation("POST", PATH, action="create", key=MANAGE_JOBS, operation_id="createJob", status=201, reply=JobCreated)
async def create(work: Work, data: NewJob) -> Reply:
    """Make a job."""
    given = {core: value for name, core in _CORE_NAMES.items() if (value := getattr(data, name)) is not None}
    ids = await create_job(work, JobDraft(**_core_values(given)))
    return Reply(
        message="Job created successfully",
        data=NewJobNames(ids.id, ids.uuid, ids.reference),
        top={"job_id": ids.id, "job_uuid": ids.uuid, "job_ref": ids.reference},
    )


@operation("POST", PATH, action="update", key=(MANAGE_JOBS, PROGRESS_JOBS), operation_id="updateJob", reply=JobUpdated)
async def update(work: Work, data: JobEdit) -> Reply:
    """Change a job. Who may only progress jobs names a status and nothing else."""
    job = await find_reference(work, data, usual="uuid")
    given = {core: value for name, core in _CORE_NAMES.items() if (value := getattr(data, name)) is not UNSET}
    expected = data.expected_updated_at
    if expected is not None and expected.tzinfo is None:
        expected = expected.replace(tzinfo=UTC)
    updated = await update_job(work, job, JobChanges(**_core_values(given)), expected_updated_at=expected)
    (objects,) = await read_in(work, changed_job, {"job_id": updated.ids.id}) or ("[]",)
    top = {"approval_required": True} if updated.is_approval_required else {}
    return Reply(data=RawJson(open_sealed(objects, work.keys)[1:-1]), top=top)


@operation("POST", PATH, action="delete", key=MANAGE_JOBS, operation_id="deleteJob", reply=Done)
async def delete(work: Work, data: JobName) -> Reply:
    """Delete a job with its notes, files, links and pins."""
    await delete_job(work, await find_reference(work, data, usual="uuid"))
    return Reply(message="Job deleted successfully")


@operation(
    "POST",
    PATH,
    action="send_assignment_notification",
    key=MANAGE_JOBS,
    operation_id="sendAssignmentNotification",
    reply=Done,
)
async def send_assignment_notification(work: Work, data: JobName) -> Reply:
    """Tell a job's contractor by mail that it is assigned to them."""
    await notify_assignment(work, await find_reference(work, data, usual="uuid"))
    return Reply(message="Assignment notification queued")


@operation(
    "POST",
    PATH,
    action="restore_archived_file",
    key=MANAGE_JOBS,
    operation_id="restoreArchivedFile",
    reply=Success[RestoredFile],
)
async def restore_file(work: Work, data: ArchivedFileName) -> Reply:
    """Bring back a photo, a document or an attachment that was deleted by itself, within 30 days."""
    return Reply(data=await restore_archived_file(work, read_uuid("uuid", data.uuid)))


def _core_values(given: dict[str, Any]) -> dict[str, Any]:
    """Make lists what commands take; a text that was cleared is none at all, but a description, which is empty."""
    values = {name: None if value == "" else value for name, value in given.items()}
    if "description" in values:
        values["description"] = values["description"] or ""
    if "contacts" in values:
        values["contacts"] = tuple(values["contacts"] or ())
    return values
