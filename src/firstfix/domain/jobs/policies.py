"""Who sees which jobs: one predicate, joined into every read and write."""

from typing import Final

from sqlalchemy import ARRAY, BigInteger, ColumnElement, bindparam, text, true
from sqlalchemy.sql.elements import TextClause

from firstfix.domain.work import AccountType, Actor

WITHOUT_CLIENT_BUDGET: Final = frozenset({AccountType.TENANT, AccountType.CONTRACTOR})
"""Whom nothing tells what the client pays."""

_TENANTS_JOBS = (
    "jobs.id IN (SELECT job_contacts.job_id FROM job_contacts JOIN contacts"
    " ON contacts.organisation_id = job_contacts.organisation_id AND contacts.id = job_contacts.contact_id"
    " WHERE contacts.person_id = {person})"
)
_VISIBLE = {
    AccountType.STAFF: "true",
    AccountType.AGENT: "jobs.branch_id = ANY ({branches})",
    AccountType.LANDLORD: "jobs.branch_id = ANY ({branches})",
    AccountType.TENANT: _TENANTS_JOBS,
    AccountType.CONTRACTOR: "jobs.contractor_id = {person}",
}


def visible_jobs_sql(account_type: AccountType, *, person: str, branches: str) -> str:
    """Give the predicate on `jobs` as SQL, for statements that authenticate by themselves.

    Args:
        account_type: Whose eyes. Staff see all branches; agents and landlords theirs; contractors what is assigned
            to them; tenants the jobs they are on.
        person: SQL of the actor's id.
        branches: SQL of the actor's branches, an array.
    """
    return _VISIBLE[account_type].format(person=person, branches=branches)


def visible_to(actor: Actor) -> ColumnElement[bool] | TextClause:
    """Give the predicate on `jobs` for one actor."""
    if actor.account_type is AccountType.STAFF:
        return true()
    predicate = text(visible_jobs_sql(actor.account_type, person=":actor_person_id", branches=":actor_branch_ids"))
    if ":actor_person_id" in predicate.text:
        return predicate.bindparams(bindparam("actor_person_id", actor.person_id, type_=BigInteger))
    return predicate.bindparams(bindparam("actor_branch_ids", list(actor.branch_ids), type_=ARRAY(BigInteger)))
