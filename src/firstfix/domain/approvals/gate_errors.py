"""Refusals about gates."""

from firstfix.domain.errors import Conflict, Forbidden


class NoGatePending(Conflict):
    code = "approvals.no_gate_pending"

    def __init__(self) -> None:
        super().__init__("No change of status of this job waits for approval.")


class OwnGate(Forbidden):
    code = "approvals.own_gate"

    def __init__(self) -> None:
        super().__init__("Nobody decides what they have asked for themselves.")
