"""Who sees which places: staff all of them, agents those of their branches or of none, nobody else any.

What a job that one sees shows is seen too: the body of a read can be posted back.
"""

from sqlalchemy import ARRAY, BigInteger, bindparam, text, true

from firstfix.domain.rows import Visible
from firstfix.domain.work import AccountType, Actor

_AGENTS = {
    "locations": """locations.branch_id IS NULL OR locations.branch_id = ANY ({branches}) OR EXISTS (
        SELECT FROM jobs WHERE jobs.organisation_id = locations.organisation_id
            AND jobs.location_id = locations.id AND jobs.branch_id = ANY ({branches}))""",
    "customers": """NOT EXISTS (
        SELECT FROM locations WHERE locations.organisation_id = customers.organisation_id
            AND locations.customer_id = customers.id
    ) OR EXISTS (
        SELECT FROM locations WHERE locations.organisation_id = customers.organisation_id
            AND locations.customer_id = customers.id
            AND (locations.branch_id IS NULL OR locations.branch_id = ANY ({branches}))
    ) OR EXISTS (
        SELECT FROM locations JOIN jobs
            ON jobs.organisation_id = locations.organisation_id AND jobs.location_id = locations.id
        WHERE locations.organisation_id = customers.organisation_id AND locations.customer_id = customers.id
            AND jobs.branch_id = ANY ({branches}))""",
    "contacts": """contacts.location_id IS NULL AND contacts.customer_id IS NULL OR EXISTS (
        SELECT FROM locations WHERE locations.organisation_id = contacts.organisation_id
            AND locations.id = contacts.location_id
            AND (locations.branch_id IS NULL OR locations.branch_id = ANY ({branches}))
    ) OR EXISTS (
        SELECT FROM locations WHERE locations.organisation_id = contacts.organisation_id
            AND locations.customer_id = contacts.customer_id
            AND (locations.branch_id IS NULL OR locations.branch_id = ANY ({branches}))
    ) OR EXISTS (
        SELECT FROM job_contacts JOIN jobs
            ON jobs.organisation_id = job_contacts.organisation_id AND jobs.id = job_contacts.job_id
        WHERE job_contacts.organisation_id = contacts.organisation_id AND job_contacts.contact_id = contacts.id
            AND jobs.branch_id = ANY ({branches}))""",
    "assets": """assets.location_id IS NULL OR EXISTS (
        SELECT FROM locations WHERE locations.organisation_id = assets.organisation_id
            AND locations.id = assets.location_id
            AND (locations.branch_id IS NULL OR locations.branch_id = ANY ({branches}))
    ) OR EXISTS (
        SELECT FROM jobs WHERE jobs.organisation_id = assets.organisation_id
            AND jobs.asset_id = assets.id AND jobs.branch_id = ANY ({branches})
    ) OR EXISTS (
        SELECT FROM job_tasks JOIN jobs
            ON jobs.organisation_id = job_tasks.organisation_id AND jobs.id = job_tasks.job_id
        WHERE job_tasks.organisation_id = assets.organisation_id AND job_tasks.asset_id = assets.id
            AND jobs.branch_id = ANY ({branches}))""",
}


def visible_places_sql(table: str, account_type: AccountType, *, branches: str = "me.branch_ids") -> str:
    """Give the predicate on a table of places as SQL, in brackets.

    Args:
        table: `customers`, `locations`, `contacts` or `assets`.
        account_type: Whose eyes.
        branches: SQL of the actor's branches, an array.
    """
    if account_type is AccountType.STAFF:
        return "true"
    if account_type is AccountType.AGENT:
        return f"({_AGENTS[table].format(branches=branches)})"
    return "false"


def visible_places(actor: Actor, table: str) -> Visible:
    """Give the predicate on a table of places for one actor."""
    if actor.account_type is AccountType.STAFF:
        return true()
    predicate = text(visible_places_sql(table, actor.account_type, branches=":actor_branch_ids"))
    if actor.account_type is AccountType.AGENT:
        return predicate.bindparams(bindparam("actor_branch_ids", list(actor.branch_ids), type_=ARRAY(BigInteger)))
    return predicate
