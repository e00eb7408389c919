"""How far those reach who keep accounts: nobody above themselves.

An account that holds a key which the actor lacks, or would by its new role, is left to those who hold it, and
administrators to administrators. An administrator who was denied a key lacks it like everybody.
"""

from collections.abc import Iterable

from sqlalchemy import select

from firstfix.domain.people.administrators import require_administrator
from firstfix.domain.people.errors import BeyondOwnRights
from firstfix.domain.people.kinds import ROLE
from firstfix.domain.rows import Row
from firstfix.domain.work import AccountType, Work


async def require_reach_of(work: Work, person: Row) -> Row:
    """Refuse to touch an account that holds more than the actor.

    Returns:
        Its role.

    Raises:
        OnlyAdministrators: They are an administrator, and the actor is none.
        BeyondOwnRights: They hold a key that the actor does not hold, or the actor is not staff.
    """
    role = await role_of(work, person)
    held = set(role["permission_keys"]).union(person["granted_keys"]).difference(person["denied_keys"])
    _require_reach(work, role, held)
    return role


def require_reach_to(work: Work, role: Row) -> None:
    """Refuse to give somebody a role that holds more than the actor.

    Raises:
        OnlyAdministrators: It is the administrators', and the actor is none.
        BeyondOwnRights: It holds a key that the actor does not hold, or the actor is not staff.
    """
    _require_reach(work, role, role["permission_keys"])


async def role_of(work: Work, person: Row) -> Row:
    """Fetch somebody's role, shared until the work ends.

    One that gains keys meanwhile waits, and then ends what was made for its people.
    """
    role = select(*ROLE.columns).filter_by(id=person["role_id"]).with_for_update(read=True)
    return dict((await work.session.execute(role)).mappings().one())


def _require_reach(work: Work, role: Row, held: Iterable[str]) -> None:
    if role["is_administrator"]:
        require_administrator(work)
    if not all(work.actor.may(key) for key in held) or work.actor.account_type is not AccountType.STAFF:
        raise BeyondOwnRights
