"""Refusals about the work of a crew."""

from firstfix.domain.errors import Conflict, Invalid


class StepNotAllowed(Conflict):
    code = "scheduling.step_not_allowed"

    def __init__(self, step: str, state: str) -> None:
        super().__init__(f"Somebody who is {state} cannot {step}.", field="step")


class NotToBeWorked(Conflict):
    code = "scheduling.not_to_be_worked"

    def __init__(self) -> None:
        super().__init__("Only a job that is scheduled or active is worked on.")


class NotDispatchedYet(Conflict):
    code = "scheduling.not_dispatched_yet"

    def __init__(self) -> None:
        super().__init__("The job is deferred: it is worked on once it has been dispatched.")


class WorkingElsewhere(Conflict):
    code = "scheduling.working_elsewhere"

    def __init__(self) -> None:
        super().__init__("This person is under way with another job: pause or complete that one first.")


class OutOfOrder(Conflict):
    code = "scheduling.out_of_order"

    def __init__(self) -> None:
        super().__init__("Something later is known already of this person's hours.", field="at")


class PauseNeedsReason(Invalid):
    code = "scheduling.pause_needs_reason"

    def __init__(self) -> None:
        super().__init__("A pause needs a reason.", field="reason")


class ReasonWithoutPause(Invalid):
    code = "scheduling.reason_without_pause"

    def __init__(self) -> None:
        super().__init__("Only a pause has a reason.", field="reason")
