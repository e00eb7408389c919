"""Adding, changing and removing roles. What a role holds counts from the next request of everybody who has it."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from firstfix.domain.choices import remove_unused
from firstfix.domain.errors import ValueRefused
from firstfix.domain.people.administrators import require_administrator
from firstfix.domain.people.document_keys import list_permission_keys
from firstfix.domain.people.errors import AdministratorRole, KeyNotHeld
from firstfix.domain.people.kinds import PERSON, ROLE
from firstfix.domain.people.models import Person, Role
from firstfix.domain.people.rising import end_ways_in_of_others
from firstfix.domain.rows import add_row, change_row, get_row
from firstfix.domain.work import Work

Values = Mapping[str, Any]


async def add_role(work: Work, values: Values) -> UUID:
    """Add a role.

    Raises:
        ValueRefused: It has no name, or there is no such key.
        ValueTaken: Another role has the name.
        KeyNotHeld: It would have a key that the actor does not have.
    """
    row = await add_row(work, ROLE, await _checked(work, values, ()))
    uuid: UUID = row["uuid"]
    return uuid


async def change_role(work: Work, uuid: UUID, values: Values) -> int:
    """Change a role's name or its keys. What it gains ends ways into its people's accounts that others have.

    Returns:
        How many API keys were ended, which others had made for them.

    Raises:
        EntityNotFound: There is no such role.
        ValueRefused: It would have no name, or there is no such key.
        ValueTaken: Another role has the name.
        OnlyAdministrators: It is the administrators', and the actor is none.
        KeyNotHeld: It would gain or lose a key that the actor does not have.
        AdministratorRole: The keys would change, and it is the administrators'.
    """
    row = await get_row(work, ROLE, uuid)
    if row["is_administrator"]:
        require_administrator(work)
    given = await _checked(work, values, row["permission_keys"])
    if "permission_keys" in given and set(given["permission_keys"]) == set(row["permission_keys"]):
        del given["permission_keys"]  # in whatever order
    if "permission_keys" in given and row["is_administrator"]:
        raise AdministratorRole
    await change_row(work, ROLE, row, given)
    if set(given.get("permission_keys", ())) <= set(row["permission_keys"]):
        return 0
    holders = select(*PERSON.columns).filter_by(role_id=row["id"], removed_at=None)
    people = (await work.session.execute(holders)).mappings().all()
    return await end_ways_in_of_others(work, [dict(person) for person in people])


async def remove_role(work: Work, uuid: UUID) -> None:
    """Remove a role that nobody has. Who was removed does not count: their row gets the role with the fewest keys.

    Raises:
        EntityNotFound: There is no such role.
        EntityInUse: Somebody has it.
        AdministratorRole: It is the administrators'.
    """
    row = await get_row(work, ROLE, uuid, to_remove=True)
    if row["is_administrator"]:
        raise AdministratorRole
    least = (
        select(Role.id)
        .where(Role.id != row["id"], Role.is_administrator.is_(False))
        .order_by(func.cardinality(Role.permission_keys), Role.id)
        .limit(1)
        .scalar_subquery()
    )
    removed = update(Person).where(Person.role_id == row["id"], Person.removed_at.is_not(None))
    await work.session.execute(removed.values(role_id=func.coalesce(least, Person.role_id)))
    await remove_unused(work, ROLE, row)


async def _checked(work: Work, values: Values, held: Iterable[str]) -> dict[str, Any]:
    """Refuse keys that there are not, or that the actor can neither give nor take; put the others into order."""
    given = dict(values)
    if "permission_keys" not in given:
        return given
    wanted = set(given["permission_keys"])
    known = await list_permission_keys(work)
    unknown = wanted.difference(known)
    if unknown:
        raise ValueRefused(f"There is no permission {min(unknown)}.", field="permission_keys")
    beyond = sorted(key for key in wanted.symmetric_difference(held) if not work.actor.may(key))
    if beyond:
        raise KeyNotHeld(beyond[0])
    given["permission_keys"] = [key for key in known if key in wanted]
    return given
