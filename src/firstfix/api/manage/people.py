"""Agents and contractors: who can be named on jobs."""

from typing import Any
from uuid import UUID

from msgspec import Struct, field

from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.lists import Found, Listing, read_list
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Listed, Reply
from firstfix.api.shown import full_name
from firstfix.domain.organisations.policies import visible_branches_sql
from firstfix.domain.people.permissions import LIST_AGENTS, LIST_CONTRACTORS
from firstfix.domain.people.policies import Part, visible_people_sql
from firstfix.domain.work import AccountType


class Agent(Struct, kw_only=True):
    """An agent, with the branch that they belong to. An inactive one cannot be named on jobs any more."""

    id: int = field(name="ID")
    uuid: UUID
    first_name: str
    last_name: str
    name: str
    email: str
    branch_id: int | None
    branch_name: str | None
    is_active: bool


class Contractor(Struct, kw_only=True):
    """A contractor and their trades. An inactive one cannot be named on jobs any more."""

    id: int = field(name="ID")
    uuid: UUID
    first_name: str
    last_name: str
    name: str
    email: str
    phone: str | None
    trades: list[str]
    is_active: bool


@operation("GET", "/api/agents/list", key=LIST_AGENTS, operation_id="listAgents", reply=Listed[Agent])
async def list_agents(reads: HotReads, query: Found) -> Reply:
    """List agents, newest first: agents see those of their branches."""
    return await read_list(reads, query, ListPeople("agent"), ListPeople("agent", is_searched=True))


@operation(
    "GET", "/api/contractors/list", key=LIST_CONTRACTORS, operation_id="listContractors", reply=Listed[Contractor]
)
async def list_contractors(reads: HotReads, query: Found) -> Reply:
    """List contractors, newest first."""
    return await read_list(reads, query, ListPeople("contractor"), ListPeople("contractor", is_searched=True))


class ListPeople(Struct, frozen=True):
    """The statement that lists people of one kind."""

    part: Part
    is_searched: bool = False

    def __call__(self, visible: str, account_type: AccountType) -> str:
        """Write the statement."""
        seen = visible_people_sql(self.part, account_type, visible_jobs=visible)
        shape = dict(_SHAPES[self.part])
        if self.part == "agent":
            shape["joins"] = _FIRST_BRANCH.format(visible=visible_branches_sql(account_type))
        return Listing(
            table="people",
            where=f"people.account_type = {_TYPES[self.part]} AND people.removed_at IS NULL AND {seen}",
            finds="SELECT search_people(%(phrases)s::text[], %(prefix)s::text) AS id",
            **shape,
        ).sql(is_searched=self.is_searched)


_TYPES: dict[Part, int] = {"agent": int(AccountType.AGENT), "contractor": int(AccountType.CONTRACTOR)}
_NAMED = f"""
    people.id AS "ID", people.uuid, people.first_name, people.last_name,
    {full_name("people")} AS name, people.email"""
# The agent's own, else the first of theirs that the caller sees as well.
_FIRST_BRANCH = """
    LEFT JOIN LATERAL (
        SELECT branches.id, branches.name FROM branches
        WHERE branches.organisation_id = people.organisation_id AND {visible} AND (
            branches.id = people.branch_id OR branches.id IN (
                SELECT person_branches.branch_id FROM person_branches
                WHERE person_branches.organisation_id = people.organisation_id
                    AND person_branches.person_id = people.id))
        ORDER BY branches.id IS DISTINCT FROM people.branch_id, branches.id LIMIT 1
    ) AS branches ON true"""
_SHAPES: dict[Part, dict[str, Any]] = {
    "agent": {
        "columns": f"{_NAMED}, branches.id AS branch_id, branches.name AS branch_name,"
        " people.archived_at IS NULL AS is_active",
    },
    "contractor": {"columns": f"{_NAMED}, people.phone, people.trades, people.archived_at IS NULL AS is_active"},
}
