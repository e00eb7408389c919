"""Adding, changing and removing accounts. Each change records one event, which never tells a password."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from firstfix.domain.access.models import Credential
from firstfix.domain.access.passwords import LONGEST_PASSWORD, PASSWORD_CHECKS, SHORTEST_PASSWORD
from firstfix.domain.errors import ValueRefused
from firstfix.domain.organisations.rules import check_time_zone
from firstfix.domain.people.administrators import keep_one, lock_administrators
from firstfix.domain.people.errors import NoRole, NotStaff
from firstfix.domain.people.kinds import PERSON, users
from firstfix.domain.people.models import Role
from firstfix.domain.people.reach import require_reach_of, require_reach_to, role_of
from firstfix.domain.people.rising import end_ways_in_of_others
from firstfix.domain.people.rules import is_address
from firstfix.domain.rows import Row, add_row, archiving, change_row, get_row, retire_row
from firstfix.domain.work import AccountType, Work

Values = Mapping[str, Any]

_ADMIN, _API_KEY = "Admin", "api_key"
_USUAL_ROLE = "Engineer"
"""What somebody is who is no administrator, where the organisation still has that role."""


async def add_user(work: Work, values: Values) -> UUID:
    """Add a member of staff. Who adds them vouches for the address.

    Args:
        work: The open transaction.
        values: By column; besides those `role` (`Admin`, `Employee`), `password` and `is_archived`.

    Raises:
        ValueRefused: The address is none, the password too short, or a value that a user cannot have.
        ValueTaken: Somebody has the address.
        NoRole: The organisation has no role of that kind.
        OnlyAdministrators: It would be an administrator, and the actor is none.
        BeyondOwnRights: It would have a key that the actor does not have, or the actor is not staff.
        TooManyChecks: Too many passwords wait to be turned into what is kept of them.
    """
    given = await _columns(archiving(work, None, values))
    role = await _find_role(work, is_administrator=given.pop("role", None) == _ADMIN)
    given |= {"account_type": int(AccountType.STAFF), "role_id": role["id"], "email_verified_at": work.now}
    row = await add_row(work, PERSON, given)
    uuid: UUID = row["uuid"]
    return uuid


async def change_user(work: Work, uuid: UUID, values: Values) -> None:
    """Change a user. Archiving ends their sessions and their keys; a new password or role ends their sessions.

    Another role ends the keys that others made for them, too.

    Raises:
        EntityNotFound: There is no such user.
        ValueRefused: A value that a user cannot have.
        ValueTaken: Somebody else has the address.
        LastAdministrator: Nobody would be left to administrate.
        OnlyAdministrators: They are, or would be, an administrator, and the actor is none.
        BeyondOwnRights: They have, or would have, a key that the actor does not have, or the actor is not staff.
        NotStaff: Others than staff cannot be administrators.
        TooManyChecks: As `add_user` has it.
    """
    administrators = await lock_administrators(work)
    row = await get_user(work, uuid)
    given = await _columns(archiving(work, row, values))
    role = given.pop("role", None)
    is_administrator = (await require_reach_of(work, row))["is_administrator"]
    if role is not None and (role == _ADMIN) is not is_administrator:
        if row["account_type"] != AccountType.STAFF:
            raise NotStaff
        given["role_id"] = (await _find_role(work, is_administrator=role == _ADMIN))["id"]
    if given.get("archived_at") is not None or (is_administrator and "role_id" in given):
        keep_one(administrators, row["id"])
    await change_row(work, PERSON, row, given)
    if given.get("archived_at") is not None:
        await work.session.execute(delete(Credential).where(Credential.person_id == row["id"]))
    elif given.keys() & {"password_hash", "role_id"}:
        is_session = Credential.kind != _API_KEY
        await work.session.execute(delete(Credential).where(Credential.person_id == row["id"], is_session))
    if "role_id" in given:
        await end_ways_in_of_others(work, [row])


async def remove_user(work: Work, row: Row) -> None:
    """Remove a user whom nothing keeps: they are found no more, and what they did goes on naming them.

    Args:
        work: The open transaction.
        row: As `get_user` gave it.

    Raises:
        LastAdministrator: Nobody would be left to administrate.
        OnlyAdministrators: They are one, and the actor is none.
        BeyondOwnRights: They have a key that the actor does not have, or the actor is not staff.
    """
    administrators = await lock_administrators(work)
    await require_reach_of(work, row)
    keep_one(administrators, row["id"])
    await retire_row(
        work,
        PERSON,
        row,
        {
            "archived_at": row["archived_at"] or work.now,
            "removed_at": work.now,
            "email": f"{row['uuid'].hex}@removed.invalid",  # the address is free again
            "password_hash": None,
            "second_factor_sealed": None,
        },
    )
    await work.session.execute(delete(Credential).where(Credential.person_id == row["id"]))


async def get_user(work: Work, uuid: UUID, *, to_remove: bool = False) -> Row:
    """Fetch and lock a user, as `get_row` does; to remove them, after the administrators, as a change has it.

    Raises:
        EntityNotFound: There is no such user.
    """
    if to_remove:
        await lock_administrators(work)
    return await get_row(work, PERSON, uuid, visible=users(), to_remove=to_remove)


async def _columns(values: Values) -> dict[str, Any]:
    """Check what a user's columns do not, and turn a password into what is kept of it."""
    given = dict(values)
    email = given.get("email")
    if isinstance(email, str) and not is_address(email):
        raise ValueRefused("This is no e-mail address.", field="email")
    if given.get("time_zone") is not None:
        check_time_zone(given["time_zone"])
    password = given.pop("password", None)
    if password is not None:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise ValueRefused(f"A password has at least {SHORTEST_PASSWORD} characters.", field="password")
        given["password_hash"] = await PASSWORD_CHECKS.hash(password)
    return given


async def _find_role(work: Work, *, is_administrator: bool) -> Row:
    """Find the role of a kind, where the actor may give it."""
    roles = select(Role.id.label("role_id")).where(Role.is_administrator.is_(is_administrator))
    found = await work.session.execute(roles.order_by((Role.name == _USUAL_ROLE).desc(), Role.id).limit(1))
    row = found.mappings().one_or_none()
    if row is None:
        raise NoRole
    role = await role_of(work, dict(row))
    require_reach_to(work, role)
    return role
