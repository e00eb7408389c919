"""Refusals about invoices."""

from firstfix.domain.errors import Conflict, Invalid


class JobNotCompleted(Conflict):
    code = "billing.job_not_completed"

    def __init__(self, reference: str) -> None:
        super().__init__(f"Job {reference} is not completed: only then it is invoiced.", field="jobs")


class JobInvoicedAlready(Conflict):
    code = "billing.job_invoiced_already"

    def __init__(self, reference: str) -> None:
        super().__init__(f"Job {reference} is invoiced already.", field="jobs")


class CustomersDiffer(Conflict):
    code = "billing.customers_differ"

    def __init__(self, reference: str) -> None:
        super().__init__(f"Job {reference} is for another customer: an invoice is for one.", field="jobs")


class NothingInvoiced(Invalid):
    code = "billing.nothing_invoiced"

    def __init__(self) -> None:
        super().__init__("An invoice is for one job at least.", field="jobs")


class JobNamedTwice(Invalid):
    code = "billing.job_named_twice"

    def __init__(self) -> None:
        super().__init__("The invoice names a job twice.", field="jobs")
