"""What goes into the commands of scheduling and what comes out of them."""

from enum import StrEnum

from msgspec import Struct

from firstfix.domain.jobs.crew import CrewState


class Step(StrEnum):
    """What somebody of a crew does next."""

    TRAVEL = "travel"
    ARRIVE = "arrive"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"


class CrewMove(Struct, frozen=True, kw_only=True):
    """What came of a step.

    Args:
        state: How far the person is now.
        is_changed: Whether anything was written.
        is_approval_required: Whether the status that the step leads to waits for approval: the job stays in its state.
    """

    state: CrewState
    is_changed: bool
    is_approval_required: bool
