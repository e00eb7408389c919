"""Who is signed in."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from firstfix.api.exchange import RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.operations import SIGNED_IN
from firstfix.api.shown import full_name
from firstfix.api.web.job_rows import name_of
from firstfix.api.web.operations import operation
from firstfix.domain.work import AccountType

AccountTypeName = Literal["staff", "agent", "landlord", "tenant", "contractor"]


class RoleName(Struct, kw_only=True):
    name: str


class OwnOrganisation(Struct, kw_only=True):
    """The caller's organisation. `enterprise` and `true_crew` are features that it has on."""

    name: str
    slug: str
    currency: str
    timezone: str
    enterprise: bool
    true_crew: bool


class Me(Struct, kw_only=True):
    """The caller. `branch_ids` are the branches that they see, `[]` for all; `permissions` the keys that they hold."""

    person_id: int
    uuid: UUID
    name: str
    first_name: str
    last_name: str
    email: str
    account_type: AccountTypeName
    role: RoleName
    organisation: OwnOrganisation
    branch_ids: list[int]
    permissions: list[str]


@operation("GET", "/web/me", key=SIGNED_IN, operation_id="getMe", reply=Me)
async def get_me(reads: HotReads) -> RawJson:
    """Say who is signed in."""
    (body,) = await reads.row(me, {})
    return RawJson(body.encode())


def me(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (about no job)
    """Write the statement that reads the caller's own account."""
    return f"""
SELECT row_to_json(account)::text FROM (
    SELECT
        people.id AS person_id,
        people.uuid,
        {full_name("people")} AS name,
        people.first_name,
        people.last_name,
        people.email,
        {name_of("people.account_type - 1", tuple(kind.name.lower() for kind in AccountType))} AS account_type,
        (SELECT row_to_json(role) FROM (SELECT roles.name) AS role) AS role,
        (SELECT row_to_json(own) FROM (
            SELECT organisations.name, organisations.slug, organisations.currency,
                organisations.time_zone AS timezone, organisations.is_enterprise AS enterprise,
                organisations.is_true_crew AS true_crew
        ) AS own) AS organisation,
        me.branch_ids,
        ARRAY(
            SELECT unnest(me.role_keys || me.granted_keys) AS held EXCEPT SELECT unnest(me.denied_keys) ORDER BY held
        ) AS permissions
    FROM people
    JOIN roles ON roles.organisation_id = people.organisation_id AND roles.id = people.role_id
    JOIN organisations ON organisations.id = people.organisation_id
    WHERE people.organisation_id = me.organisation_id AND people.id = me.person_id
) AS account"""  # noqa: S608 (pieces of ours)
