"""Refusals about recalls."""

from firstfix.domain.errors import Conflict, Invalid


class RecallNeedsReason(Invalid):
    code = "recalls.needs_reason"

    def __init__(self) -> None:
        super().__init__("A recall needs a reason.", field="reason")


class NotToBeRecalled(Conflict):
    code = "recalls.not_complete"

    def __init__(self) -> None:
        super().__init__("Only a job that is complete or closed is recalled.")


class InvoicedJobRecalled(Conflict):
    code = "recalls.job_invoiced"

    def __init__(self) -> None:
        super().__init__("The job is invoiced: it can be recalled once the invoice is removed.")


class RecalledAlready(Conflict):
    code = "recalls.recalled_already"

    def __init__(self) -> None:
        super().__init__("The job is recalled already.")


class NotRecalled(Conflict):
    code = "recalls.not_recalled"

    def __init__(self) -> None:
        super().__init__("The job is not in recall.")


class NoRecallStatus(Conflict):
    code = "recalls.no_status"

    def __init__(self) -> None:
        super().__init__(
            "There is no status for recalled jobs: one of stage new, assigned or in progress that needs no approval."
        )
