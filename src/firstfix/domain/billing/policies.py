"""Who sees which invoices: staff all of them, others those whose jobs they all see."""

from sqlalchemy import ARRAY, BigInteger, bindparam, text, true

from firstfix.domain.jobs.policies import visible_jobs_sql
from firstfix.domain.rows import Visible
from firstfix.domain.work import AccountType, Actor

_OTHERS = """(
    EXISTS (SELECT FROM jobs
        WHERE jobs.organisation_id = invoices.organisation_id AND jobs.invoice_uuid = invoices.uuid)
    AND NOT EXISTS (SELECT FROM jobs
        WHERE jobs.organisation_id = invoices.organisation_id AND jobs.invoice_uuid = invoices.uuid
            AND ({visible}) IS NOT TRUE))"""


def visible_invoices_sql(
    account_type: AccountType, *, person: str = "me.person_id", branches: str = "me.branch_ids"
) -> str:
    """Give the predicate on `invoices` as SQL.

    Args:
        account_type: Whose eyes.
        person: SQL of the actor's id.
        branches: SQL of the actor's branches, an array.
    """
    if account_type is AccountType.STAFF:
        return "true"
    return _OTHERS.format(visible=visible_jobs_sql(account_type, person=person, branches=branches))


def visible_invoices(actor: Actor) -> Visible:
    """Give the predicate on `invoices` for one actor."""
    if actor.account_type is AccountType.STAFF:
        return true()
    predicate = text(visible_invoices_sql(actor.account_type, person=":actor_person_id", branches=":actor_branch_ids"))
    if ":actor_person_id" in predicate.text:
        return predicate.bindparams(bindparam("actor_person_id", actor.person_id, type_=BigInteger))
    return predicate.bindparams(bindparam("actor_branch_ids", list(actor.branch_ids), type_=ARRAY(BigInteger)))
