"""What goes into the commands of approvals and what comes out of their queries."""

from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

from msgspec import Struct

Value: TypeAlias = Decimal | date | int
"""An amount, a date or an id."""
FieldKind = Literal["money", "percent", "date", "choice"]


class Option(Struct, frozen=True):
    """Something to choose, and what it is called."""

    id: int
    name: str


class AmendableField(Struct, frozen=True, kw_only=True):
    """A field of a job that a change can be asked for.

    Args:
        name: Its core name, as changes of jobs have it.
        label: What people call it.
        current: What the job shows.
        options: What there is to choose from; only of a choice.
    """

    name: str
    label: str
    kind: FieldKind
    current: Value | None
    options: tuple[Option, ...] = ()
