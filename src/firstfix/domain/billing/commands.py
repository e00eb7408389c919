"""Making, changing and removing invoices. Every change records one event, and one for each job that it moves."""

from collections.abc import Sequence
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import func, select

from firstfix.domain.billing import line_rows
from firstfix.domain.billing.errors import CustomersDiffer
from firstfix.domain.billing.kinds import INVOICE
from firstfix.domain.billing.policies import visible_invoices
from firstfix.domain.billing.queries import check_billable, is_named, with_new_names
from firstfix.domain.billing.rules import check_jobs, may_share
from firstfix.domain.billing.views import BilledJob, InvoiceChanges, InvoiceDraft
from firstfix.domain.errors import EntityNotFound
from firstfix.domain.jobs.commands import set_invoice
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import get_visible_jobs, lock_jobs_of_invoice
from firstfix.domain.jobs.references import Findings
from firstfix.domain.organisations.models import Organisation
from firstfix.domain.places.kinds import LOCATION
from firstfix.domain.places.models import Location
from firstfix.domain.places.policies import visible_places
from firstfix.domain.rows import Row, add_row, change_row, find_ids, remove_row
from firstfix.domain.work import Work

_PLAIN = ("comment", "internal_comment", "custom_fields")


async def create_invoice(work: Work, draft: InvoiceDraft) -> UUID:
    """Invoice jobs, and return the uuid of the invoice. A job that comes without lines gets those of its work.

    Raises:
        NothingInvoiced: It is for no job; likewise `JobNamedTwice`.
        ReferenceNotFound: A job, the location or what a line stands for is absent or hidden.
        JobNotCompleted: One of the jobs is not, or no longer.
        JobInvoicedAlready: One of them stands on an invoice.
        CustomersDiffer: They are not all for the customer of the invoice.
        ReferenceArchived: The location is archived, and not that of a job; or what a line stands for is, and the work
            on the jobs is not of it.
        ValueRefused: A value that an invoice or a line cannot have; likewise `ValueOutOfRange`.
    """
    wanted = await with_new_names(work, draft.jobs)
    check_jobs(wanted)
    jobs = await get_visible_jobs(work, [job.job for job in wanted], for_update=True)
    billed = _with_ids(wanted, jobs)
    findings = await line_rows.find_entities(work, wanted)
    location_id = await _find_location(work, draft.location, jobs)
    for job in jobs:
        check_billable(job)
    customer_id = await _check_customer(work, location_id, jobs)
    given = await line_rows.plan_lines(work, billed, findings)
    number, currency = (await work.session.execute(select(func.next_invoice_number(), Organisation.currency))).one()
    values = {
        "number": number,
        "customer_id": customer_id,
        "location_id": location_id,
        "currency": currency,
        "created_at": work.now,
        **{name: getattr(draft, name) for name in _PLAIN},
    }
    row = await add_row(work, INVOICE, values, links={"jobs": _references(jobs)})
    await set_invoice(work, jobs, invoice=row["uuid"], number=number)
    await line_rows.add_lines(work, row["id"], list(chain.from_iterable(given.values())))
    await line_rows.add_work(work, row["id"], [job_id for job_id, _ in billed if job_id not in given])
    uuid: UUID = row["uuid"]
    return uuid


async def change_invoice(work: Work, reference: str, changes: InvoiceChanges) -> None:
    """Change an invoice. Jobs that it no longer names are free again; what it holds already is no change.

    Raises:
        EntityNotFound: The invoice is absent, or hidden from the actor.
        NothingInvoiced: See `create_invoice`; likewise all others.
    """
    wanted = changes.jobs
    if wanted is not UNSET:
        wanted = await with_new_names(work, wanted)
        check_jobs(wanted)
    row = await _lock_invoice(work, reference)
    values: dict[str, Any] = {name: getattr(changes, name) for name in _PLAIN if getattr(changes, name) is not UNSET}
    held = await lock_jobs_of_invoice(work, row["uuid"], and_jobs=_named(wanted))
    before = [job for job in held if job.invoice_uuid == row["uuid"]]
    after = before if wanted is UNSET else _chosen(wanted, held)
    added = [job for job in after if job not in before]
    findings = await line_rows.find_entities(work, () if wanted is UNSET else wanted)
    if changes.location is not UNSET:
        values["location_id"] = await _find_location(work, changes.location, after, current=row["location_id"])
    for job in added:
        check_billable(job)
    location_id: int = {**row, **values}["location_id"]
    if added or location_id != row["location_id"]:
        values["customer_id"] = await _check_customer(work, location_id, after)
    links: dict[str, tuple[Any, Any]] = {"jobs": (_references(before), _references(after))}
    if wanted is not UNSET:
        links["lines"] = await _change_jobs(work, row, wanted, findings, before=before, after=after)
    await change_row(work, INVOICE, row, values, links=links)


