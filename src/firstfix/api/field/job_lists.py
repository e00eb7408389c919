"""Lists of jobs: one statement for a page and its total."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from firstfix.api.exchange import Answer, Exchange
from firstfix.api.field.operations import operation
from firstfix.api.field.paging import LARGEST_PAGE, NOBODY, link_header
from firstfix.api.field.wire import Link, SchemaMismatch, hex_sql, link_sql, name_sql, parse_time, time_sql
from firstfix.api.hot_reads import HotReads
from firstfix.domain.catalogue.stages import STATE_OF_STAGE, MainState
from firstfix.domain.people.permissions import LIST_JOBS, MANAGE_JOBS
from firstfix.domain.work import AccountType
from firstfix.kit.ids import find_uuid

READ_JOBS = (LIST_JOBS, MANAGE_JOBS)
"""Reading never needs the right to write, and the right to write brings it."""
STATES = {state.name.lower(): state for state in MainState}
_STATE_NAME = name_sql("jobs.state", tuple(STATES))
STATE_SQL = f"""CASE WHEN jobs.substate IS NULL THEN json_build_array({_STATE_NAME}) ELSE
    json_build_array({_STATE_NAME}, {name_sql("jobs.substate", ("in transit", "on site", "paused"))}) END"""

_DEFAULT_SORT = "-scheduledOn"
_MANY = 10_000
_NOT_DEFERRED = ',"notificationDelta":null'


class JobsQuery(Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The query string of a list of jobs. `start` and `end` are inclusive, on `scheduledOn`."""

    start: str
    end: str
    page: Annotated[int, Meta(ge=0, le=LARGEST_PAGE)] = 0
    page_size: Annotated[int, Meta(ge=1, le=200)] = 20
    sorted_by: str = _DEFAULT_SORT
    job_lead: str | None = None
    location: str | None = None
    state: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no window or no order, before anybody is asked.

        Raises:
            SchemaMismatch: A time, or a key to sort by, is none, or the window ends before it starts.
        """
        start, end = self.window
        if start > end:
            raise SchemaMismatch("start lies after end.", path="start")
        _ = self.sort

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The first and the last moment asked for."""
        return parse_time(self.start, path="start"), parse_time(self.end, path="end")

    @property
    def sort(self) -> tuple[tuple[str, bool], ...]:
        """The keys to sort by, each with whether it descends."""
        sort = tuple((key.removeprefix("-"), key.startswith("-")) for key in self.sorted_by.split(","))
        names = [name for name, _ in sort]
        unknown = next((name for name in names if name not in SORTS), None)
        if unknown is not None:
            raise SchemaMismatch(f"Jobs cannot be sorted by '{unknown}'.", path="sortedBy")
        if len(set(names)) < len(names):
            raise SchemaMismatch("A key to sort by is named twice.", path="sortedBy")
        return sort


class Named(Struct):
    uuid: str


class JobItem(Struct, rename="camel", kw_only=True):
    """A job in a list. `notificationDelta` only while it is deferred."""

    started_on: str | None
    state: list[str]
    uuid: str
    invoice: Named | None
    completed_on: str | None
    job_lead: Named | None
    scheduled_on: str
    created_on: str
    location: Named
    job_id: str
    link: Link
    notification_delta: int | UnsetType = UNSET


class JobList(Struct, rename="camel", kw_only=True):
    """A page of jobs. `count` is the total that match; `sortedBy` the order in force."""

    count: int
    page: int
    page_size: int
    sorted_by: list[str]
    items: list[JobItem]


@operation("GET", "/job/", key=READ_JOBS, operation_id="listJobs", reply=JobList)
async def list_jobs(reads: HotReads, exchange: Exchange, query: JobsQuery) -> Answer:
    """List the jobs scheduled in a window of time."""
    total, items = await reads.row(*page_read(query, exchange.base_url))
    head = {
        "count": total,
        "page": query.page,
        "pageSize": query.page_size,
        "sortedBy": query.sorted_by.split(","),
    }
    # Nothing that somebody typed can look like it: inside a JSON string a quote is escaped.
    items = items.replace(_NOT_DEFERRED, "")
    body = msgspec.json.encode(head)[:-1] + b',"items":' + items.encode() + b"}"
    links = link_header(exchange, page=query.page, page_size=query.page_size, total=total)
    return Answer(status=200, body=body, headers={"Link": links})


def page_read(query: JobsQuery, base_url: str) -> tuple["JobPage", dict[str, Any]]:
    """Give the statement that fetches a page, and its parameters."""
    start, end = query.window
    page_of = JobPage(
        sort=query.sort,
        by_lead=query.job_lead is not None,
        by_location=query.location is not None,
        state=None if query.state is None else int(STATES.get(query.state.lower(), -1)),
    )
    parameters = {
        "start": start,
        "end": end,
        "limit": query.page_size,
        "offset": query.page * query.page_size,
        "lead": _find(query.job_lead),
        "location": _find(query.location),
        "base_url": base_url,
    }
    return page_of, parameters


