"""Branches: their state, and how much there is to do in each."""

from datetime import datetime

from msgspec import Struct

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.fields import Id
from firstfix.api.manage.lists import Found, Listing, read_list
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Listed, Reply, Success
from firstfix.api.shown import instant
from firstfix.api.work_reads import read_in
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.organisations.commands import set_branch_active
from firstfix.domain.organisations.policies import visible_branches_sql
from firstfix.domain.people.permissions import BRANCHES_VIEW, MANAGE_BRANCHES
from firstfix.domain.work import AccountType, Work

PATH = "/api/admin/branches"


class Branch(Struct, kw_only=True):
    """A branch. `open_jobs` are those that are not complete yet; a branch that is not active takes no new ones."""

    id: int
    name: str
    code: str
    is_active: bool
    agent_count: int
    open_jobs: int
    created_at: datetime


class BranchName(Struct, kw_only=True):
    """Which branch."""

    branch_id: Id


@operation("GET", PATH, action="list", key=BRANCHES_VIEW, operation_id="listBranches", reply=Listed[Branch])
async def list_branches(reads: HotReads, query: Found) -> Reply:
    """List the branches that the caller sees, newest first."""
    return await read_list(reads, query, branches, found_branches)


@operation("POST", PATH, action="enable", key=MANAGE_BRANCHES, operation_id="enableBranch", reply=Success[Branch])
async def enable(work: Work, data: BranchName) -> Reply:
    """Let a branch take new jobs again."""
    return await _set_active(work, data, is_active=True)


@operation("POST", PATH, action="disable", key=MANAGE_BRANCHES, operation_id="disableBranch", reply=Success[Branch])
async def disable(work: Work, data: BranchName) -> Reply:
    """Let a branch take no new jobs; those that it has go on. The last active one stays active."""
    return await _set_active(work, data, is_active=False)


async def _set_active(work: Work, data: BranchName, *, is_active: bool) -> Reply:
    await set_branch_active(work, data.branch_id, is_active=is_active)
    (branch,) = await read_in(work, one_branch, {"branch_id": data.branch_id}) or ("null",)
    return Reply(data=RawJson(branch.encode()), message="Branch enabled" if is_active else "Branch disabled")


def branches(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (about no job)
    """Write the statement that lists branches."""
    return _listing(account_type).sql(is_searched=False)


def found_branches(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that lists those of a search."""
    return _listing(account_type).sql(is_searched=True)


def one_branch(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that reads a branch by its number."""
    where = f"branches.id = %(branch_id)s::bigint AND {visible_branches_sql(account_type)}"
    return f"""
SELECT row_to_json(branch)::text FROM (
    SELECT {_COLUMNS} FROM branches {_JOINS} WHERE {where}
) AS branch"""  # noqa: S608 (pieces of ours)


_COLUMNS = f"""
    branches.id, branches.name, branches.code, branches.is_active,
    coalesce(agents.agent_count, 0) AS agent_count, coalesce(work.open_jobs, 0) AS open_jobs,
    {instant("branches.created_at")} AS created_at"""
# Each is added up once for all branches, from a few rows: the counters are folded.
_JOINS = f"""
    LEFT JOIN (
        SELECT person_branches.branch_id, count(*) AS agent_count
        FROM person_branches JOIN people
            ON people.organisation_id = person_branches.organisation_id AND people.id = person_branches.person_id
        WHERE people.account_type = {int(AccountType.AGENT)} AND people.archived_at IS NULL
        GROUP BY person_branches.branch_id
    ) AS agents ON agents.branch_id = branches.id
    LEFT JOIN (
        SELECT job_counts.branch_id, sum(job_counts.jobs_count)::bigint AS open_jobs
        FROM job_counts JOIN statuses
            ON statuses.organisation_id = job_counts.organisation_id AND statuses.id = job_counts.status_id
        WHERE statuses.stage <= {int(Stage.IN_PROGRESS)}
        GROUP BY job_counts.branch_id
    ) AS work ON work.branch_id = branches.id"""  # noqa: S608 (pieces of ours)


def _listing(account_type: AccountType) -> Listing:
    return Listing(
        table="branches",
        columns=_COLUMNS,
        joins=_JOINS,
        where=visible_branches_sql(account_type),
        # There are few branches: what they are called is folded as they are read.
        finds="SELECT branches.id FROM branches"
        " WHERE to_tsvector('simple', firstfix_fold(branches.name || ' ' || branches.code))"
        " @@ words_query(%(phrases)s::text[], %(prefix)s::text)",
    )
