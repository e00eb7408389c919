"""Single permission keys that a person is granted or denied beside those of their role."""

from typing import Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from firstfix.domain.errors import EntityNotFound
from firstfix.domain.people.administrators import lock_administrators, require_administrator
from firstfix.domain.people.document_keys import list_permission_keys
from firstfix.domain.people.errors import KeyNotHeld, LastAdministrator, OwnKeys, UnknownKey
from firstfix.domain.people.kinds import PERSON
from firstfix.domain.people.models import Person, Role
from firstfix.domain.people.rising import end_ways_in_of_others
from firstfix.domain.rows import change_row, get_row
from firstfix.domain.work import Work

Standing = Literal["granted", "denied", "role"]
"""Whether a person has a key by themselves, cannot have it, or has it as their role does."""


class PersonKeys(Struct, frozen=True, kw_only=True):
    """Somebody's keys, and where they come from. A key that is denied is not held, whatever the role says."""

    role_name: str
    is_administrator: bool
    role_keys: frozenset[str]
    granted_keys: frozenset[str]
    denied_keys: frozenset[str]

    def holds(self, key: str) -> bool:
        """Tell whether they hold a key."""
        return key in self.role_keys | self.granted_keys and key not in self.denied_keys

    def standing(self, key: str) -> Standing:
        """Tell how they stand to a key."""
        if key in self.denied_keys:
            return "denied"
        return "granted" if key in self.granted_keys else "role"


async def get_person_keys(work: Work, person: UUID) -> PersonKeys:
    """Read somebody's keys. One statement.

    Raises:
        EntityNotFound: There is no such person.
    """
    statement = (
        select(Role.name, Role.is_administrator, Role.permission_keys, Person.granted_keys, Person.denied_keys)
        .join(Role, Role.id == Person.role_id)
        .where(Person.uuid == person, Person.removed_at.is_(None))
    )
    row = (await work.session.execute(statement)).one_or_none()
    if row is None:
        raise EntityNotFound(PERSON.entity, person)
    return PersonKeys(
        role_name=row.name,
        is_administrator=row.is_administrator,
        role_keys=frozenset(row.permission_keys),
        granted_keys=frozenset(row.granted_keys),
        denied_keys=frozenset(row.denied_keys),
    )


async def set_key(work: Work, person: UUID, key: str, standing: Standing) -> int:
    """Grant somebody a key, deny it, or leave it to their role again. It counts from their next request on.

    What they gain ends ways into their account that others have.

    Args:
        work: The open transaction.
        person: Whose key.
        key: Which one.
        standing: The state wanted afterwards.

    Returns:
        How many API keys of theirs were ended, which others had made.

    Raises:
        UnknownKey: There is no such key.
        OnlyAdministrators: The actor is none, whatever keys they hold.
        EntityNotFound: There is no such person.
        OwnKeys: It is the actor.
        KeyNotHeld: The person would gain a key that the actor lacks.
        LastAdministrator: Nobody would be left who can administrate.
    """
    if key not in await list_permission_keys(work):
        raise UnknownKey(key)
    require_administrator(work)
    administrators = await lock_administrators(work)
    row = await get_row(work, PERSON, person, visible=Person.removed_at.is_(None))
    if row["id"] == work.actor.person_id:
        raise OwnKeys
    before = await get_person_keys(work, person)
    granted, denied = before.granted_keys - {key}, before.denied_keys - {key}
    is_gained = not before.holds(key) and (standing == "granted" or (standing == "role" and key in before.role_keys))
    if is_gained and not work.actor.may(key):
        raise KeyNotHeld(key)
    values = {
        "granted_keys": sorted(granted | {key} if standing == "granted" else granted),
        "denied_keys": sorted(denied | {key} if standing == "denied" else denied),
    }
    await change_row(work, PERSON, row, values)
    if administrators.get(row["id"]) and not any((await lock_administrators(work)).values()):
        raise LastAdministrator
    return await end_ways_in_of_others(work, [row]) if is_gained else 0