class Sort(Struct, frozen=True, kw_only=True):
    """What a list can be sorted by.

    Args:
        columns: In their order.
        join: What `jobs` is joined with to have them.
        nulls: Whether they can be null: nulls stand last in both directions.
        groups: Where there are few values and many jobs of each, the values, so that a page of very many jobs is
            walked to, value by value, instead of sorting them all.
        members: The condition of the jobs of one value.
        group_columns: `columns`, as the values have them; none: the same.
        rest: The condition of jobs without a value, which stand last.
    """

    columns: tuple[str, ...]
    join: str = ""
    nulls: bool = False
    groups: str | None = None
    members: str = ""
    group_columns: tuple[str, ...] = ()
    rest: str | None = None


SORTS = {
    "scheduledOn": Sort(columns=("jobs.scheduled_at",)),
    "jobId": Sort(columns=("jobs.number",)),
    "state": Sort(
        columns=("jobs.state",),
        groups=f"(VALUES {', '.join(f'({int(state)})' for state in MainState)}) AS states (state)",
        members="jobs.state = states.state",
        group_columns=("states.state",),
    ),
    "jobLead": Sort(
        columns=("people.last_name", "people.first_name"),
        join=" LEFT JOIN people ON people.organisation_id = jobs.organisation_id AND people.id = jobs.lead_id",
        nulls=True,
        groups="people",
        members="jobs.organisation_id = people.organisation_id AND jobs.lead_id = people.id",
        rest="jobs.lead_id IS NULL",
    ),
    "location": Sort(
        columns=("locations.name", "locations.line1"),
        join=" JOIN locations ON locations.organisation_id = jobs.organisation_id AND locations.id = jobs.location_id",
        nulls=True,
        groups="locations",
        members="jobs.organisation_id = locations.organisation_id AND jobs.location_id = locations.id",
    ),
}
_COLUMNS = (
    "jobs.organisation_id, jobs.id, jobs.uuid, jobs.reference, jobs.state, jobs.substate, jobs.scheduled_at,"
    " jobs.started_at, jobs.completed_at, jobs.created_at, jobs.lead_id, jobs.location_id, jobs.notification_delta,"
    " jobs.invoice_uuid"
)
_ITEM = f"""
    {time_sql("jobs.started_at")} AS "startedOn",
    {STATE_SQL} AS state,
    {hex_sql("jobs.uuid")} AS uuid,
    CASE WHEN jobs.invoice_uuid IS NOT NULL
        THEN json_build_object('uuid', {hex_sql("jobs.invoice_uuid")}) END AS invoice,
    {time_sql("jobs.completed_at")} AS "completedOn",
    (SELECT json_build_object('uuid', {hex_sql("people.uuid")}) FROM people
        WHERE people.organisation_id = jobs.organisation_id AND people.id = jobs.lead_id) AS "jobLead",
    {time_sql("jobs.scheduled_at")} AS "scheduledOn",
    {time_sql("jobs.created_at")} AS "createdOn",
    (SELECT json_build_object('uuid', {hex_sql("locations.uuid")}) FROM locations
        WHERE locations.organisation_id = jobs.organisation_id AND locations.id = jobs.location_id) AS location,
    jobs.reference AS "jobId",
    {link_sql("'/job/' || " + hex_sql("jobs.uuid"))} AS link,
    jobs.notification_delta AS "notificationDelta" """  # noqa: S608 (pieces of ours)
_CREATION = "jobs.created_at, jobs.id"
_PAGE = "LIMIT %(limit)s OFFSET %(offset)s"
_REACH = "LIMIT %(limit)s + %(offset)s"
_IS_WHOLE = """
    %(start)s <= (SELECT scheduled_at FROM jobs WHERE scheduled_at IS NOT NULL ORDER BY scheduled_at LIMIT 1)
    AND %(end)s >= (SELECT scheduled_at FROM jobs WHERE scheduled_at IS NOT NULL ORDER BY scheduled_at DESC LIMIT 1)"""
_KEPT_BRANCHES = {
    AccountType.STAFF: "true",
    AccountType.AGENT: "job_counts.branch_id = ANY (me.branch_ids)",
    AccountType.LANDLORD: "job_counts.branch_id = ANY (me.branch_ids)",
}
"""Whose totals the kept counters tell: those who see whole branches."""


