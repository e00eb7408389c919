"""What is told of the past."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType


class Change(Struct, frozen=True, kw_only=True):
    """A field that changed, by its core name. Ids have their names beside them, lists of ids a list of names.

    Values are as the event keeps them, with sealed ones opened: amounts and times are text. A custom field is
    `custom_fields.<key>`; its label is the name that it has now, or the key where it is gone.
    """

    field: str
    before: Any
    after: Any
    name_before: Any | UnsetType = UNSET
    name_after: Any | UnsetType = UNSET
    label: str | None = None


class Commit(Struct, frozen=True, kw_only=True):
    """One change of a thing. Nobody's (`by_id` is `None`) are the system's own."""

    id: UUID
    at: datetime
    by_id: int | None
    by_name: str | None
    source: str
    action: str
    changes: tuple[Change, ...]


class ValueThen(Struct, frozen=True):
    """What a field held at some time, as the event keeps it. A sealed value opens with `record`, the uuid of then."""

    value: Any
    record: UUID
