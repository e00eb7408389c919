"""What forms choose from."""

from datetime import time
from typing import Literal
from uuid import UUID

from msgspec import Struct

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import BodyOf, HotReads
from firstfix.api.manage.fields import Page, Search
from firstfix.api.manage.job_list import READ_JOBS
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Listed, Reply
from firstfix.api.search_words import split_search
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.work import AccountType

StageName = Literal["new", "assigned", "in_progress", "complete", "closed", "archived", "cancelled"]


class Lookup(Struct):
    """Something of the organisation's own."""

    id: int
    name: str
    position: int


class StatusLookup(Lookup):
    """A status: the rules look at its stage."""

    stage: StageName
    requires_approval: bool
    colour: str


class PriorityLookup(Lookup):
    """How urgent. Rank 1 is the most urgent."""

    rank: int
    colour: str


class TimeRangeLookup(Lookup):
    """A part of the day, in the branch's local time, `HH:MM`."""

    start_time: time
    end_time: time


class Address(Struct):
    """Where work happens."""

    id: int
    uuid: UUID
    full_address: str
    line1: str
    line2: str
    city: str
    region: str
    postcode: str
    country: str | None


class AddressFilters(Page, kw_only=True):
    """Which addresses: `search` for words, the last one by its beginning."""

    search: Search | None = None


@operation(
    "GET", "/api/jobs/statuses", action="list", key=READ_JOBS, operation_id="listStatuses", reply=Listed[StatusLookup]
)
async def list_statuses(reads: HotReads) -> Reply:
    """List the statuses in their order."""
    return await _all(reads, statuses)


@operation("GET", "/api/jobs/types", action="list", key=READ_JOBS, operation_id="listJobTypes", reply=Listed[Lookup])
async def list_job_types(reads: HotReads) -> Reply:
    """List the job types that new jobs can have."""
    return await _all(reads, job_types)


@operation(
    "GET",
    "/api/jobs/priorities",
    action="list",
    key=READ_JOBS,
    operation_id="listPriorities",
    reply=Listed[PriorityLookup],
)
async def list_priorities(reads: HotReads) -> Reply:
    """List the priorities in their order."""
    return await _all(reads, priorities)


@operation(
    "GET",
    "/api/jobs/payment-statuses",
    action="list",
    key=READ_JOBS,
    operation_id="listPaymentStatuses",
    reply=Listed[Lookup],
)
async def list_payment_statuses(reads: HotReads) -> Reply:
    """List how far a job can be paid."""
    return await _all(reads, payment_statuses)


@operation(
    "GET",
    "/api/jobs/time-ranges",
    action="list",
    key=READ_JOBS,
    operation_id="listTimeRanges",
    reply=Listed[TimeRangeLookup],
)
async def list_time_ranges(reads: HotReads) -> Reply:
    """List the parts of the day that work is booked into."""
    return await _all(reads, time_ranges)


@operation(
    "GET", "/api/jobs/addresses", action="list", key=READ_JOBS, operation_id="listAddresses", reply=Listed[Address]
)
async def list_addresses(reads: HotReads, query: AddressFilters) -> Reply:
    """List addresses, in their order."""
    parameters: dict[str, object] = {"limit": query.limit, "offset": query.offset}
    parameters["phrases"], parameters["prefix"] = split_search(query.search or "")
    is_searched = bool(parameters["phrases"] or parameters["prefix"])
    rows, count = await reads.row(found_addresses if is_searched else addresses, parameters)
    return Reply(data=RawJson(rows.encode()), count=count)


async def _all(reads: HotReads, statement: BodyOf) -> Reply:
    rows, count = await reads.row(statement, {})
    return Reply(data=RawJson(rows.encode()), count=count)


def statuses(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (about no job)
    """Write the statement that lists statuses."""
    stages = ", ".join(f"'{stage.wire_name}'" for stage in Stage)
    return _lookup("statuses", f"(ARRAY[{stages}])[stage + 1] AS stage, requires_approval, colour")


def job_types(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that lists job types."""
    return _lookup("(SELECT * FROM job_types WHERE archived_at IS NULL)")


def priorities(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that lists priorities."""
    return _lookup("priorities", "rank, colour")


def payment_statuses(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that lists payment statuses."""
    return _lookup("payment_statuses")


def time_ranges(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that lists time ranges."""
    return _lookup(
        "time_ranges", "to_char(start_time, 'HH24:MI') AS start_time, to_char(end_time, 'HH24:MI') AS end_time"
    )


def addresses(visible: str, account_type: AccountType) -> str:
    """Write the statement that lists all addresses of the caller."""
    return _addresses(_SEEN_ADDRESSES[account_type].format(visible=visible))


def found_addresses(visible: str, account_type: AccountType) -> str:
    """Write the statement that lists those of a search."""
    seen = _SEEN_ADDRESSES[account_type].format(visible=visible)
    return _addresses(f"locations.id IN (SELECT search_locations(%(phrases)s::text[], %(prefix)s::text)) AND {seen}")


_AT_VISIBLE_JOBS = (
    "EXISTS (SELECT FROM jobs WHERE jobs.organisation_id = locations.organisation_id"
    " AND jobs.location_id = locations.id AND {visible})"
)
_OF_BRANCHES = "(locations.branch_id IS NULL OR locations.branch_id = ANY (me.branch_ids))"
_SEEN_ADDRESSES = {
    AccountType.STAFF: "true",
    AccountType.AGENT: _OF_BRANCHES,
    AccountType.LANDLORD: _OF_BRANCHES,
    AccountType.TENANT: _AT_VISIBLE_JOBS,
    AccountType.CONTRACTOR: _AT_VISIBLE_JOBS,
}
"""Whose addresses: those of one's branches and of none, or where jobs are that one sees."""


def _lookup(table: str, columns: str = "") -> str:
    more = f", {columns}" if columns else ""
    return f"""
SELECT coalesce(json_agg(rows), '[]')::text, count(*) FROM (
    SELECT id, name, position {more} FROM {table} AS lookups ORDER BY position, id
) AS rows"""  # noqa: S608 (pieces of ours)


def _addresses(where: str) -> str:
    source = f"FROM locations WHERE locations.archived_at IS NULL AND {where}"
    return f"""
SELECT (SELECT coalesce(json_agg(rows), '[]')::text FROM (
    SELECT id, uuid, full_address, line1, line2, city, region, postcode, country {source}
    ORDER BY full_address, id OFFSET %(offset)s LIMIT %(limit)s
) AS rows), (SELECT count(*) {source})"""  # noqa: S608 (as above)