class JobPage(Struct, frozen=True, kw_only=True):
    """The statement of one kind of list: makes the SELECT for `HotReads`, with columns `total` and `items`.

    It takes `start`, `end`, `limit`, `offset`, `lead`, `location` (uuids) and `base_url`.

    Args:
        sort: Keys in their order, each with whether it descends. Ties go by creation.
        state: The main state filtered by, -1 for a word that is none.
        many: So many jobs are still gathered and sorted for a page; of more, the page is walked to in the order of an
            index.
    """

    sort: tuple[tuple[str, bool], ...] = (("scheduledOn", True),)
    by_lead: bool = False
    by_location: bool = False
    state: int | None = None
    many: int = _MANY

    def __call__(self, visible: str, account_type: AccountType) -> str:
        """Write it for one account type."""
        filters = self._filters(visible)
        in_window = f"{filters} AND jobs.scheduled_at BETWEEN %(start)s AND %(end)s"
        counted = f"(SELECT count(*) FROM jobs WHERE {in_window})"  # noqa: S608 (pieces of ours)
        gathered = _items(self._gather(in_window))
        if self.by_lead or self.by_location or account_type not in _KEPT_BRANCHES:
            return f"SELECT {counted} AS total, {gathered} AS items"
        walk = self._walk(f"{filters} AND jobs.scheduled_at IS NOT NULL")
        items = gathered
        if walk is not None:
            is_long = f"listed.is_whole AND listed.total > {self.many}"
            items = f"CASE WHEN {is_long} THEN {_items(walk)} ELSE {gathered} END"
        # OFFSET 0 keeps the planner from writing out the totals wherever they are asked for.
        return f"""
            SELECT listed.total, {items} AS items FROM (
                SELECT asked.is_whole,
                    CASE WHEN asked.is_whole THEN {self._kept(_KEPT_BRANCHES[account_type])} ELSE {counted} END AS total
                FROM (SELECT {_IS_WHOLE} AS is_whole OFFSET 0) AS asked
                OFFSET 0
            ) AS listed"""  # noqa: S608 (pieces of ours)

    def _filters(self, visible: str) -> str:
        conditions = [visible]
        if self.by_lead:
            conditions.append("jobs.lead_id = (SELECT id FROM people WHERE uuid = %(lead)s)")
        if self.by_location:
            conditions.append("jobs.location_id = (SELECT id FROM locations WHERE uuid = %(location)s)")
        if self.state is not None:
            conditions.append(f"jobs.state = {self.state}")
        return " AND ".join(conditions)

    def _kept(self, branches: str) -> str:
        """Sum the kept counters of all dated jobs."""
        statuses = ""
        if self.state is not None:
            stages = ", ".join(str(int(stage)) for stage, state in STATE_OF_STAGE.items() if state == self.state)
            statuses = f"AND job_counts.status_id IN (SELECT id FROM statuses WHERE stage IN ({stages or 'NULL'}))"  # noqa: S608 (pieces of ours)
        return f"""(
            SELECT coalesce(sum(job_counts.jobs_count), 0)::bigint FROM job_counts
            WHERE job_counts.is_dated AND {branches} {statuses})"""  # noqa: S608 (pieces of ours)

    def _gather(self, conditions: str) -> str:
        """Let the planner choose: the index of the sort where there is one, else sorting what matches."""
        joins = "".join(SORTS[name].join for name, _ in self.sort)
        order = ", ".join(
            _ordered(SORTS[name].columns, descends=descends, nulls=SORTS[name].nulls) for name, descends in self.sort
        )
        return f"""
            SELECT {_COLUMNS} FROM jobs{joins} WHERE {conditions}
            ORDER BY {order}, {_CREATION} {_PAGE}"""  # noqa: S608 (pieces of ours)

    def _walk(self, conditions: str) -> str | None:
        """Write how a page of very many jobs is reached without reading them all; `None` where gathering does that."""
        (name, descends), *further = self.sort
        if name == "jobId":
            return self._gather(conditions)
        sort = SORTS[name]
        if sort.groups is None or further:
            return None
        members = f"""
            SELECT {_COLUMNS} FROM jobs WHERE {conditions} AND {sort.members} ORDER BY {_CREATION} {_REACH}"""  # noqa: S608 (pieces of ours)
        grouped = f"FROM {sort.groups} CROSS JOIN LATERAL ({members}) AS jobs"
        columns = sort.group_columns or sort.columns
        order = _ordered(columns, descends=descends, nulls=sort.nulls)
        if sort.rest is None:
            return f"SELECT {_COLUMNS} {grouped} ORDER BY {order}, {_CREATION} {_PAGE}"
        keys = [f"key{place}" for place in range(len(columns))]
        named_keys = ", ".join(f"{column} AS {key}" for column, key in zip(columns, keys, strict=True))
        return f"""
            SELECT {_COLUMNS} FROM (
                (SELECT {_COLUMNS}, {named_keys}, false AS is_rest {grouped} ORDER BY {order}, {_CREATION} {_REACH})
                UNION ALL
                (SELECT {_COLUMNS}{", NULL" * len(keys)}, true FROM jobs
                    WHERE {conditions} AND {sort.rest} ORDER BY {_CREATION} {_REACH})
            ) AS jobs ORDER BY is_rest, {_ordered(keys, descends=descends)}, {_CREATION} {_PAGE}"""  # noqa: S608 (pieces of ours)


def _items(page: str) -> str:
    return f"""(
        SELECT coalesce(json_agg(item), '[]')::text FROM (SELECT {_ITEM} FROM ({page}) AS jobs) AS item)"""  # noqa: S608 (pieces of ours)


def _ordered(columns: Sequence[str], *, descends: bool, nulls: bool = False) -> str:
    suffix = (" DESC" if descends else "") + (" NULLS LAST" if nulls else "")
    return ", ".join(column + suffix for column in columns)


def _find(reference: str | None) -> UUID:
    """Read a uuid to filter by; what is none is nobody's."""
    return (reference and find_uuid(reference)) or NOBODY
