"""Finding jobs: the ids of all that match in order, and rows by id."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.search_words import split_search
from firstfix.api.web.job_rows import LOCAL_ZONE, READ_JOBS, ROW_COLUMNS, ROW_JOINS, JobRow, StageName
from firstfix.api.web.operations import operation
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.work import AccountType
from firstfix.kit.ids import LARGEST_ID
from firstfix.kit.money import plain_digits

IDS_LIMIT = 100_000
ROWS_LIMIT = 200
"""How many rows come with the ids, and how many can be asked for at once."""

Id = Annotated[int, Meta(ge=1, le=LARGEST_ID)]
Ids = Annotated[list[Id], Meta(max_length=1000)]
FieldValues = Annotated[dict[str, str | bool | int | float], Meta(max_length=50)]


class JobFilter(Struct, frozen=True, forbid_unknown_fields=True):
    """What jobs must be, all of it. Unknown ids match nothing; of the yes-or-no ones only `true` filters.

    `date_from` and `date_to` are local dates of the works start. `custom_fields` are values by the field's key, just as
    the job holds them: of a Date `2026-11-22`, of a Time `09:30`. An unknown key matches nothing.
    """

    search: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    status_ids: Ids | UnsetType = UNSET
    stages: list[StageName] | UnsetType = UNSET
    priority_ids: Ids | UnsetType = UNSET
    job_type_ids: Ids | UnsetType = UNSET
    branch_ids: Ids | UnsetType = UNSET
    agent_ids: Ids | UnsetType = UNSET
    contractor_ids: Ids | UnsetType = UNSET
    lead_ids: Ids | UnsetType = UNSET
    unassigned: bool = False
    pinned: bool = False
    has_photos: bool = False
    has_documents: bool = False
    date_from: date | UnsetType = UNSET
    date_to: date | UnsetType = UNSET
    custom_fields: FieldValues | UnsetType = UNSET


class JobSort(Struct, frozen=True, forbid_unknown_fields=True):
    """Order of a list. What has no value comes last, either way."""

    by: Literal["created_at", "updated_at", "reference", "priority", "status", "scheduled_at", "title"] = "created_at"
    direction: Literal["asc", "desc"] = "desc"


class JobQuery(Struct, frozen=True, forbid_unknown_fields=True):
    filter: JobFilter = JobFilter()
    sort: JobSort = JobSort()


class FoundJobs(Struct, frozen=True):
    """Ids in order, at most 100,000 (`capped` when there are more), how many match, and the first 200 rows."""

    ids: list[int]
    total: int
    rows: list[JobRow]
    capped: bool


class WantedJobs(Struct, frozen=True, forbid_unknown_fields=True):
    ids: Annotated[list[Id], Meta(max_length=ROWS_LIMIT)]


class HydratedJobs(Struct, frozen=True):
    """Rows in the order asked; what cannot be seen any more is left out."""

    rows: list[JobRow]


@operation("POST", "/web/jobs/query", key=READ_JOBS, operation_id="queryJobs", reply=FoundJobs)
async def query_jobs(reads: HotReads, data: JobQuery) -> RawJson:
    """Find jobs: the ids of all that match, in order, and the first rows."""
    values = _values_of(data.filter)
    ids, total, rows, is_capped = await reads.row(FindJobs(tuple(values), data.sort), _parameters_of(values))
    capped = "true" if is_capped else "false"
    return RawJson(f'{{"ids":[{ids}],"total":{total},"rows":{rows},"capped":{capped}}}'.encode())


@operation("POST", "/web/jobs/rows", key=READ_JOBS, operation_id="hydrateJobs", reply=HydratedJobs)
async def hydrate_jobs(reads: HotReads, data: WantedJobs) -> RawJson:
    """Fetch rows of a list by their ids."""
    (rows,) = await reads.row(hydrated_jobs, {"ids": data.ids})
    return RawJson(f'{{"rows":{rows}}}'.encode())


class FindJobs(Struct, frozen=True):
    """The statement that finds jobs: one for each set of filters and each order."""

    filters: tuple[str, ...]
    sort: JobSort

    def __call__(self, visible: str, account_type: AccountType) -> str:
        """Write the statement."""
        joins, order = _ORDERS[self.sort.by]
        if not _DATES.isdisjoint(self.filters):
            joins += _BRANCH
        source = f"FROM jobs {joins} WHERE {' AND '.join([visible, *(_CONDITIONS[name] for name in self.filters)])}"
        return f"""
WITH found AS MATERIALIZED (
    SELECT coalesce(array_agg(ordered.id), '{{}}') AS ids
    FROM (
        SELECT jobs.id {source} ORDER BY {order.format(direction=self.sort.direction)} LIMIT {IDS_LIMIT + 1}
    ) AS ordered
)
SELECT
    array_to_string(found.ids[:{IDS_LIMIT}], ','),
    CASE WHEN cardinality(found.ids) > {IDS_LIMIT} THEN ({self._count(source, account_type)})
         ELSE cardinality(found.ids) END,
    ({_rows_of(f"found.ids[:{ROWS_LIMIT}]", "true")}),
    cardinality(found.ids) > {IDS_LIMIT}
