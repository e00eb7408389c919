"""Refusals about organisations."""

from firstfix.domain.errors import Conflict, Forbidden


class GroupsOff(Forbidden):
    code = "organisations.groups_off"

    def __init__(self) -> None:
        super().__init__("This organisation does not work with groups.")


class CurrencyInvoiced(Conflict):
    code = "organisations.currency_invoiced"

    def __init__(self) -> None:
        super().__init__("There are invoices in this currency: it stays.", field="currency")


class NumberUsed(Conflict):
    code = "organisations.number_used"

    def __init__(self, next_number: int) -> None:
        super().__init__(
            f"Numbers only go forward: the next job has number {next_number} or a later one.", field="next_job_number"
        )


class DatesWouldCross(Conflict):
    code = "organisations.dates_would_cross"

    def __init__(self, jobs_count: int) -> None:
        super().__init__(
            f"In that time zone, open jobs would end on a day before they begin (jobs: {jobs_count}).",
            field="time_zone",
        )


class LastActiveBranch(Conflict):
    code = "organisations.last_active_branch"

    def __init__(self) -> None:
        super().__init__("The organisation needs an active branch: this is the last one.")
