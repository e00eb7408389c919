"""The caller's own pins."""

from msgspec import Struct

from firstfix.api.web.job_rows import uuid_of
from firstfix.api.web.operations import operation
from firstfix.domain.people.permissions import TOGGLE_PINS
from firstfix.domain.pins import commands
from firstfix.domain.work import Work


class PinState(Struct, forbid_unknown_fields=True):
    pinned: bool


@operation("PUT", "/web/jobs/{uuid:str}/pin", key=TOGGLE_PINS, operation_id="setPin", status=204)
async def set_pin(work: Work, uuid: str, data: PinState) -> None:
    """Pin a job for the caller, or unpin it."""
    await commands.set_pin(work, job=uuid_of(uuid), pinned=data.pinned)
