"""`GET /api/jobs/sla-status` and `GET /api/sla-breached-jobs`: how jobs stand to what is promised about them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, field

from firstfix.api.dispatched import find_new_uuid
from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.fields import Id, Limit, Offset
from firstfix.api.manage.job_list import READ_JOBS, JobFilters, ListStatement, list_statement
from firstfix.api.manage.job_names import JobName
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Listed, Reply, Success
from firstfix.api.shown import full_name, instant
from firstfix.domain.people.permissions import READ_BREACHED_JOBS
from firstfix.domain.sla.standing import (
    CLOCK,
    HAS_SLA,
    HOURS_OVERDUE,
    HOURS_REMAINING,
    PAUSED_MINUTES,
    SLA_STATUS,
    STANDS,
    SlaStatus,
)
from firstfix.domain.work import AccountType

Hours = Decimal
"""Clock hours with one decimal."""


class SlaItem(Struct, kw_only=True):
    """How a job stands. Of one whose clock is paused the deadlines are told as if it went on now.

    `paused_minutes` is working time that the clock stood. Hours are clock hours, until and since `resolution_due_at`;
    of a job that is done, as they were then.
    """

    job_uuid: UUID
    job_ref: str
    job_title: str
    priority_name: str
    sla_status: SlaStatus | None
    response_due_at: datetime | None
    responded_at: datetime | None
    resolution_due_at: datetime | None
    completed_at: datetime | None
    paused_minutes: int
    hours_remaining: Hours | None
    hours_overdue: Hours | None


class SlaSummary(Struct, kw_only=True):
    """How many jobs stand how, whatever `status` was asked for."""

    within: int
    overdue: int
    breached: int


class SlaList(Listed[SlaItem]):
    """A page of jobs, and how many stand how."""

    summary: SlaSummary


class SlaFilters(JobName, kw_only=True):
    """Which jobs: those that something is promised about, or the one that is named. Unknown ids find nothing."""

    status: SlaStatus | None = None
    branch_id: Id | None = None
    limit: Limit = 50
    offset: Offset = 0


class BreachedJob(Struct, kw_only=True):
    """A job that has missed its deadline."""

    id: int = field(name="ID")
    uuid: UUID
    job_ref: str
    job_title: str
    priority_name: str
    sla_deadline: datetime
    hours_overdue: Hours
    agent_name: str | None
    contractor_name: str | None


class BranchBreaches(Struct, kw_only=True):
    """A branch that has breached jobs: how many, and a page of them, newest first."""

    branch_id: int
    branch_name: str
    breached_count: int
    jobs: list[BreachedJob]


class AgentBreaches(Struct, kw_only=True):
    agent_id: int
    agent_name: str
    breached_count: int


class ContractorBreaches(Struct, kw_only=True):
    contractor_id: int
    contractor_name: str
    breached_count: int


class Breaches(Struct, kw_only=True):
    """All breached jobs. The summary also has `<priority>_priority` for each priority, in lower case."""

    by_branch: list[BranchBreaches]
    by_agent: list[AgentBreaches]
    by_contractor: list[ContractorBreaches]
    summary: dict[str, int]


class BreachPage(Struct, kw_only=True):
    """Which of each branch's breached jobs are told; the counts are of all."""

    limit: Limit = 200
    offset: Offset = 0


@operation("GET", "/api/jobs/sla-status", key=READ_JOBS, operation_id="listSlaStatus", reply=SlaList)
async def list_sla_status(reads: HotReads, query: SlaFilters) -> Reply:
    """List how jobs stand to what is promised about them, newest first."""
    statement, parameters = sla_statement(query)
    items, summary, count = await reads.row(statement, parameters)
    uuid = parameters.get("job_uuid")
    if uuid is not None and not count and (new_uuid := await find_new_uuid(reads, "uuid", uuid)) is not None:
        items, summary, count = await reads.row(statement, parameters | {"job_uuid": new_uuid})
    return Reply(data=RawJson(items.encode()), count=count, top={"summary": msgspec.Raw(summary.encode())})


