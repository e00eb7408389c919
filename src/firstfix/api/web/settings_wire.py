"""What the settings' modules share."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct

from firstfix.domain.errors import EntityNotFound
from firstfix.kit.ids import find_uuid

Name = Annotated[str, Meta(min_length=1, max_length=100)]


class Made(Struct, kw_only=True):
    """What was added."""

    uuid: UUID


class RightsChanged(Struct, kw_only=True):
    """What a change took away: API keys that others had made for whoever holds more now."""

    ended_api_keys: int


def uuid_in(address: str, entity: str) -> UUID:
    """Read a uuid from an address.

    Raises:
        EntityNotFound: It is none, and so nothing's.
    """
    uuid = find_uuid(address)
    if uuid is None:
        raise EntityNotFound(entity, address)
    return uuid


def given(data: Struct) -> dict[str, Any]:
    """Give what a body says, by field; what it leaves out is absent."""
    fields = {name: getattr(data, name) for name in data.__struct_fields__}
    return {name: value for name, value in fields.items() if value is not UNSET}
