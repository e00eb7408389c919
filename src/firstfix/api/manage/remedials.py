"""`/api/jobs/remedials`: jobs that follow from others."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from msgspec import Struct, field

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.fields import Limit, Offset
from firstfix.api.manage.job_names import JobName, find_reference, read_uuid
from firstfix.api.manage.job_reads import BY_ID, BY_UUID, read_of_job
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Done, Listed, Reply, Success
from firstfix.api.shown import full_name, instant
from firstfix.api.work_reads import read_in
from firstfix.domain.people.permissions import REMEDIALS
from firstfix.domain.remedials.commands import link_remedial, unlink_remedial
from firstfix.domain.work import AccountType, Work

PATH = "/api/jobs/remedials"


class Remedial(Struct, kw_only=True):
    """A job that follows from another, and who has linked it. `uuid` and `ID` are the job's."""

    link_id: int
    uuid: UUID
    id: int = field(name="ID")
    job_ref: str
    job_title: str
    status_name: str
    reason: str | None
    linked_by_name: str | None
    linked_at: datetime


class RemedialFilters(JobName, kw_only=True):
    """Whose remedials, and which part of them."""

    limit: Limit = 50
    offset: Offset = 0


class NewRemedial(JobName, kw_only=True):
    """A job that there is, and what follows from it. `parent_job_uuid` and `job_uuid` are the same."""

    UUIDS: ClassVar[tuple[str, ...]] = ("uuid", "job_uuid", "parent_job_uuid")

    parent_job_uuid: str | None = None
    remedial_job_uuid: str
    reason: str | None = None


class RemedialName(Struct, kw_only=True):
    """Which job is to be nobody's remedial any more."""

    remedial_job_uuid: str


@operation("GET", PATH, action="list", key=REMEDIALS, operation_id="listRemedials", reply=Listed[Remedial])
async def list_remedials(reads: HotReads, query: RemedialFilters) -> Reply:
    """List what follows from a job, as far as the caller sees it, newest link first."""
    page = {"limit": query.limit, "offset": query.offset}
    items, count = await read_of_job(reads, query, remedials, remedials_by_id, usual="job_uuid", **page)
    return Reply(data=RawJson(items.encode()), count=count)


@operation("POST", PATH, action="link", key=REMEDIALS, operation_id="linkRemedial", status=201, reply=Success[Remedial])
@operation(
    "POST", PATH, action="create", key=REMEDIALS, operation_id="createRemedial", status=201, reply=Success[Remedial]
)
async def link(work: Work, data: NewRemedial) -> Reply:
    """Link a job to one that it follows from. It has one parent at most, and nothing follows from itself."""
    remedial = read_uuid("remedial_job_uuid", data.remedial_job_uuid)
    parent = await find_reference(work, data, usual="parent_job_uuid")
    link_id = await link_remedial(work, parent=parent, remedial=remedial, reason=data.reason or None)
    (items,) = await read_in(work, one_link, {"id": link_id}) or ("[]",)
    return Reply(data=RawJson(items.encode()[1:-1]))


@operation("POST", PATH, action="unlink", key=REMEDIALS, operation_id="unlinkRemedial", reply=Done)
@operation("POST", PATH, action="delete", key=REMEDIALS, operation_id="deleteRemedial", reply=Done)
async def unlink(work: Work, data: RemedialName) -> Reply:
    """Unlink a job from the one that it follows from. The jobs stay."""
    await unlink_remedial(work, read_uuid("remedial_job_uuid", data.remedial_job_uuid))
    return Reply()


def remedials(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (the predicate says it all)
    """Write the statement that lists what follows from a job."""
    return _remedials(visible, BY_UUID)


def remedials_by_id(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that lists what follows from a job, by number."""
    return _remedials(visible, BY_ID)


def one_link(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (who made it sees both ends)
    """Write the statement that reads one link as a work has made it: a JSON array of it alone."""
    return f"SELECT {_objects(f'SELECT {_COLUMNS} {_OF_JOBS} WHERE remedial_links.id = %(id)s::bigint')}"


_COLUMNS = "remedial_links.*, jobs.uuid AS job_uuid, jobs.reference, jobs.title, jobs.status_id"
_OF_JOBS = (
    "FROM remedial_links JOIN jobs"
    " ON jobs.organisation_id = remedial_links.organisation_id AND jobs.id = remedial_links.remedial_id"
)


def _remedials(visible: str, which: str) -> str:
    of_parent = (
        f"{_OF_JOBS} WHERE remedial_links.organisation_id = parent.organisation_id"
        f" AND remedial_links.parent_id = parent.id AND {visible}"
    )
    page = f"""
    SELECT {_COLUMNS} {of_parent}
    ORDER BY remedial_links.created_at DESC, remedial_links.id DESC OFFSET %(offset)s LIMIT %(limit)s"""
    return f"""
SELECT {_objects(page)}, (SELECT count(*) {of_parent}), parent.id
FROM (SELECT jobs.* FROM jobs WHERE {visible} AND {which}) AS parent"""  # noqa: S608 (pieces of ours)


def _objects(page: str) -> str:
    return f"""
(SELECT coalesce(json_agg(objects), '[]')::text FROM (
    SELECT page.id AS link_id, page.job_uuid AS uuid, page.remedial_id AS "ID", page.reference AS job_ref,
        page.title AS job_title, statuses.name AS status_name, page.reason,
        {full_name("people")} AS linked_by_name,
        {instant("page.created_at")} AS linked_at
    FROM ({page}) AS page
    JOIN statuses ON statuses.organisation_id = page.organisation_id AND statuses.id = page.status_id
    LEFT JOIN people ON people.organisation_id = page.organisation_id AND people.id = page.linked_by_id
    ORDER BY page.created_at DESC, page.id DESC
) AS objects)"""  # noqa: S608 (as above)