@operation(
    "GET",
    "/api/sla-breached-jobs",
    key=READ_BREACHED_JOBS,
    operation_id="listSlaBreachedJobs",
    reply=Success[Breaches],
)
async def list_breached_jobs(reads: HotReads, query: BreachPage) -> Reply:
    """Tell which jobs have missed their deadline, by branch, agent and contractor."""
    (breaches,) = await reads.row(breached_jobs, {"limit": query.limit, "offset": query.offset})
    return Reply(data=RawJson(breaches.encode()))


class SlaStatement(Struct, frozen=True):
    """The statement of a list of how jobs stand: one for each set of filters and size of page.

    Args:
        jobs: Selects the page.
        status: Only jobs that stand so.
        named_by: How the one job is named, where one is.
    """

    jobs: ListStatement
    status: SlaStatus | None
    named_by: tuple[str, ...]

    def __call__(self, visible: str, account_type: AccountType) -> str:
        """Write the statement."""
        conditions = self.jobs.conditions(visible) | {name: _NAMED[name] for name in self.named_by}
        every = {name: condition for name, condition in conditions.items() if name != f"sla_{self.status}"}
        if not self.named_by:
            every["sla"] = HAS_SLA
        order = "jobs.created_at DESC, jobs.id DESC"
        page = self.jobs.page(conditions, order, account_type)
        counts = ", ".join(f"count(*) FILTER (WHERE {stands}) AS {status}" for status, stands in STANDS.items())
        return f"""
WITH summary AS MATERIALIZED (
    SELECT {counts}, count(*) AS every FROM jobs WHERE {" AND ".join(every.values())}
), total AS MATERIALIZED (SELECT summary.{self.status or "every"} AS jobs_count FROM summary)
SELECT (
    SELECT coalesce(json_agg(items), '[]')::text FROM (
        SELECT {_ITEM_COLUMNS} FROM ({page}) AS jobs {_PRIORITY} {CLOCK} ORDER BY {order}
    ) AS items
), json_build_object('within', summary.within, 'overdue', summary.overdue, 'breached', summary.breached)::text,
total.jobs_count FROM summary, total"""  # noqa: S608 (pieces of ours; values are parameters)


def sla_statement(filters: SlaFilters) -> tuple[SlaStatement, dict[str, Any]]:
    """Choose the statement for some filters, and its parameters.

    Raises:
        BadRequest: The job's uuid is none, or two are given.
    """
    jobs, parameters = list_statement(
        JobFilters(branch_id=filters.branch_id, sla_status=filters.status, limit=filters.limit, offset=filters.offset)
    )
    named = _named(filters)
    parameters |= named
    if not named and filters.status is None:
        jobs = msgspec.structs.replace(jobs, filters=(*jobs.filters, "sla"))
    return SlaStatement(jobs=jobs, status=filters.status, named_by=tuple(named)), parameters


def _named(filters: SlaFilters) -> dict[str, Any]:
    """Read by what a job is named, if one is."""
    if filters.uuid is None and filters.job_uuid is None and filters.job_id is None:
        return {}
    uuid, job_id = filters.read(usual="job_uuid")
    return {name: value for name, value in (("job_uuid", uuid), ("job_id", job_id)) if value is not None}


