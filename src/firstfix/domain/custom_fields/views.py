"""What custom fields are to the rest of the domain."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct

EntityClass = Literal["Job", "Invoice", "Asset", "Customer", "Contact", "Location", "Task", "Item"]
"""What fields can be declared for. Those of a Task may be made available on jobs' tasks too."""
FieldKind = Literal["Text", "Number", "CheckBox", "Dropdown", "Date", "Time"]

Value: TypeAlias = str | bool
"""A value as it is kept: of a CheckBox true or false, of all others a text: a number as its digits without zeros that
say nothing, a date as `2026-11-22`, a time of day as `09:30`, or `09:30:15` where it has seconds."""
Values: TypeAlias = Mapping[str, Value]
"""Values as they are kept, by the id of their field."""
Given: TypeAlias = Mapping[str, Any] | None
"""Values as they come, by the key of their field; `None` in the place of a value removes it, of all removes all."""


class Field(Struct, frozen=True, kw_only=True):
    """A declared field."""

    id: int
    entity_class: EntityClass
    key: str
    kind: FieldKind
    options: tuple[str, ...] = ()
    is_available_on_job: bool = False
