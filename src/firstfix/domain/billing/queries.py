"""Which jobs can be invoiced, and what names an invoice."""

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement

from firstfix.domain.billing.errors import JobInvoicedAlready, JobNotCompleted
from firstfix.domain.billing.models import Invoice
from firstfix.domain.billing.views import BilledJob
from firstfix.domain.catalogue.stages import STATE_OF_STAGE, MainState, Stage
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import find_new_uuids, get_visible_jobs
from firstfix.domain.work import Work
from firstfix.kit.ids import find_uuid

_NUMBER = re.compile(r"[0-9]{8}")
_NOTHING = UUID(int=0)


def find_number(reference: str) -> str | None:
    """Tell the invoice number that a reference is; `None` for any other."""
    return reference if _NUMBER.fullmatch(reference) else None


def is_named(reference: str) -> ColumnElement[bool]:
    """Give the predicate of the invoice that a number or a uuid names."""
    number = find_number(reference)
    return Invoice.uuid == (find_uuid(reference) or _NOTHING) if number is None else Invoice.number == number


async def get_billable_jobs(work: Work, uuids: Iterable[UUID]) -> list[int]:
    """Find jobs that can be invoiced, by id, in the order in which they are named, each once.

    What a job was called before it was dispatched is as good as its name.

    Raises:
        ReferenceNotFound: One is absent, or hidden from the actor.
        JobNotCompleted: One is not.
        JobInvoicedAlready: One stands on an invoice.
    """
    wanted = list(uuids)
    new_uuids = await find_new_uuids(work, wanted)
    jobs = await get_visible_jobs(work, [new_uuids.get(uuid, uuid) for uuid in wanted])
    for job in jobs:
        check_billable(job)
    return [job.id for job in jobs]


async def with_new_names(work: Work, jobs: Sequence[BilledJob]) -> tuple[BilledJob, ...]:
    """Name jobs as they are called now: of some, what they were called before they were dispatched is given."""
    new_uuids = await find_new_uuids(work, [job.job for job in jobs])
    return tuple(msgspec.structs.replace(job, job=new_uuids.get(job.job, job.job)) for job in jobs)


def check_billable(job: Job) -> None:
    """Refuse a job that cannot be invoiced: that is done once, and only when it is completed.

    Raises:
        JobNotCompleted: It is not.
        JobInvoicedAlready: It stands on an invoice.
    """
    if job.invoice_uuid is not None:
        raise JobInvoicedAlready(job.reference)
    if STATE_OF_STAGE[Stage(job.stage)] is not MainState.COMPLETED:
        raise JobNotCompleted(job.reference)
