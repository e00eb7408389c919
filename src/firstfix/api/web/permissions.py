"""Single permission keys of a person, beside those of their role."""

from uuid import UUID

from msgspec import Struct

from firstfix.api.web.operations import operation
from firstfix.api.web.settings_wire import RightsChanged
from firstfix.domain.errors import EntityNotFound
from firstfix.domain.people.document_keys import list_permission_keys
from firstfix.domain.people.grants import Standing, get_person_keys, set_key
from firstfix.domain.people.kinds import PERSON
from firstfix.domain.people.permissions import MANAGE_ROLES
from firstfix.domain.work import Work
from firstfix.kit.ids import find_uuid

PATH = "/web/users/{uuid:str}/permissions"


class PersonKey(Struct, kw_only=True):
    """A key. `by_role`: the role has it; `standing`: what was said about this person; `held`: what comes of both."""

    key: str
    by_role: bool
    standing: Standing
    held: bool


class PersonPermissions(Struct, kw_only=True):
    """Every key that there is, for one person."""

    role: str
    is_administrator: bool
    keys: list[PersonKey]


class KeyStanding(Struct, forbid_unknown_fields=True):
    """`granted`, `denied`, or `role` for what the role says."""

    standing: Standing


@operation("GET", PATH, key=MANAGE_ROLES, operation_id="getUserPermissions")
async def get_user_permissions(work: Work, uuid: str) -> PersonPermissions:
    """Tell which keys somebody holds, and why."""
    person = await get_person_keys(work, _uuid_of(uuid))
    return PersonPermissions(
        role=person.role_name,
        is_administrator=person.is_administrator,
        keys=[
            PersonKey(key=key, by_role=key in person.role_keys, standing=person.standing(key), held=person.holds(key))
            for key in await list_permission_keys(work)
        ],
    )


@operation("PUT", f"{PATH}/{{key:str}}", key=MANAGE_ROLES, operation_id="setUserPermission")
async def set_user_permission(work: Work, uuid: str, key: str, data: KeyStanding) -> RightsChanged:
    """Grant somebody a key, deny it, or leave it to their role again."""
    return RightsChanged(ended_api_keys=await set_key(work, _uuid_of(uuid), key, data.standing))


def _uuid_of(text: str) -> UUID:
    uuid = find_uuid(text)
    if uuid is None:
        raise EntityNotFound(PERSON.entity, text)
    return uuid
