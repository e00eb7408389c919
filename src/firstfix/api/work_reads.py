"""The statements of hot reads inside an open work: so that a reply to a write is read by the same SQL as a GET."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from firstfix.api.hot_reads import BodyOf
from firstfix.domain.jobs.policies import visible_jobs_sql
from firstfix.domain.work import AccountType, Work
from firstfix.kit.statements import send

_FRAME = """
SELECT answer.*
FROM (
    SELECT %(me_credential_id)s::bigint AS credential_id, %(me_organisation_id)s::bigint AS organisation_id,
        %(me_person_id)s::bigint AS person_id, %(me_account_type)s::smallint AS account_type,
        %(me_is_administrator)s::boolean AS is_administrator, %(me_branch_ids)s::bigint[] AS branch_ids
) AS me, LATERAL ({body}) AS answer
"""


async def read_in(work: Work, body_of: BodyOf, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run a read with the rights of the actor, and return its first row; `None` where it found nothing.

    Args:
        work: The open transaction: what it has written is seen.
        body_of: As `HotReads.row` takes it.
        parameters: What its `%(name)s` stand for.
    """
    actor = work.actor
    values = {
        "me_credential_id": actor.credential_id,
        "me_organisation_id": actor.organisation_id,
        "me_person_id": actor.person_id,
        "me_account_type": int(actor.account_type),
        "me_is_administrator": actor.is_administrator,
        "me_branch_ids": list(actor.branch_ids),
        **parameters,
    }
    rows = await send(work.session, _statement(body_of, actor.account_type), values)
    return rows[0] if rows else None


@lru_cache(maxsize=512)
def _statement(body_of: BodyOf, account_type: AccountType) -> str:
    visible = visible_jobs_sql(account_type, person="me.person_id", branches="me.branch_ids")
    return _FRAME.format(body=body_of(visible, account_type))