def breached_jobs(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (the predicate says it all)
    """Write the statement of the report."""
    return f"""
WITH breached AS MATERIALIZED (
    SELECT jobs.organisation_id, jobs.id, jobs.branch_id, jobs.agent_id, jobs.contractor_id, jobs.priority_id,
        row_number() OVER (PARTITION BY jobs.branch_id ORDER BY jobs.created_at DESC, jobs.id DESC) AS place
    FROM jobs WHERE {visible} AND {STANDS["breached"]}
), told AS (
    SELECT page.branch_id, json_agg(page.job ORDER BY page.place) AS jobs FROM (
        SELECT breached.branch_id, breached.place,
            (SELECT row_to_json(job) FROM (SELECT {_BREACHED_COLUMNS}) AS job) AS job
        FROM breached JOIN jobs ON jobs.organisation_id = breached.organisation_id AND jobs.id = breached.id
        {_PRIORITY} {_PEOPLE} {CLOCK}
        WHERE breached.place > %(offset)s AND breached.place <= %(offset)s + %(limit)s
    ) AS page GROUP BY page.branch_id
)
SELECT json_build_object(
    'by_branch', (SELECT coalesce(json_agg(listed), '[]') FROM (
        SELECT branches.id AS branch_id, branches.name AS branch_name, counted.jobs_count AS breached_count,
            coalesce(told.jobs, '[]') AS jobs
        FROM (SELECT breached.branch_id, count(*) AS jobs_count FROM breached GROUP BY 1) AS counted
        JOIN branches ON branches.organisation_id = me.organisation_id AND branches.id = counted.branch_id
        LEFT JOIN told ON told.branch_id = branches.id
        ORDER BY branches.name, branches.id
    ) AS listed),
    'by_agent', {_by_person("agent")},
    'by_contractor', {_by_person("contractor")},
    'summary', (SELECT json_object_agg(named.name, named.jobs_count ORDER BY named.rank, named.name) FROM (
        SELECT 0 AS rank, 'total_breached' AS name, (SELECT count(*) FROM breached) AS jobs_count
        UNION ALL
        SELECT min(priorities.rank), {_PRIORITY_KEY}, count(breached.id) FROM priorities
        LEFT JOIN breached ON breached.priority_id = priorities.id
        WHERE priorities.organisation_id = me.organisation_id GROUP BY 2
    ) AS named)
)::text"""  # noqa: S608 (as above)


def _by_person(role: str) -> str:
    return f"""(SELECT coalesce(json_agg(listed), '[]') FROM (
        SELECT people.id AS {role}_id, {full_name("people")} AS {role}_name,
            counted.jobs_count AS breached_count
        FROM (SELECT breached.{role}_id, count(*) AS jobs_count FROM breached
            WHERE breached.{role}_id IS NOT NULL GROUP BY 1) AS counted
        JOIN people ON people.organisation_id = me.organisation_id AND people.id = counted.{role}_id
        ORDER BY counted.jobs_count DESC, {role}_name, people.id
    ) AS listed)"""  # noqa: S608 (as above)


_NAMED = {"job_uuid": "jobs.uuid = %(job_uuid)s::uuid", "job_id": "jobs.id = %(job_id)s::bigint"}
_PRIORITY = "JOIN priorities ON priorities.organisation_id = jobs.organisation_id AND priorities.id = jobs.priority_id"
_PRIORITY_KEY = "btrim(regexp_replace(lower(priorities.name), '[^[:alnum:]]+', '_', 'g'), '_') || '_priority'"
_PEOPLE = """
LEFT JOIN people AS agents ON agents.organisation_id = jobs.organisation_id AND agents.id = jobs.agent_id
LEFT JOIN people AS contractors
    ON contractors.organisation_id = jobs.organisation_id AND contractors.id = jobs.contractor_id"""
_ITEM_COLUMNS = f"""
    jobs.uuid AS job_uuid, jobs.reference AS job_ref, jobs.title AS job_title, priorities.name AS priority_name,
    {SLA_STATUS} AS sla_status, {instant("due.response_at")} AS response_due_at,
    {instant("jobs.responded_at")} AS responded_at, {instant("due.resolution_at")} AS resolution_due_at,
    {instant("jobs.completed_at")} AS completed_at, {PAUSED_MINUTES} AS paused_minutes,
    {HOURS_REMAINING} AS hours_remaining, {HOURS_OVERDUE} AS hours_overdue"""
_BREACHED_COLUMNS = f"""
    jobs.id AS "ID", jobs.uuid, jobs.reference AS job_ref, jobs.title AS job_title, priorities.name AS priority_name,
    {instant("due.resolution_at")} AS sla_deadline, {HOURS_OVERDUE} AS hours_overdue,
    {full_name("agents")} AS agent_name,
    {full_name("contractors")} AS contractor_name"""
