"""What filter menus and cells choose from."""

from typing import Literal

from msgspec import Struct

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.shown import full_name
from firstfix.api.web.job_rows import READ_JOBS, STAGE_NAMES, Named, StageName, name_of
from firstfix.api.web.operations import operation
from firstfix.domain.people.permissions import LIST_AGENTS, LIST_CONTRACTORS
from firstfix.domain.work import AccountType

Colour = Literal["grey", "blue", "violet", "green", "amber", "red", "teal"]


class StatusLookup(Named, kw_only=True):
    stage: StageName
    colour: Colour
    position: int
    requires_approval: bool


class PriorityLookup(Named, kw_only=True):
    """Rank 1 is the most urgent."""

    rank: int
    colour: Colour
    position: int


class BranchLookup(Named, kw_only=True):
    is_active: bool


class TimeRangeLookup(Named, kw_only=True):
    """Local times, `HH:MM`."""

    start_time: str
    end_time: str


class Lookups(Struct, kw_only=True):
    """Everything in the order that menus show it.

    Who may not list all agents, contractors or staff gets those who are named on jobs that they can see.
    """

    statuses: list[StatusLookup]
    priorities: list[PriorityLookup]
    job_types: list[Named]
    branches: list[BranchLookup]
    time_ranges: list[TimeRangeLookup]
    payment_statuses: list[Named]
    agents: list[Named]
    contractors: list[Named]
    engineers: list[Named]


@operation("GET", "/web/lookups", key=READ_JOBS, operation_id="getLookups", reply=Lookups)
async def get_lookups(reads: HotReads) -> RawJson:
    """List what filter menus and cells need."""
    (body,) = await reads.row(lookups, {})
    return RawJson(body.encode())


def lookups(visible: str, account_type: AccountType) -> str:
    """Write the statement that reads all lookups."""
    branches = {
        AccountType.STAFF: "true",
        AccountType.AGENT: "branches.id = ANY (me.branch_ids)",
        AccountType.LANDLORD: "branches.id = ANY (me.branch_ids)",
    }.get(account_type, f"branches.id IN (SELECT jobs.branch_id FROM jobs WHERE {visible})")  # noqa: S608 (ours)
    on_visible_jobs = "people.id IN (SELECT jobs.{column} FROM jobs WHERE {visible})"
    agents = on_visible_jobs.format(column="agent_id", visible=visible)
    contractors = on_visible_jobs.format(column="contractor_id", visible=visible)
    engineers = (
        "true" if account_type is AccountType.STAFF else on_visible_jobs.format(column="lead_id", visible=visible)
    )
    return f"""
SELECT row_to_json(lookups)::text FROM (SELECT
    {_list("statuses", f"id, name, {name_of('stage', STAGE_NAMES)} AS stage, colour, position, requires_approval")},
    {_list("priorities", "id, name, rank, colour, position", order="rank, id")},
    {_list("job_types", "id, name")},
    {_list("branches", "id, name, is_active", where=branches, order="name, id")},
    {
        _list(
            "time_ranges",
            "id, name, to_char(start_time, 'HH24:MI') AS start_time, to_char(end_time, 'HH24:MI') AS end_time",
        )
    },
    {_list("payment_statuses", "id, name")},
    {_people("agents", AccountType.AGENT, f"({_holds(LIST_AGENTS)} OR {agents})")},
    {_people("contractors", AccountType.CONTRACTOR, f"({_holds(LIST_CONTRACTORS)} OR {contractors})")},
    {_people("engineers", AccountType.STAFF, engineers)}
) AS lookups"""  # noqa: S608 (pieces of ours)


def _list(table: str, columns: str, *, where: str = "true", order: str = "position, id") -> str:
    return f"""(SELECT coalesce(json_agg(listed), '[]') FROM (
        SELECT {columns} FROM {table} WHERE {where} ORDER BY {order}
    ) AS listed) AS {table}"""  # noqa: S608 (as above)


def _people(name: str, account_type: AccountType, where: str) -> str:
    return f"""(SELECT coalesce(json_agg(listed), '[]') FROM (
        SELECT people.id, {full_name("people")} AS name FROM people
        WHERE people.account_type = {int(account_type)} AND people.archived_at IS NULL AND {where}
        ORDER BY name, people.id
    ) AS listed) AS {name}"""  # noqa: S608 (as above)


def _holds(key: str) -> str:
    return f"('{key}' = ANY (me.role_keys || me.granted_keys) AND NOT '{key}' = ANY (me.denied_keys))"
