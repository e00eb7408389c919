"""Refusals about remedials."""

from firstfix.domain.errors import Conflict


class AlreadyRemedial(Conflict):
    code = "remedials.already_linked"

    def __init__(self) -> None:
        super().__init__("The job is a remedial already, and has at most one parent.", field="remedial")


class RemedialCycle(Conflict):
    code = "remedials.cycle"

    def __init__(self) -> None:
        super().__init__("A job cannot follow from itself, nor from what follows from it.", field="remedial")


class NoRemedial(Conflict):
    code = "remedials.not_linked"

    def __init__(self) -> None:
        super().__init__("The job is nobody's remedial.", field="remedial")
