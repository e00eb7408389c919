"""`GET /api/jobs/manage?action=list`: a page of jobs and how many match, in one statement."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Literal

from msgspec import Struct

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.fields import Id, Page, Search
from firstfix.api.manage.job_object import JobObject, job_objects, open_sealed
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Listed, Reply
from firstfix.api.search_words import split_search
from firstfix.api.services import Services
from firstfix.domain.jobs.policies import visible_jobs_sql
from firstfix.domain.people.permissions import LIST_JOBS, MANAGE_JOBS
from firstfix.domain.sla.standing import HAS_SLA, STANDS, SlaStatus
from firstfix.domain.work import AccountType

READ_JOBS = (LIST_JOBS, MANAGE_JOBS)
"""Reading never needs the right to write, and who may write may read."""

Sort = Literal["created_at", "updated_at", "job_ref", "priority", "status", "date_works_start_date"]
Direction = Literal["asc", "desc"]


class JobFilters(Page, kw_only=True):
    """Which jobs, all of it, and in which order. An id that nothing has gives an empty list.

    `search`: words of title, reference and description, the last one by its beginning, phrases in quotes. Of
    `has_photos`, `has_documents` and `pinned` only `true` filters. `date_from` and `date_to`: start of the works.
    """

    search: Search | None = None
    status_id: Id | None = None
    priority_id: Id | None = None
    job_type_id: Id | None = None
    branch_id: Id | None = None
    address_id: Id | None = None
    agent_id: Id | None = None
    contractor_id: Id | None = None
    created_by: Id | None = None
    has_photos: bool | None = None
    has_documents: bool | None = None
    pinned: bool | None = None
    sla_status: SlaStatus | None = None
    date_from: date | None = None
    date_to: date | None = None
    sort: Sort = "created_at"
    direction: Direction = "desc"


@operation("GET", "/api/jobs/manage", action="list", key=READ_JOBS, operation_id="listJobs", reply=Listed[JobObject])
async def list_jobs(reads: HotReads, services: Services, query: JobFilters) -> Reply:
    """List jobs, newest first unless another order is asked for."""
    statement, parameters = list_statement(query)
    objects, count = await reads.row(statement, parameters)
    return Reply(data=RawJson(open_sealed(objects, services.database.keys)), count=count)


class ListStatement(Struct, frozen=True):
    """The statement of a list: one for each set of filters, order and size of page.

    How many rows are wanted stands in it as numbers, because the planner expects a tenth of the table where a parameter
    says it. With numbers it plans once; with a parameter it would plan anew each time, and that takes longer than
    reading.

    Args:
        limit: Jobs on the page.
        reach: How many jobs must be looked at for it, rounded up; the page itself without an offset.
        is_window_wide: Whether the dates leave so much that what else there is finds the jobs.
        few_jobs: Up to so many are found first and sorted then.
    """

    filters: tuple[str, ...]
    sort: Sort
    direction: Direction
    limit: int
    reach: int
    is_window_wide: bool = False
    few_jobs: int = 10_000

    def __call__(self, visible: str, account_type: AccountType) -> str:
        """Write the statement."""
        conditions = self.conditions(visible)
        order = _ORDERS[self.sort].format(direction=self.direction)
        branches = _FOUND_OF.get(account_type) if self._is_plain_search() else None
        if branches is not None:
            return _SEARCH.format(
                reach=self.reach,
                branches=branches,
                objects=job_objects(_cut(_NEWEST_FOUND.format(visible=visible), self), order, account_type),
            )
        page = self.page(conditions, order, account_type)
        total = self._count(conditions, account_type)
        return f"""
