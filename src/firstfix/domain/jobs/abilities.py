"""What somebody may do with a job, for those who show buttons. The commands decide again by themselves."""

from collections.abc import Collection

from msgspec import Struct

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.people.permissions import CASE_NOTES, DELETE_CLOSED_JOBS, MANAGE_JOBS, TOGGLE_PINS


class Abilities(Struct, frozen=True, kw_only=True):
    update: bool
    delete: bool
    pin: bool
    read_notes: bool
    write_notes: bool


def abilities_on(stage: Stage, keys: Collection[str], *, is_invoiced: bool = False) -> Abilities:
    """Tell what a holder of permission keys may do with a job that they can see, at its stage, on an invoice or not."""
    manages = MANAGE_JOBS in keys
    is_closed = stage in (Stage.CLOSED, Stage.ARCHIVED)
    return Abilities(
        update=manages and stage is not Stage.ARCHIVED,
        delete=manages and not is_invoiced and (not is_closed or DELETE_CLOSED_JOBS in keys),
        pin=TOGGLE_PINS in keys and stage is not Stage.ARCHIVED,
        read_notes=CASE_NOTES in keys,
        write_notes=CASE_NOTES in keys and stage is not Stage.ARCHIVED,
    )
