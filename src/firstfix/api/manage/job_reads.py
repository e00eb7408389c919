"""`GET /api/jobs/manage`: one job, and what belongs to reading jobs."""

from typing import Any, Literal

from msgspec import Struct

from firstfix.api.dispatched import find_new_uuid
from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import BodyOf, HotReads
from firstfix.api.manage.fields import Named
from firstfix.api.manage.job_list import READ_JOBS
from firstfix.api.manage.job_names import JobName, check_agreement
from firstfix.api.manage.job_object import JobObject, job_objects, open_sealed
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Listed, Reply, Success
from firstfix.api.services import Services
from firstfix.api.shown import full_name, instant
from firstfix.domain.approvals.amendable import visible_amendments_sql
from firstfix.domain.files.documents import READABLE_TYPES_SQL
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.work import AccountType

PATH = "/api/jobs/manage"


class AssignmentNotification(Struct):
    """Whether the contractor was told of the job. `recipient` is their name; `status` is that of the last mail."""

    sent: bool
    last_sent_at: str | None
    recipient: str | None
    status: Literal["not_sent", "queued", "sent", "failed", "withheld"]


class DeletePreview(Struct):
    """What would go with a job, in numbers."""

    case_notes: int
    photos: int
    documents: int
    amendments: int
    remedial_links: int
    pins: int
    tasks: int
    items: int
    labor: int
    attachments: int
    signatures: int
    time_slots: int
    worked_hours: int
    gate_decisions: int
    recalls: int


@operation("GET", PATH, action="get", key=READ_JOBS, operation_id="getJob", reply=Success[JobObject])
async def get_job(reads: HotReads, services: Services, query: JobName) -> Reply:
    """Read one job."""
    (objects,) = await read_of_job(reads, query, one_job, one_job_by_id)
    return Reply(data=RawJson(open_sealed(objects, services.database.keys)[1:-1]))


@operation(
    "GET", PATH, action="preview_delete", key=READ_JOBS, operation_id="previewDelete", reply=Success[DeletePreview]
)
async def preview_delete(reads: HotReads, query: JobName) -> Reply:
    """Tell what deleting a job would take with it."""
    (counts,) = await read_of_job(reads, query, delete_preview, delete_preview_by_id)
    return Reply(data=RawJson(counts.encode()))


@operation(
    "GET",
    PATH,
    action="get_assignment_notification_state",
    key=READ_JOBS,
    operation_id="getAssignmentNotificationState",
    reply=Success[AssignmentNotification],
)
async def get_assignment_notification_state(reads: HotReads, query: JobName) -> Reply:
    """Tell whether the contractor was told of the job, and what became of the last mail about it."""
    (state,) = await read_of_job(reads, query, notification_state, notification_state_by_id)
    return Reply(data=RawJson(state.encode()))


@operation("GET", PATH, action="get_file_types", key=READ_JOBS, operation_id="listFileTypes", reply=Listed[Named])
async def get_file_types(reads: HotReads) -> Reply:
    """List the types that documents are filed under, those that the caller may read."""
    return await _menu(reads, file_types)


@operation("GET", PATH, action="get_creators", key=READ_JOBS, operation_id="listJobCreators", reply=Listed[Named])
async def get_creators(reads: HotReads) -> Reply:
    """List who has made jobs that the caller sees."""
    return await _menu(reads, creators)


@operation("GET", PATH, action="get_job_agents", key=READ_JOBS, operation_id="listJobAgents", reply=Listed[Named])
async def get_job_agents(reads: HotReads) -> Reply:
    """List the agents of jobs that the caller sees."""
    return await _menu(reads, agents)


@operation(
    "GET", PATH, action="get_job_contractors", key=READ_JOBS, operation_id="listJobContractors", reply=Listed[Named]
)
async def get_job_contractors(reads: HotReads) -> Reply:
    """List the contractors of jobs that the caller sees."""
    return await _menu(reads, contractors)


@operation("GET", PATH, action="get_job_clients", key=READ_JOBS, operation_id="listJobClients", reply=Listed[Named])
async def get_job_clients(reads: HotReads) -> Reply:
    """List the customers whose addresses have jobs that the caller sees."""
    return await _menu(reads, clients)


