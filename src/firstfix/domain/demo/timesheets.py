"""How far the crews of the demonstration's jobs are, and the hours that they travelled and worked.

All hours lie in the time slots that engineers are booked for, so nobody is in two places; who is at a job whose slot
has passed came back to it just now, and is booked for that too.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.demo.courses import Slot
from firstfix.domain.demo.diary import Diary
from firstfix.domain.demo.draws import Draw, spread
from firstfix.domain.demo.outlines import Outline
from firstfix.domain.demo.scenarios import IN_PROGRESS, ON_HOLD
from firstfix.domain.demo.words.worksheets import BREAKS, END_OF_DAY, REASONS_TO_WAIT
from firstfix.domain.jobs.crew import CrewState, Position

_UNDER_WAY = spread({CrewState.IN_TRANSIT: 2, CrewState.ACTIVE: 5, CrewState.PAUSED: 1})
_SUBSTATES = {CrewState.IN_TRANSIT: 0, CrewState.ACTIVE: 1, CrewState.PAUSED: 2}
_BACK, _SHORTEST = timedelta(minutes=50), timedelta(minutes=1)
_TRAVEL_SECONDS = (480, 1800)
_TRAVEL_PART = 4  # of the time there is
_BREAK_AFTER, _BREAK = timedelta(hours=2), timedelta(minutes=30)
_LONG = 2 * _BREAK_AFTER
_NEAR_DEGREES = 0.04


class Presence(Struct, frozen=True):
    """How far engineers are with a job that is under way; `back_since`, where they came back to it after its slot."""

    state: CrewState
    back_since: datetime | None = None

    @property
    def substate(self) -> int:
        """What is shown of the job."""
        return _SUBSTATES[self.state]


class Stretch(Struct, frozen=True, kw_only=True):
    """A stretch of somebody's hours; one without an end goes on."""

    is_travel: bool
    starts_at: datetime
    ends_at: datetime | None
    came_from: Position | None
    went_to: Position | None
    pause_reason: str | None = None


def find_presence(
    draw: Draw,
    diary: Diary,
    outline: Outline,
    *,
    engineer_ids: tuple[int, ...],
    slots: list[Slot],
    zone: ZoneInfo,
    now: datetime,
) -> Presence | None:
    """Choose how far the engineers of a job are that is under way, and book them; `None` for any other job."""
    status = outline.scenario.path[-1]
    if not engineer_ids or status not in (IN_PROGRESS, ON_HOLD):
        return None
    state = draw.one(_UNDER_WAY) if status == IN_PROGRESS else CrewState.PAUSED
    if state is CrewState.PAUSED or _end_of(slots[-1]) > now:
        return Presence(state)
    begins_at = max(now - _BACK, _end_of(slots[-1]))
    is_free = all(diary.book_until(id_, begins_at, now, zone) for id_ in engineer_ids)
    if not is_free or now - begins_at < _SHORTEST:
        return Presence(CrewState.PAUSED)
    return Presence(state, begins_at + (now - begins_at) * draw.share(0.1, 0.9))


def draw_hours(
    draw: Draw,
    outline: Outline,
    *,
    slots: list[Slot],
    presence: Presence | None,
    started_at: datetime | None,
    ended_at: datetime | None,
    now: datetime,
) -> list[Stretch]:
    """Draw the hours of each engineer of a job, in order; none before it has begun.

    Args:
        draw: What decides.
        outline: The job in outline.
        slots: When its engineers are booked for it.
        presence: See `find_presence`.
        started_at: When the first of them set out.
        ended_at: When the job was completed, or put on hold.
        now: When the telling ends.
    """
    if started_at is None:
        return []
    place = outline.place.position
    hours: list[Stretch] = []
    for number, slot in enumerate(slots):
        begins_at = started_at if number == 0 else slot.starts_at
        is_last = number == len(slots) - 1
        ends_at = min(_end_of(slot), now, ended_at or now)
        if ends_at <= begins_at:
            break
        hours += _day(draw, begins_at, ends_at, place, is_full=outline.is_full)
        if not is_last:
            hours[-1] = replace(hours[-1], pause_reason=END_OF_DAY)
    if presence is None:
        return hours
    if presence.back_since is not None:
        hours[-1] = replace(hours[-1], pause_reason=draw.one(REASONS_TO_WAIT))
        hours.append(_open(presence.state, presence.back_since.replace(microsecond=0), place))
    elif presence.state is CrewState.PAUSED:
        is_short = outline.scenario.path[-1] == IN_PROGRESS and _end_of(slots[-1]) > now
        hours[-1] = replace(hours[-1], pause_reason=draw.one(BREAKS if is_short else REASONS_TO_WAIT))
    elif presence.state is CrewState.IN_TRANSIT:
        # Off to fetch something.
        worked = hours[-1]
        left_at = worked.starts_at + timedelta(seconds=int((now - worked.starts_at).total_seconds() * 0.9))
        hours[-1:] = [replace(worked, ends_at=left_at), _open(presence.state, left_at, place)]
    else:
        hours[-1] = _open(presence.state, hours[-1].starts_at, place)
    return hours


def crew_state_of(stage: int, presence: Presence | None, hours: list[Stretch]) -> CrewState:
    """Tell how far the engineers of a job are."""
    if presence is not None:
        return presence.state
    is_over = stage > Stage.IN_PROGRESS
    return CrewState.COMPLETED if hours and is_over else CrewState.SCHEDULED


def _day(draw: Draw, begins_at: datetime, ends_at: datetime, place: Position, *, is_full: bool) -> list[Stretch]:
    """Draw a day's hours at a job; told in full with travel, and a break where it is long."""
    if not is_full:
        return [_stretch(begins_at, ends_at, place)]
    seconds = min(draw.between(*_TRAVEL_SECONDS), int((ends_at - begins_at).total_seconds()) // _TRAVEL_PART)
    arrived_at = begins_at + timedelta(seconds=seconds)
    near = Position(_near(draw, place.latitude), _near(draw, place.longitude))
    way = Stretch(is_travel=True, starts_at=begins_at, ends_at=arrived_at, came_from=near, went_to=place)
    if ends_at - arrived_at < _LONG:
        return [way, _stretch(arrived_at, ends_at, place)]
    break_at = arrived_at + _BREAK_AFTER
    return [
        way,
        replace(_stretch(arrived_at, break_at, place), pause_reason=draw.one(BREAKS)),
        _stretch(break_at + _BREAK, ends_at, place),
    ]


def _stretch(starts_at: datetime, ends_at: datetime, place: Position) -> Stretch:
    return Stretch(is_travel=False, starts_at=starts_at, ends_at=ends_at, came_from=place, went_to=place)


def _open(state: CrewState, since: datetime, place: Position) -> Stretch:
    is_travel = state is CrewState.IN_TRANSIT
    return Stretch(is_travel=is_travel, starts_at=since, ends_at=None, came_from=place, went_to=None)


def _near(draw: Draw, degrees: float) -> float:
    return round(degrees + draw.share(-_NEAR_DEGREES, _NEAR_DEGREES), 6)


def _end_of(slot: Slot) -> datetime:
    return slot.starts_at + timedelta(minutes=slot.minutes)