FROM found"""  # noqa: S608 (pieces of ours; values are parameters)

    def _count(self, source: str, account_type: AccountType) -> str:
        """Count what is too many to list, where it can be from the kept counters."""
        if account_type not in _COUNTED_TYPES or not _COUNTED.issuperset(self.filters):
            return f"SELECT count(*) {source}"
        conditions = [_COUNTED_TYPES[account_type], *(_CONDITIONS[name] for name in self.filters)]
        counted = " AND ".join(conditions).replace("jobs.stage", "statuses.stage").replace("jobs.", "job_counts.")
        return f"""
    SELECT sum(job_counts.jobs_count) FROM job_counts
    JOIN statuses ON statuses.organisation_id = job_counts.organisation_id AND statuses.id = job_counts.status_id
    WHERE {counted}"""  # noqa: S608 (as above)


def hydrated_jobs(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (the predicate says it all)
    """Write the statement that fetches rows by id."""
    return _rows_of("%(ids)s::bigint[]", visible)


def _rows_of(ids: str, visible: str) -> str:
    return f"""
    SELECT coalesce(json_agg(job_rows)::text, '[]')
    FROM (
        SELECT {ROW_COLUMNS}
        FROM unnest({ids}) WITH ORDINALITY AS wanted (id, place)
        JOIN jobs ON jobs.organisation_id = me.organisation_id AND jobs.id = wanted.id
        {ROW_JOINS}
        WHERE {visible}
        ORDER BY wanted.place
    ) AS job_rows"""  # noqa: S608 (as above)


_BRANCH = """
JOIN branches ON branches.organisation_id = jobs.organisation_id AND branches.id = jobs.branch_id"""
_LOCAL_DATE = f"(jobs.scheduled_at AT TIME ZONE {LOCAL_ZONE})::date"

# The first half of a date's condition is for the index: no zone is further than 14 hours from UTC.
_CONDITIONS = {
    "search": "jobs.id IN (SELECT search_jobs(%(phrases)s::text[], %(prefix)s::text))",
    "status_ids": "jobs.status_id = ANY (%(status_ids)s::bigint[])",
    "stages": "jobs.stage = ANY (%(stages)s::smallint[])",
    "priority_ids": "jobs.priority_id = ANY (%(priority_ids)s::bigint[])",
    "job_type_ids": "jobs.job_type_id = ANY (%(job_type_ids)s::bigint[])",
    "branch_ids": "jobs.branch_id = ANY (%(branch_ids)s::bigint[])",
    "agent_ids": "jobs.agent_id = ANY (%(agent_ids)s::bigint[])",
    "contractor_ids": "jobs.contractor_id = ANY (%(contractor_ids)s::bigint[])",
    "lead_ids": "jobs.lead_id = ANY (%(lead_ids)s::bigint[])",
    "unassigned": "jobs.lead_id IS NULL AND jobs.contractor_id IS NULL",
    "pinned": "jobs.id IN (SELECT pins.job_id FROM pins WHERE pins.person_id = me.person_id)",
    "has_photos": "jobs.photos_count > 0",
    "has_documents": "jobs.documents_count > 0",
    "custom_fields": "jobs.id IN (SELECT find_jobs_by_fields(%(custom_fields)s::jsonb))",
    "date_from": "jobs.scheduled_at >= %(date_from)s::timestamp AT TIME ZONE 'UTC' - interval '14 hours'"
    f" AND {_LOCAL_DATE} >= %(date_from)s::date",
    "date_to": "jobs.scheduled_at < %(date_to)s::timestamp AT TIME ZONE 'UTC' + interval '38 hours'"
    f" AND {_LOCAL_DATE} <= %(date_to)s::date",
}
_DATES = frozenset({"date_from", "date_to"})
_COUNTED = frozenset({"status_ids", "stages", "branch_ids"})
_COUNTED_TYPES = {
    AccountType.STAFF: "true",
    AccountType.AGENT: "jobs.branch_id = ANY (me.branch_ids)",
    AccountType.LANDLORD: "jobs.branch_id = ANY (me.branch_ids)",
}
_NEWEST_FIRST = "jobs.created_at DESC, jobs.id DESC"
_ORDERS = {
    "created_at": ("", "jobs.created_at {direction}, jobs.id {direction}"),
    "updated_at": ("", "jobs.updated_at {direction}, jobs.id {direction}"),
    "reference": ("", "jobs.number {direction}, jobs.id {direction}"),
    "priority": (
        "JOIN priorities ON priorities.organisation_id = jobs.organisation_id AND priorities.id = jobs.priority_id",
        f"priorities.rank {{direction}}, {_NEWEST_FIRST}",
    ),
    "status": (
        "JOIN statuses ON statuses.organisation_id = jobs.organisation_id AND statuses.id = jobs.status_id",
        f"statuses.position {{direction}}, {_NEWEST_FIRST}",
    ),
    "scheduled_at": ("", "jobs.scheduled_at {direction} NULLS LAST, jobs.id {direction}"),
    "title": ("", f"lower(jobs.title) {{direction}}, {_NEWEST_FIRST}"),
}


def _values_of(wanted: JobFilter) -> dict[str, Any]:
    """Take the filters that are used, by name."""
    values = {name: getattr(wanted, name) for name in JobFilter.__struct_fields__}
    if values["search"] is not UNSET and not any(split_search(values["search"])):
        del values["search"]
    if not values["custom_fields"]:
        values["custom_fields"] = UNSET
    return {name: value for name, value in values.items() if value is not UNSET and value is not False}


def _parameters_of(values: dict[str, Any]) -> dict[str, Any]:
    parameters = dict(values)
    if "search" in parameters:
        parameters["phrases"], parameters["prefix"] = split_search(parameters.pop("search"))
    if "custom_fields" in parameters:
        parameters["custom_fields"] = _as_held(values["custom_fields"])
    if "stages" in parameters:
        parameters["stages"] = [_STAGES[name] for name in values["stages"]]
    return parameters


def _as_held(values: dict[str, str | float]) -> str:
    """Write values as jobs hold them: numbers are kept as their digits."""
    held = {
        key: value if isinstance(value, str | bool) else plain_digits(Decimal(repr(value)))
        for key, value in values.items()
    }
    return msgspec.json.encode(held).decode()


_STAGES = {stage.wire_name: int(stage) for stage in Stage}