async def remove_invoice(work: Work, reference: str) -> None:
    """Remove an invoice: its jobs can be invoiced again.

    Raises:
        EntityNotFound: Absent, or hidden from the actor.
    """
    row = await _lock_invoice(work, reference)
    jobs = await lock_jobs_of_invoice(work, row["uuid"])
    await set_invoice(work, jobs, invoice=None, number=row["number"])
    await remove_row(work, INVOICE, row["uuid"])


async def _change_jobs(
    work: Work,
    row: Row,
    wanted: Sequence[BilledJob],
    findings: Findings,
    *,
    before: Sequence[Job],
    after: Sequence[Job],
) -> tuple[Any, Any]:
    """Let an invoice be for other jobs, or have other lines; return from what to what the lines of any job changed."""
    billed = _with_ids(wanted, after)
    given = await line_rows.plan_lines(work, billed, findings, invoice_id=row["id"])
    added = [job for job in after if job not in before]
    freed = [job for job in before if job not in after]
    await set_invoice(work, freed, invoice=None, number=row["number"])
    await set_invoice(work, added, invoice=row["uuid"], number=row["number"])
    had = await line_rows.get_lines(work, row["id"], (job.id for job in before))
    changed = {job_id: lines for job_id, lines in given.items() if lines != had.get(job_id)}
    gone = [job.id for job in freed] + [job_id for job_id in changed if job_id in had]
    await line_rows.drop_lines(work, row["id"], gone)
    await line_rows.add_lines(work, row["id"], list(chain.from_iterable(changed.values())))
    await line_rows.add_work(work, row["id"], [job.id for job in added if job.id not in given])
    return msgspec.to_builtins([had.get(job_id) for job_id in changed]), msgspec.to_builtins([*changed.values()])


async def _lock_invoice(work: Work, reference: str) -> Row:
    statement = select(*INVOICE.columns).where(is_named(reference), visible_invoices(work.actor))
    row = (await work.session.execute(statement.with_for_update(of=INVOICE.rows))).mappings().one_or_none()
    if row is None:
        raise EntityNotFound(INVOICE.entity, reference)
    return dict(row)


async def _find_location(work: Work, location: UUID | None, jobs: Sequence[Job], *, current: int | None = None) -> int:
    """Find where an invoice goes: what is named, else where the first job is. That of a job may be archived."""
    if location is None:
        return jobs[0].location_id
    visible = visible_places(work.actor, LOCATION.table)
    known = [job.location_id for job in jobs] if current is None else [current, *(job.location_id for job in jobs)]
    return (await find_ids(work, LOCATION, (location,), field="location", known=known, visible=visible))[0]


async def _check_customer(work: Work, location_id: int, jobs: Sequence[Job]) -> int | None:
    """Tell whose invoice it is: the customer of its location, and of all its jobs."""
    ids = {location_id, *(job.location_id for job in jobs)}
    rows = await work.session.execute(select(Location.id, Location.customer_id).where(Location.id.in_(ids)))
    customers: dict[int, int | None] = {row.id: row.customer_id for row in rows}
    here = (location_id, customers[location_id])
    for job in jobs:
        if not may_share(here, (job.location_id, customers[job.location_id])):
            raise CustomersDiffer(job.reference)
    return here[1]


def _with_ids(wanted: Sequence[BilledJob], jobs: Sequence[Job]) -> list[tuple[int, BilledJob]]:
    ids = {job.uuid: job.id for job in jobs}
    return [(ids[job.job], job) for job in wanted]


def _chosen(wanted: Sequence[BilledJob], jobs: Sequence[Job]) -> list[Job]:
    found = {job.uuid: job for job in jobs}
    return [found[job.job] for job in wanted]


def _named(jobs: Sequence[BilledJob] | UnsetType) -> list[UUID]:
    return [] if jobs is UNSET else [job.job for job in jobs]


def _references(jobs: Sequence[Job]) -> list[str]:
    return sorted(job.reference for job in jobs)
