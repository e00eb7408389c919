"""Who sees which branches: staff all, agents and landlords theirs, nobody else any."""

from sqlalchemy import false, true

from firstfix.domain.organisations.models import Branch
from firstfix.domain.rows import Visible
from firstfix.domain.work import AccountType, Actor

_OWN = frozenset({AccountType.AGENT, AccountType.LANDLORD})


def visible_branches_sql(account_type: AccountType, *, branches: str = "me.branch_ids") -> str:
    """Give the predicate on `branches` as SQL.

    Args:
        account_type: Whose eyes.
        branches: SQL of the actor's branches, an array.
    """
    if account_type is AccountType.STAFF:
        return "true"
    return f"branches.id = ANY ({branches})" if account_type in _OWN else "false"


def visible_branches(actor: Actor) -> Visible:
    """Give the predicate on `branches` for one actor."""
    if actor.account_type is AccountType.STAFF:
        return true()
    return Branch.id.in_(actor.branch_ids) if actor.account_type in _OWN else false()
