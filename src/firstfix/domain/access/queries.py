"""Who a credential belongs to."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.errors import Forbidden
from firstfix.domain.work import AccountType, Actor
from firstfix.kit.secrets import hash_secret
from firstfix.kit.statements import send

_AUTHENTICATE = """
SELECT credential_id, organisation_id, person_id, person_uuid, account_type, is_administrator, branch_ids, is_permitted,
    role_keys, granted_keys, denied_keys, at
FROM authenticate(%(kind)s, %(secret_hash)s, %(operation_keys)s)
"""
_SET_ORGANISATION = text("SELECT set_config('firstfix.organisation', :organisation, true)")
_FIND_PERSON = text("""
SELECT people.uuid, people.account_type, roles.is_administrator, roles.permission_keys, people.granted_keys,
    people.denied_keys, now() AS at, ARRAY(
        SELECT branch_id FROM person_branches
        WHERE person_id = people.id AND people.account_type IN (2, 3) ORDER BY branch_id) AS branch_ids
FROM people JOIN roles ON roles.id = people.role_id
WHERE people.id = :person_id AND people.archived_at IS NULL
""")


class Claim(Struct, frozen=True):
    """What a caller shows to get in. Kind: `api_key`, `bearer` or `session`."""

    kind: str
    secret: str

    @property
    def secret_hash(self) -> bytes:
        """What the secret is looked up by."""
        return hash_secret(self.secret)


class NotAuthenticated(Forbidden):
    """No credential, or one that is made up, expired, revoked, or of an archived person: not told apart."""

    code = "auth.required"

    def __init__(self) -> None:
        super().__init__("Authentication required. Please log in.")


class PermissionMissing(Forbidden):
    """The actor holds none of the keys of the operation."""

    code = "auth.permission_missing"

    def __init__(self) -> None:
        super().__init__("You do not have permission to perform this action")


async def authenticate(
    session: AsyncSession, claim: Claim, *, operation_keys: tuple[str, ...]
) -> tuple[Actor, datetime]:
    """Find whose credential this is and set the organisation for the transaction. One statement.

    Args:
        session: A transaction that has asked nothing yet.
        claim: What the caller shows.
        operation_keys: Permission keys of which one must be held; none: whoever is signed in.

    Returns:
        The actor and the transaction's time.

    Raises:
        NotAuthenticated: Nobody's, or no longer valid.
        PermissionMissing: None of the keys is held.
    """
    parameters = {"kind": claim.kind, "secret_hash": claim.secret_hash, "operation_keys": list(operation_keys)}
    rows = await send(session, _AUTHENTICATE, parameters)
    if not rows:
        raise NotAuthenticated
    row = rows[0]
    if not row.is_permitted:
        raise PermissionMissing
    actor = Actor(
        organisation_id=row.organisation_id,
        person_id=row.person_id,
        person_uuid=row.person_uuid,
        account_type=AccountType(row.account_type),
        is_administrator=row.is_administrator,
        branch_ids=tuple(row.branch_ids),
        keys=frozenset(row.role_keys).union(row.granted_keys).difference(row.denied_keys),
        credential_id=row.credential_id,
    )
    return actor, row.at


async def recognise(
    session: AsyncSession, *, organisation_id: int, person_id: int, operation_keys: tuple[str, ...]
) -> tuple[Actor, datetime]:
    """Find somebody whom a link of ours names, with the rights that they have now, and set the organisation.

    Args:
        session: A transaction that has asked nothing yet.
        organisation_id: Whose person it is.
        person_id: Who.
        operation_keys: Permission keys of which one must be held.

    Returns:
        The actor and the transaction's time.

    Raises:
        NotAuthenticated: There is nobody, or they were archived.
        PermissionMissing: None of the keys is held.
    """
    await session.execute(_SET_ORGANISATION, {"organisation": str(organisation_id)})
    row = (await session.execute(_FIND_PERSON, {"person_id": person_id})).one_or_none()
    if row is None:
        raise NotAuthenticated
    keys = frozenset(row.permission_keys).union(row.granted_keys).difference(row.denied_keys)
    if keys.isdisjoint(operation_keys):
        raise PermissionMissing
    actor = Actor(
        organisation_id=organisation_id,
        person_id=person_id,
        person_uuid=row.uuid,
        account_type=AccountType(row.account_type),
        is_administrator=row.is_administrator,
        branch_ids=tuple(row.branch_ids),
        keys=keys,
    )
    return actor, row.at
