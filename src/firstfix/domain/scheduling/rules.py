"""Pure decisions about the work of a crew: no I/O, no clock."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite

from firstfix.domain.jobs import rules as job_rules
from firstfix.domain.jobs.crew import CrewState, Position
from firstfix.domain.jobs.errors import ValueOutOfRange
from firstfix.domain.scheduling.errors import PauseNeedsReason, ReasonWithoutPause, StepNotAllowed
from firstfix.domain.scheduling.views import Step

LONGEST_REASON = 200
_MOST_LATITUDE, _MOST_LONGITUDE = 90, 180


UNDER_WAY = frozenset({CrewState.IN_TRANSIT, CrewState.ACTIVE, CrewState.PAUSED})
"""Who has begun and is not done."""
_AT_IT = frozenset({CrewState.IN_TRANSIT, CrewState.ACTIVE})
_STEPS = {
    # Who is done may begin once more, as long as the job is not.
    Step.TRAVEL: (CrewState.IN_TRANSIT, frozenset(CrewState)),
    Step.ARRIVE: (CrewState.ACTIVE, frozenset(CrewState)),
    Step.PAUSE: (CrewState.PAUSED, _AT_IT),
    Step.RESUME: (CrewState.ACTIVE, frozenset({CrewState.PAUSED})),
    Step.COMPLETE: (CrewState.COMPLETED, UNDER_WAY),
}
"""Where each step leads, and from where."""


def next_state(state: CrewState, step: Step, *, was_travelling: bool) -> CrewState:
    """Tell where a step leads. One that was taken already leads nowhere else.

    Args:
        state: How far somebody is.
        step: What they do.
        was_travelling: What who pauses goes on with: travel, or else work.

    Raises:
        StepNotAllowed: It cannot be taken from there.
    """
    target, origins = _STEPS[step]
    if step is Step.RESUME:
        if state in _AT_IT:
            return state
        target = CrewState.IN_TRANSIT if was_travelling else CrewState.ACTIVE
    if state is not target and state not in origins:
        raise StepNotAllowed(step.value, state.wire_name)
    return target


def is_work_done(states: Mapping[int, CrewState], *, lead_id: int | None) -> bool:
    """Tell whether a crew has done its job: nobody is under way, and the lead, or without one everybody, is done.

    Who never began does not keep a lead from being done.
    """
    if UNDER_WAY.intersection(states.values()):
        return False
    if lead_id is not None and lead_id in states:
        return states[lead_id] is CrewState.COMPLETED
    return all(state is CrewState.COMPLETED for state in states.values())


def substate_of(states: Mapping[int, CrewState]) -> int | None:
    """Tell what is shown of an active job: 0 in transit, 1 on site, 2 paused; who is furthest on counts."""
    at = set(states.values())
    for state, substate in ((CrewState.ACTIVE, 1), (CrewState.IN_TRANSIT, 0), (CrewState.PAUSED, 2)):
        if state in at:
            return substate
    return None


def check_step(
    step: Step, *, at: datetime | None, now: datetime, position: Position | None, reason: str | None
) -> None:
    """Refuse what no step can bring.

    Raises:
        PauseNeedsReason: A pause without one; `ReasonWithoutPause`: one without a pause.
        ValueOutOfRange: It lies in the future, or nowhere on Earth, or the reason is too long.
    """
    if step is Step.PAUSE:
        if reason is None or not reason.strip():
            raise PauseNeedsReason
        job_rules.check_text("reason", reason)
        if len(reason) > LONGEST_REASON:
            raise ValueOutOfRange(f"The reason is longer than {LONGEST_REASON} characters.", field="reason")
    elif reason is not None:
        raise ReasonWithoutPause
    if at is not None:
        job_rules.check_day("at", at)
        if at.replace(microsecond=0) > now:
            raise ValueOutOfRange("This has not happened yet.", field="at")
    if position is not None and not (
        isfinite(position.latitude)
        and isfinite(position.longitude)
        and abs(position.latitude) <= _MOST_LATITUDE
        and abs(position.longitude) <= _MOST_LONGITUDE
    ):
        raise ValueOutOfRange("There is no such place on Earth.", field="position")
