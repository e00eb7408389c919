"""Refusals: each has a stable code, a sentence for people and data for programs. The edges give them a status."""

from collections.abc import Mapping
from typing import ClassVar


class Refusal(Exception):
    """The domain says no.

    Args:
        message: A sentence for the person who asked.
        field: The core name of the one field at fault, where there is one.
        **data: What a program needs to act on the refusal.
    """

    code: ClassVar[str]

    def __init__(self, message: str, *, field: str | None = None, **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.data = data


class NotFound(Refusal):
    """Absent, or hidden from the actor: the two look the same."""


class Forbidden(Refusal):
    """The actor may not do this at all."""

    code = "auth.permission_missing"


class Conflict(Refusal):
    """The right request in the wrong state."""


class Invalid(Refusal):
    """A value that no state would accept."""


class Unsupported(Refusal):
    """Content of a type that is not taken."""


class ReferenceNotFound(NotFound):
    """A thing named in the request is absent or hidden."""

    code = "reference_not_found"

    def __init__(self, entity: str, reference: object, *, field: str) -> None:
        super().__init__(f"No {entity} with id={reference} exists", field=field)
        self.entity = entity
        self.reference = reference


class ReferenceArchived(Conflict):
    """A thing named in the request is archived, and was not named before."""

    code = "reference_archived"

    def __init__(self, entity: str, reference: object, *, field: str) -> None:
        super().__init__(f"{entity} with id={reference} is archived", field=field)
        self.entity = entity
        self.reference = reference


class EntityNotFound(NotFound):
    """The thing that the request is about is absent or hidden."""

    code = "not_found"

    def __init__(self, entity: str, reference: object) -> None:
        super().__init__(f"No {entity} with id={reference} exists")
        self.entity = entity
        self.reference = reference


class EntityInUse(Conflict):
    """Something else refers to it. `uses`: how many rows of which tables, where that was counted."""

    code = "in_use"

    def __init__(self, entity: str, uses: Mapping[str, int] | None = None) -> None:
        told = ", ".join(f"{table.replace('_', ' ')}: {count}" for table, count in (uses or {}).items())
        super().__init__(f"This {entity} is in use" + (f" ({told})." if told else "."), uses=dict(uses or {}))
        self.entity = entity


class ValueTaken(Conflict):
    """Another thing has this value, which only one can have."""

    code = "value_taken"

    def __init__(self, entity: str, *, field: str) -> None:
        super().__init__(f"Another {entity} has this already.", field=field)


class ValueRefused(Invalid):
    """A value that such a thing cannot have."""

    code = "value_refused"
