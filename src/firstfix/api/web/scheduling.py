"""Planning a job, and moving it through its states as its crew does."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from firstfix.api.web.job_detail import SCHEDULED_STATES, CrewStateName, ScheduledState, crew_state_name
from firstfix.api.web.job_rows import Instant, uuid_of
from firstfix.api.web.operations import operation
from firstfix.domain.jobs.commands import update_job
from firstfix.domain.jobs.crew import Position
from firstfix.domain.jobs.views import JobChanges, PlannedSlot
from firstfix.domain.people.permissions import MANAGE_JOBS, PROGRESS_JOBS
from firstfix.domain.scheduling import commands
from firstfix.domain.scheduling.views import Step
from firstfix.domain.work import Work


class Place(Struct, forbid_unknown_fields=True, kw_only=True):
    """Where somebody was, in degrees."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lng: Annotated[float, Meta(ge=-180, le=180)]


class CrewStep(Struct, forbid_unknown_fields=True, kw_only=True):
    """What somebody of the crew does; a pause has a reason.

    Args:
        at: When; by default now.
        position: Where they were.
    """

    person_id: int
    step: Step
    reason: str | None = None
    at: Instant | None = None
    position: Place | None = None


class CrewMoved(Struct, kw_only=True):
    """How far they are now. Where approval is required the job stays in its state until somebody decides."""

    state: CrewStateName
    approval_required: bool


class JobCancelled(Struct, kw_only=True):
    """Whether somebody has to approve it first."""

    approval_required: bool


class Slot(Struct, forbid_unknown_fields=True, kw_only=True):
    """A stretch of planned work. With the uuid of one that the job has it changes that one, else it is new.

    Args:
        crew_ids: Who is planned: members of the job's crew.
    """

    starts_at: Instant
    minutes: Annotated[int, Meta(ge=0)]
    crew_ids: list[int] = []
    uuid: UUID | None = None


class Slots(Struct, forbid_unknown_fields=True, kw_only=True):
    """All time slots of a job. `expected_updated_at`: the `updated_at` that was read, to lose nobody's change."""

    slots: Annotated[list[Slot], Meta(max_length=100)]
    expected_updated_at: Instant | UnsetType = UNSET


class Planning(Struct, forbid_unknown_fields=True, kw_only=True):
    """How far the planning of a job is."""

    scheduled_state: ScheduledState
    expected_updated_at: Instant | UnsetType = UNSET


@operation("POST", "/web/jobs/{uuid:str}/crew", key=(MANAGE_JOBS, PROGRESS_JOBS), operation_id="moveCrewMember")
async def move_crew_member(work: Work, uuid: str, data: CrewStep) -> CrewMoved:
    """Let somebody of the crew travel, arrive, pause, resume or complete; what they did already is no change."""
    moved = await commands.move_crew_member(
        work,
        uuid_of(uuid),
        person=data.person_id,
        step=data.step,
        at=data.at,
        position=None if data.position is None else Position(data.position.lat, data.position.lng),
        reason=data.reason,
    )
    return CrewMoved(state=crew_state_name(moved.state), approval_required=moved.is_approval_required)


@operation("POST", "/web/jobs/{uuid:str}/cancel", key=MANAGE_JOBS, operation_id="cancelJob")
async def cancel_job(work: Work, uuid: str) -> JobCancelled:
    """Call a job off; whatever its crew does ends now."""
    cancelled = await commands.cancel_job(work, uuid_of(uuid))
    return JobCancelled(approval_required=cancelled.is_approval_required)


@operation("PUT", "/web/jobs/{uuid:str}/slots", key=MANAGE_JOBS, operation_id="setSlots", status=204)
async def set_slots(work: Work, uuid: str, data: Slots) -> None:
    """Make these the time slots of a job; its start is that of the first one."""
    planned = tuple(
        PlannedSlot(uuid=slot.uuid, starts_at=slot.starts_at, minutes=slot.minutes, crew=tuple(slot.crew_ids))
        for slot in data.slots
    )
    await update_job(
        work, uuid_of(uuid), JobChanges(slots=planned), expected_updated_at=_read_at(data.expected_updated_at)
    )


@operation("PUT", "/web/jobs/{uuid:str}/planning", key=MANAGE_JOBS, operation_id="setPlanning", status=204)
async def set_planning(work: Work, uuid: str, data: Planning) -> None:
    """Say how far the planning of a job is: tentative, confirmed, or dispatched to its lead."""
    changes = JobChanges(scheduled_state=SCHEDULED_STATES.index(data.scheduled_state))
    await update_job(work, uuid_of(uuid), changes, expected_updated_at=_read_at(data.expected_updated_at))


def _read_at(given: datetime | UnsetType) -> datetime | None:
    return None if given is UNSET else given