WITH {_FOUND if "search" in self.filters else ""} total AS MATERIALIZED (SELECT ({total}) AS jobs_count)
SELECT {job_objects(page, order, account_type)}, total.jobs_count FROM total"""  # noqa: S608 (pieces of ours)

    def conditions(self, visible: str) -> dict[str, str]:
        """Give the predicates on `jobs` that must all hold, by filter."""
        conditions = {"visible": visible, **{name: _CONDITIONS[name] for name in self.filters}}
        if self.is_window_wide and (visible != _EVERYTHING or not _DATES.issuperset(self.filters)):
            return _without_index_of_dates(conditions)
        return conditions

    def page(self, conditions: Mapping[str, str], order: str, account_type: AccountType) -> str:
        """Select the jobs of the page. How many match stands in a CTE `total (jobs_count)`.

        Where an index holds just these jobs in just this order, it is read from its beginning. Everywhere else that
        may find little and read the whole table for it. So few jobs are found first and sorted then, and only of many
        is the order read and what does not match left out.
        """
        names = frozenset(self.filters)
        where = " AND ".join(conditions.values())
        parts = {"order": order, "direction": self.direction, "reach": self.reach, "few_jobs": self.few_jobs}
        if account_type in _BRANCH_TYPES and self.sort == "created_at" and names <= {"branch_id", "status_id"}:
            rows = _BY_BRANCH.format(where=where, **parts)
        elif self._is_indexed(names, account_type):
            rows = _PAGES.get(self.sort, _PLAIN).format(where=where, **parts)
        else:
            few = _FEW.format(where=where, lookups=_LOOKUPS.get(self.sort, ""), **parts)
            if self.sort != "date_works_start_date":
                conditions = _without_index_of_dates(conditions)
            are_many = " AND ".join((*conditions.values(), _ARE_MANY.format(few_jobs=self.few_jobs)))
            many = _PAGES.get(self.sort, _PLAIN).format(where=are_many, **parts)
            rows = f"({few}) UNION ALL ({many})"
        return _cut(rows, self)

    def _is_plain_search(self) -> bool:
        """Tell whether all that is wanted are the newest jobs that words are found in."""
        return self.filters == ("search",) and (self.sort, self.direction) == ("created_at", "desc")

    def _is_indexed(self, names: frozenset[str], account_type: AccountType) -> bool:
        if account_type is AccountType.CONTRACTOR:
            names |= {"contractor_id"}
        elif account_type is not AccountType.STAFF:
            return False
        return not names or (self.sort == "created_at" and names in _INDEXED)

    def _count(self, conditions: Mapping[str, str], account_type: AccountType) -> str:
        """Count what matches: from the kept counters where they tell it apart, else by index."""
        if self.filters == ("search",) and account_type is AccountType.STAFF:
            return "SELECT count(*) FROM found"
        by_index = f"SELECT count(*) FROM jobs WHERE {' AND '.join(conditions.values())}"  # noqa: S608 (as above)
        if account_type not in _COUNTED_TYPES or not _COUNTED.issuperset(self.filters):
            return by_index
        kept = " AND ".join(condition for name, condition in conditions.items() if name not in _DATES)
        kept = kept.replace("jobs.", "job_counts.")
        kept = f"SELECT coalesce(sum(job_counts.jobs_count), 0)::bigint FROM job_counts WHERE {kept}"  # noqa: S608
        dates = [_COVERED[name] for name in self.filters if name in _DATES]
        if not dates:
            return kept
        return f"CASE WHEN {' AND '.join(dates)} THEN ({kept} AND job_counts.is_dated) ELSE ({by_index}) END"


def _cut(rows: str, statement: ListStatement) -> str:
    """Cut the page out of the rows that reach to its end."""
    offset = "" if statement.reach == statement.limit else "OFFSET %(offset)s"
    return f"SELECT * FROM ({rows}) AS jobs {offset} LIMIT {statement.limit}"  # noqa: S608 (as above)


def _without_index_of_dates(conditions: Mapping[str, str]) -> dict[str, str]:
    """Keep the planner from reading the index of dates: it takes every window for a narrow one."""
    return {name: f"({condition}) IS TRUE" if name in _DATES else condition for name, condition in conditions.items()}


def list_statement(filters: JobFilters) -> tuple[ListStatement, dict[str, Any]]:
    """Choose the statement for some filters, and its parameters."""
    parameters: dict[str, Any] = {"offset": filters.offset} if filters.offset else {}
    used = {name: getattr(filters, name, None) for name in _CONDITIONS}
    used = {name: value for name, value in used.items() if value is not None and value is not False}
    if filters.search is not None:
        del used["search"]
        parameters["phrases"], parameters["prefix"] = split_search(filters.search)
        if parameters["phrases"] or parameters["prefix"]:
            used["search"] = filters.search
    if filters.sla_status is not None:
        used[f"sla_{filters.sla_status}"] = True
    parameters |= used
    reach = filters.limit
    if filters.offset:
        reach = next(reach for reach in _REACHES if reach > filters.limit + filters.offset)
    statement = ListStatement(
        filters=tuple(sorted(used)),
        sort=filters.sort,
        direction=filters.direction,
        limit=filters.limit,
        reach=reach,
        is_window_wide=_is_window_wide(filters),
    )
    return statement, parameters


def _is_window_wide(filters: JobFilters) -> bool:
    if filters.date_from is None and filters.date_to is None:
        return False
    return (filters.date_to or date.max) - (filters.date_from or date.min) > _NARROW_WINDOW


_STARTS_ON = """(
    SELECT (jobs.scheduled_at AT TIME ZONE coalesce(branches.time_zone, organisations.time_zone))::date
    FROM branches JOIN organisations ON organisations.id = branches.organisation_id
    WHERE branches.organisation_id = jobs.organisation_id AND branches.id = jobs.branch_id)"""
# No zone is further than 14 hours from UTC: only within those of a date's begin and end does the branch's zone decide.
_FROM = "%(date_from)s::timestamp AT TIME ZONE 'UTC' {hours:+d} * interval '1 hour'"
_TO = "%(date_to)s::timestamp AT TIME ZONE 'UTC' {hours:+d} * interval '1 hour'"
_CONDITIONS = {
    "search": "jobs.id IN (SELECT found.id FROM found)",
    "status_id": "jobs.status_id = %(status_id)s::bigint",
    "priority_id": "jobs.priority_id = %(priority_id)s::bigint",
    "job_type_id": "jobs.job_type_id = %(job_type_id)s::bigint",
    "branch_id": "jobs.branch_id = %(branch_id)s::bigint",
    "address_id": "jobs.location_id = %(address_id)s::bigint",
    "agent_id": "jobs.agent_id = %(agent_id)s::bigint",
    "contractor_id": "jobs.contractor_id = %(contractor_id)s::bigint",
    "created_by": "jobs.created_by_id = %(created_by)s::bigint",
    "has_photos": "jobs.photos_count > 0",
    "has_documents": "jobs.documents_count > 0",
    "pinned": "jobs.id IN (SELECT pins.job_id FROM pins WHERE pins.organisation_id = me.organisation_id"
    " AND pins.person_id = me.person_id)",
    "sla": HAS_SLA,
    **{f"sla_{status}": condition for status, condition in STANDS.items()},
    "date_from": f"jobs.scheduled_at >= {_FROM.format(hours=-14)}"
    f" AND (jobs.scheduled_at >= {_FROM.format(hours=14)} OR {_STARTS_ON} >= %(date_from)s::date)",
    "date_to": f"jobs.scheduled_at < {_TO.format(hours=38)}"
    f" AND (jobs.scheduled_at < {_TO.format(hours=10)} OR {_STARTS_ON} <= %(date_to)s::date)",
}
_FOUND = "found AS MATERIALIZED (SELECT search_jobs(%(phrases)s::text[], %(prefix)s::text) AS id),"
_FOUND_OF = {AccountType.STAFF: "NULL", AccountType.AGENT: "me.branch_ids", AccountType.LANDLORD: "me.branch_ids"}
"""SQL of the branches whose jobs somebody sees; null for all. Who sees jobs otherwise is not here."""
# The database finds, counts and sorts in one go: the jobs that match are looked at once, and only the newest again.
_SEARCH = """
WITH found AS MATERIALIZED (
    SELECT * FROM find_newest_jobs(%(phrases)s::text[], %(prefix)s::text, {branches}, {reach})
)
SELECT {objects}, found.jobs_count FROM found"""
_NEWEST_FOUND = """
SELECT jobs.* FROM (SELECT unnest(found.ids) AS id FROM found) AS newest
JOIN jobs ON jobs.organisation_id = me.organisation_id AND jobs.id = newest.id AND {visible}
ORDER BY jobs.created_at DESC, jobs.id DESC"""
_ARE_MANY = "(SELECT total.jobs_count FROM total) > {few_jobs}"
_REACHES = (500, 2000, 10_000, 50_000, 250_000, 10**13)
_INDEXED = frozenset(
    frozenset(names)
    for names in (
        ("status_id",),
        ("branch_id",),
        ("branch_id", "status_id"),
        ("priority_id",),
        ("job_type_id",),
        ("address_id",),
        ("agent_id",),
        ("contractor_id",),
        ("created_by",),
        ("has_photos",),
        ("has_documents",),
    )
)
"""Filters for which an index holds their jobs, newest first."""

_EVERYTHING = visible_jobs_sql(AccountType.STAFF, person="", branches="")
_NARROW_WINDOW = timedelta(days=92)
_DATES = frozenset({"date_from", "date_to"})
_COUNTED = frozenset({"status_id", "branch_id"}) | _DATES
_BRANCH_TYPES = frozenset({AccountType.AGENT, AccountType.LANDLORD})
_COUNTED_TYPES = _BRANCH_TYPES | {AccountType.STAFF}
"""Who sees jobs by branch or all: the counters tell those apart."""

_COVERED = {
    "date_from": f"{_FROM.format(hours=14)} <= (SELECT min(jobs.scheduled_at) FROM jobs)",  # noqa: S608 (as above)
    "date_to": f"{_TO.format(hours=10)} > (SELECT max(jobs.scheduled_at) FROM jobs)",  # noqa: S608 (as above)
}
"""Whether a window leaves no date out: then its jobs are all that have one."""

_NEWEST_FIRST = "jobs.created_at DESC, jobs.id DESC"
_ORDERS: dict[Sort, str] = {
    "created_at": "jobs.created_at {direction}, jobs.id {direction}",
    "updated_at": "jobs.updated_at {direction}, jobs.id {direction}",
    "job_ref": "jobs.number {direction}, jobs.id {direction}",
    "priority": f"priorities.rank {{direction}}, {_NEWEST_FIRST}",
    "status": f"statuses.position {{direction}}, {_NEWEST_FIRST}",
    "date_works_start_date": f"jobs.scheduled_at {{direction}} NULLS LAST, {_NEWEST_FIRST}",
}
_LOOKUPS: dict[Sort, str] = {
    "priority": "JOIN priorities ON priorities.organisation_id = jobs.organisation_id"
    " AND priorities.id = jobs.priority_id",
    "status": "JOIN statuses ON statuses.organisation_id = jobs.organisation_id AND statuses.id = jobs.status_id",
}
_FEW = """
SELECT jobs.* FROM (
    SELECT jobs.* FROM jobs WHERE {where} AND (SELECT total.jobs_count FROM total) <= {few_jobs} OFFSET 0
) AS jobs {lookups}
ORDER BY {order} LIMIT {reach}"""
_PLAIN = "SELECT jobs.* FROM jobs WHERE {where} ORDER BY {order} LIMIT {reach}"
# Of each branch that somebody sees the newest: no index holds several branches in one order.
_BY_BRANCH = """
SELECT jobs.* FROM unnest(me.branch_ids) AS mine (branch_id) CROSS JOIN LATERAL (
    SELECT jobs.* FROM jobs WHERE {where} AND jobs.branch_id = mine.branch_id ORDER BY {order} LIMIT {reach}
) AS jobs
ORDER BY {order} LIMIT {reach}"""
# In the order of something beside the job: of each priority or status the newest, as many as could be on the page.
_BY_LOOKUP = """
SELECT jobs.* FROM {lookup} CROSS JOIN LATERAL (
    SELECT jobs.* FROM jobs WHERE {{where}}
      AND jobs.organisation_id = {lookup}.organisation_id AND jobs.{column} = {lookup}.id
    ORDER BY jobs.created_at DESC, jobs.id DESC LIMIT {{reach}}
) AS jobs
ORDER BY {{order}} LIMIT {{reach}}"""
# What has no date comes last in both directions, so it is a list of its own behind the others.
_BY_START = f"""
SELECT jobs.* FROM (
    (SELECT jobs.* FROM jobs WHERE {{where}} AND jobs.scheduled_at IS NOT NULL
     ORDER BY jobs.scheduled_at {{direction}}, {_NEWEST_FIRST} LIMIT {{reach}})
    UNION ALL
    (SELECT jobs.* FROM jobs WHERE {{where}} AND jobs.scheduled_at IS NULL ORDER BY {_NEWEST_FIRST} LIMIT {{reach}})
) AS jobs
ORDER BY {{order}} LIMIT {{reach}}"""  # noqa: S608 (as above)
_PAGES: dict[Sort, str] = {
    "priority": _BY_LOOKUP.format(lookup="priorities", column="priority_id"),
    "status": _BY_LOOKUP.format(lookup="statuses", column="status_id"),
    "date_works_start_date": _BY_START,
}