def file_types(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (about no job)
    """Write the statement that lists the types that documents are filed under, in their order."""
    return f"""
SELECT coalesce(json_agg(json_build_object('id', id, 'name', name) ORDER BY position, id), '[]')::text, count(*)
FROM document_types WHERE {READABLE_TYPES_SQL}"""  # noqa: S608 (pieces of ours)


def one_job(visible: str, account_type: AccountType) -> str:
    """Write the statement that reads a job by uuid."""
    return _one_job(f"{visible} AND {BY_UUID}", account_type)


def one_job_by_id(visible: str, account_type: AccountType) -> str:
    """Write the statement that reads a job by number."""
    return _one_job(f"{visible} AND {BY_ID}", account_type)


def delete_preview(visible: str, account_type: AccountType) -> str:
    """Write the statement that counts what hangs on a job, as far as the caller sees it."""
    return _preview(visible, account_type, which=BY_UUID)


def delete_preview_by_id(visible: str, account_type: AccountType) -> str:
    """Write the statement that counts what hangs on a job, by number."""
    return _preview(visible, account_type, which=BY_ID)


def notification_state(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (the predicate says it all)
    """Write the statement that tells what the contractor of a job was told."""
    return _NOTIFICATION.format(visible=visible, which=BY_UUID)


def notification_state_by_id(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that tells what the contractor of a job was told, by number."""
    return _NOTIFICATION.format(visible=visible, which=BY_ID)


def creators(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that lists who has made jobs."""
    return _people_of("created_by_id", visible)


def agents(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that lists the agents of jobs."""
    return _people_of("agent_id", visible)


def contractors(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that lists the contractors of jobs."""
    return _people_of("contractor_id", visible)


def clients(visible: str, account_type: AccountType) -> str:
    """Write the statement that lists the customers of jobs; of who sees few jobs, from these jobs."""
    if account_type in _SEE_FEW_JOBS:
        return _menu_of(
            f"""
            WITH seen AS MATERIALIZED (
                SELECT DISTINCT jobs.organisation_id, jobs.location_id FROM jobs WHERE {visible}
            )
            SELECT DISTINCT customers.id, customers.name FROM seen
            JOIN locations ON locations.organisation_id = seen.organisation_id AND locations.id = seen.location_id
            JOIN customers
                ON customers.organisation_id = locations.organisation_id AND customers.id = locations.customer_id"""  # noqa: S608
        )
    return _menu_of(
        f"""
        SELECT customers.id, customers.name FROM customers
        WHERE EXISTS (
            SELECT FROM locations
            JOIN jobs ON jobs.organisation_id = locations.organisation_id AND jobs.location_id = locations.id
            WHERE locations.organisation_id = customers.organisation_id AND locations.customer_id = customers.id
              AND {visible})"""  # noqa: S608 (as above)
    )


async def read_of_job(
    reads: HotReads, name: JobName, by_uuid: BodyOf, by_id: BodyOf, *, usual: str = "uuid", **parameters: object
) -> tuple[Any, ...]:
    """Read something of the job that the request names; the statement's last column is the job's number.

    Args:
        reads: The caller's.
        name: Which job.
        by_uuid: The statement that finds it by `BY_UUID`.
        by_id: The one that finds it by `BY_ID`.
        usual: The name that the operation's contract has for the job.
        **parameters: What else the statements take.

    Raises:
        JobNotFound: The job is absent, or hidden from the caller.
    """
    uuid, job_id = name.read(usual=usual)
    if uuid is None:
        *columns, found_id = await reads.row(by_id, {"job_id": job_id, **parameters})
    else:
        *columns, found_id = await reads.row(by_uuid, {"uuid": uuid, **parameters})
        if found_id is None and (new_uuid := await find_new_uuid(reads, "uuid", uuid)) is not None:
            *columns, found_id = await reads.row(by_uuid, {"uuid": new_uuid, **parameters})
    if found_id is None:
        raise JobNotFound(uuid or job_id)
    check_agreement(job_id, found_id)
    return tuple(columns)


async def _menu(reads: HotReads, statement: BodyOf) -> Reply:
    choices, count = await reads.row(statement, {})
    return Reply(data=RawJson(choices.encode()), count=count)


_SEE_FEW_JOBS = frozenset({AccountType.CONTRACTOR, AccountType.TENANT})
BY_UUID = "jobs.uuid = %(uuid)s"
BY_ID = "jobs.id = %(job_id)s::bigint"


_NOTIFICATION = f"""
SELECT json_build_object(
    'sent', coalesce(bool_or(mail.state = 'sent'), false),
    'last_sent_at', {instant("max(mail.sent_at)")},
    'recipient', {full_name("contractors")},
    'status', coalesce((array_agg(CASE mail.state WHEN 'sent' THEN 'sent' WHEN 'dead' THEN 'failed'
        WHEN 'withheld' THEN 'withheld' ELSE 'queued' END ORDER BY mail.event_id DESC)
        FILTER (WHERE mail.state IS NOT NULL))[1], 'not_sent')
)::text, jobs.id
FROM jobs
LEFT JOIN people AS contractors
    ON contractors.organisation_id = jobs.organisation_id AND contractors.id = jobs.contractor_id
LEFT JOIN outbox AS mail ON mail.organisation_id = jobs.organisation_id AND mail.job_id = jobs.id
    AND mail.recipient_kind = 1 AND mail.recipient_id = jobs.contractor_id AND mail.kind = 'job_assigned'
WHERE {{visible}} AND {{which}}
GROUP BY jobs.organisation_id, jobs.id, contractors.id, contractors.first_name, contractors.last_name"""  # noqa: S608


def _count(table: str, joins: str = "", where: str = "") -> str:
    """Write how many rows of a table are of the job."""
    return (
        f"(SELECT count(*) FROM {table} {joins}"  # noqa: S608 (pieces of ours)
        f" WHERE {table}.organisation_id = counted.organisation_id AND {table}.job_id = counted.id {where})"
    )


def _of_tasks(table: str) -> str:
    """Write the join to what hangs on tasks."""
    return f"JOIN {table} ON {table}.organisation_id = job_tasks.organisation_id AND {table}.job_task_id = job_tasks.id"


_FILE_OF_ATTACHMENT = (
    "JOIN files ON files.organisation_id = job_task_attachments.organisation_id"
    " AND files.id = job_task_attachments.file_id AND files.archived_at IS NULL"
)
_LINKS_OF_JOB = """
    SELECT count(*) FROM remedial_links JOIN jobs ON jobs.organisation_id = remedial_links.organisation_id
        AND jobs.id = CASE counted.id WHEN remedial_links.parent_id THEN remedial_links.remedial_id
            ELSE remedial_links.parent_id END
    WHERE remedial_links.organisation_id = counted.organisation_id
      AND (remedial_links.parent_id = counted.id OR remedial_links.remedial_id = counted.id) AND {visible}"""
_PREVIEW = f"""
SELECT json_build_object(
    'case_notes', {_count("case_notes")}, 'photos', counted.photos_count, 'documents', counted.documents_count,
    'amendments', {_count("amendments", where="AND {seen_amendments}")},
    'remedial_links', ({_LINKS_OF_JOB}), 'pins', {_count("pins")},
    'tasks', {_count("job_tasks")}, 'items', {_count("job_tasks", _of_tasks("job_task_items"))},
    'labor', {_count("job_labor")},
    'attachments', {_count("job_tasks", f"{_of_tasks('job_task_attachments')} {_FILE_OF_ATTACHMENT}")},
    'signatures', {_count("job_signatures")}, 'time_slots', {_count("time_slots")},
    'worked_hours', {_count("worked_hours")},
    'gate_decisions', {_count("gate_decisions")}, 'recalls', {_count("recalls")}
)::text, counted.id FROM (SELECT jobs.* FROM jobs WHERE {{visible}} AND {{which}}) AS counted"""  # noqa: S608


def _preview(visible: str, account_type: AccountType, *, which: str) -> str:
    seen_amendments = visible_amendments_sql(account_type, person="me.person_id")
    return _PREVIEW.format(visible=visible, which=which, seen_amendments=seen_amendments)


def _one_job(where: str, account_type: AccountType) -> str:
    page = f"SELECT jobs.* FROM jobs WHERE {where}"  # noqa: S608 (as above)
    return f"SELECT {job_objects(page, 'jobs.id', account_type)}, (SELECT jobs.id FROM ({page}) AS jobs)"  # noqa: S608


def _people_of(column: str, visible: str) -> str:
    return _menu_of(
        f"""
        SELECT people.id, {full_name("people")} AS name FROM people
        WHERE EXISTS (
            SELECT FROM jobs
            WHERE jobs.organisation_id = people.organisation_id AND jobs.{column} = people.id AND {visible})"""  # noqa: S608
    )


def _menu_of(choices: str) -> str:
    return f"""
SELECT coalesce(json_agg(choices ORDER BY choices.name, choices.id), '[]')::text, count(*)
FROM ({choices}) AS choices"""  # noqa: S608 (as above)
