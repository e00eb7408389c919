"""Who sees which agents and contractors, of those who may list them at all.

Staff see all of them. Agents and landlords see the agents who share a branch with them, and all contractors, who have
none. Everybody else sees those who are named on jobs that they see.
"""

from typing import Literal

from firstfix.domain.work import AccountType

Part = Literal["agent", "contractor"]

_SHARES_A_BRANCH = """EXISTS (
    SELECT FROM person_branches WHERE person_branches.organisation_id = people.organisation_id
        AND person_branches.person_id = people.id AND person_branches.branch_id = ANY ({branches}))"""
_BY_BRANCH = {"agent": _SHARES_A_BRANCH, "contractor": "true"}


def visible_people_sql(
    part: Part, account_type: AccountType, *, visible_jobs: str, branches: str = "me.branch_ids"
) -> str:
    """Give the predicate on `people` as SQL.

    Args:
        part: What those people are.
        account_type: Whose eyes.
        visible_jobs: The predicate on `jobs` for the same eyes.
        branches: SQL of the actor's branches, an array.
    """
    match account_type:
        case AccountType.STAFF:
            return "true"
        case AccountType.AGENT | AccountType.LANDLORD:
            return _BY_BRANCH[part].format(branches=branches)
        case _:
            return f"people.id IN (SELECT jobs.{part}_id FROM jobs WHERE {visible_jobs})"  # noqa: S608 (pieces of ours)
