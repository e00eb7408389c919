"""Refusals about approvals."""

from firstfix.domain.errors import Conflict, Forbidden, NotFound


class AmendmentNotFound(NotFound):
    code = "amendments.not_found"

    def __init__(self, reference: object) -> None:
        super().__init__(f"No amendment with id={reference} exists")


class FieldNotYours(Forbidden):
    code = "amendments.field_not_yours"

    def __init__(self) -> None:
        super().__init__("You cannot ask for a change of this field.", field="field_name")


class OwnAmendment(Forbidden):
    code = "amendments.own"

    def __init__(self) -> None:
        super().__init__("Nobody decides a request of their own.")


class JobNotAmendable(Conflict):
    code = "amendments.job_not_amendable"

    def __init__(self) -> None:
        super().__init__("The job is archived or cancelled: nothing of it is amended any more.")


class AmendmentPending(Conflict):
    code = "amendments.pending"

    def __init__(self) -> None:
        super().__init__("A change of this field waits for its decision already.", field="field_name")


class AmendmentDecided(Conflict):
    code = "amendments.decided"

    def __init__(self) -> None:
        super().__init__("This request has been decided already.")


class FieldMovedOn(Conflict):
    code = "amendments.field_moved_on"

    def __init__(self) -> None:
        super().__init__("The field has changed since this was asked for: it can only be rejected.")


class AmendmentImpossible(Conflict):
    """The job, as it has become, does not take the value. The message says why."""

    code = "amendments.impossible"
