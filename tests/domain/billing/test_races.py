"""Races about invoices between real connections: the database settles them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from firstfix.domain.billing.commands import change_invoice, create_invoice, remove_invoice
from firstfix.domain.billing.errors import JobInvoicedAlready, JobNotCompleted
from firstfix.domain.billing.views import BilledJob, InvoiceChanges, InvoiceDraft, LineDraft, LineKind
from firstfix.domain.catalogue.commands import remove_item, remove_labor_rate, remove_task
from firstfix.domain.errors import EntityInUse, EntityNotFound, ReferenceNotFound
from firstfix.domain.jobs.commands import delete_job, update_job
from firstfix.domain.jobs.errors import JobInvoiced
from firstfix.domain.jobs.views import JobChanges
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.races import CONTENDERS, Run, at_once, race


def completed(organisation: TestOrganisation) -> UUID:
    status = organisation.ids["statuses"]["Complete"]
    return organisation.insert_job(status_id=status, completed_at=datetime(2024, 6, 1, tzinfo=UTC))[1]


async def invoice(work: Work, *jobs: UUID) -> UUID:
    return await create_invoice(work, InvoiceDraft(jobs=tuple(BilledJob(job=job) for job in jobs)))


async def invoice_line(work: Work, job: UUID, line: LineDraft) -> UUID:
    return await create_invoice(work, InvoiceDraft(jobs=(BilledJob(job=job, lines=(line,)),)))


async def rename(work: Work, job: UUID, title: str) -> object:
    return await update_job(work, job, JobChanges(title=title))


async def reopen(work: Work, job: UUID, status: int) -> object:
    return await update_job(work, job, JobChanges(status=status))


def invoiced(organisation: TestOrganisation) -> list[tuple[str | None, int]]:
    rows = organisation.execute(
        "SELECT i.number, count(l.id) FROM jobs j LEFT JOIN invoices i ON i.uuid = j.invoice_uuid"
        " LEFT JOIN invoice_lines l ON l.invoice_id = i.id WHERE j.organisation_id = :o GROUP BY j.id, i.number"
        " ORDER BY j.id",
        o=organisation.id,
    )
    return [tuple(row) for row in rows]


async def test_of_fifty_invoices_of_one_job_there_is_one(run: Run, organisation: TestOrganisation) -> None:
    job = completed(organisation)

    outcomes = await at_once(run(invoice, job) for _ in range(CONTENDERS))

    assert outcomes == {UUID: 1, JobInvoicedAlready: CONTENDERS - 1}
    assert len(organisation.execute("SELECT 1 FROM invoices WHERE organisation_id = :o", o=organisation.id)) == 1


async def test_invoices_of_the_same_jobs_in_any_order_do_not_wait_for_each_other_for_ever(
    run: Run, organisation: TestOrganisation
) -> None:
    jobs = [completed(organisation) for _ in range(4)]

    orders = [jobs[place:] + jobs[:place] for place in range(4)] * 4
    outcomes = await at_once(run(invoice, *order) for order in orders)

    assert outcomes == {UUID: 1, JobInvoicedAlready: 15}


async def test_invoices_made_at_once_have_their_own_numbers(run: Run, organisation: TestOrganisation) -> None:
    jobs = [completed(organisation) for _ in range(24)]

    await asyncio.gather(*(run(invoice, job) for job in jobs))

    assert sorted(str(number) for number, _ in invoiced(organisation)) == [f"{n:08}" for n in range(1, 25)]


async def test_a_job_that_is_being_invoiced_is_not_reopened(run: Run, organisation: TestOrganisation) -> None:
    job = completed(organisation)

    outcome = await race(run, (invoice, job), (reopen, job, organisation.ids["statuses"]["In progress"]))

    assert isinstance(outcome, JobInvoiced)


async def test_a_job_that_is_being_reopened_is_not_invoiced(run: Run, organisation: TestOrganisation) -> None:
    job = completed(organisation)

    outcome = await race(run, (reopen, job, organisation.ids["statuses"]["In progress"]), (invoice, job))

    assert isinstance(outcome, JobNotCompleted)


async def test_a_job_that_is_being_invoiced_is_not_deleted(run: Run, organisation: TestOrganisation) -> None:
    job = completed(organisation)

    outcome = await race(run, (invoice, job), (delete_job, job))

    assert isinstance(outcome, JobInvoiced)


async def test_a_job_that_is_being_deleted_is_not_invoiced(run: Run, organisation: TestOrganisation) -> None:
    job = completed(organisation)

    outcome = await race(run, (delete_job, job), (invoice, job))

    assert isinstance(outcome, ReferenceNotFound)


async def test_a_job_goes_to_one_of_two_invoices(run: Run, organisation: TestOrganisation) -> None:
    first, second, wanted = (completed(organisation) for _ in range(3))
    invoices = [(job, str(await run(invoice, job))) for job in (first, second)]

    outcomes = await at_once(
        run(change_invoice, uuid, InvoiceChanges(jobs=(BilledJob(job=job), BilledJob(job=wanted))))
        for job, uuid in invoices
    )

    assert outcomes == {type(None): 1, JobInvoicedAlready: 1}


async def test_an_invoice_is_removed_once(run: Run, organisation: TestOrganisation) -> None:
    uuid = str(await run(invoice, completed(organisation)))

    outcomes = await at_once(run(remove_invoice, uuid) for _ in range(5))

    assert outcomes == {type(None): 1, EntityNotFound: 4}
    assert invoiced(organisation) == [(None, 0)]


Remove = Callable[[Work, UUID], Awaitable[None]]
PRICED: list[tuple[str, LineKind, Remove]] = [
    ("catalogue_tasks", LineKind.TASK, remove_task),
    ("catalogue_items", LineKind.PRODUCT, remove_item),
    ("labor_rates", LineKind.LABOR, remove_labor_rate),
]


def priced(organisation: TestOrganisation, table: str, kind: LineKind) -> tuple[UUID, LineDraft]:
    values = {"rate": 100} if kind is LineKind.LABOR else {}
    _, uuid = organisation.insert(table, name="Flue", **values)
    return uuid, LineDraft(kind=kind, name="Flue", quantity=Decimal(1), price=Decimal(5), entity=uuid)


@pytest.mark.parametrize(("table", "kind", "remove"), PRICED)
async def test_a_line_for_what_is_just_removed_is_refused(
    run: Run, organisation: TestOrganisation, table: str, kind: LineKind, remove: Remove
) -> None:
    uuid, line = priced(organisation, table, kind)

    outcome = await race(run, (remove, uuid), (invoice_line, completed(organisation), line))

    assert isinstance(outcome, ReferenceNotFound)


@pytest.mark.parametrize(("table", "kind", "remove"), PRICED)
async def test_what_a_line_was_just_made_for_is_kept(
    run: Run, organisation: TestOrganisation, table: str, kind: LineKind, remove: Remove
) -> None:
    uuid, line = priced(organisation, table, kind)

    outcome = await race(run, (invoice_line, completed(organisation), line), (remove, uuid))

    # A rate may go: lines keep what they cost.
    assert outcome is None if kind is LineKind.LABOR else isinstance(outcome, EntityInUse)


async def test_work_at_a_rate_that_is_just_removed_is_invoiced_without_it(
    run: Run, organisation: TestOrganisation
) -> None:
    job = completed(organisation)
    rate_id, rate = organisation.insert("labor_rates", name="Overtime", rate=100)
    (found,) = organisation.execute("SELECT id FROM jobs WHERE uuid = :uuid", uuid=job)
    labor = {"name": "Overtime", "rate": 100, "cost": 60, "minutes": 20, "labor_rate_id": rate_id}
    person = organisation["engineer1"].id
    organisation.insert("job_labor", job_id=found.id, person_id=person, position=0, is_taxable=False, **labor)

    made = await race(run, (remove_labor_rate, rate), (invoice, job))

    lines = organisation.execute(
        "SELECT lines.name, lines.labor_rate_id FROM invoice_lines AS lines JOIN invoices ON invoices.id = invoice_id"
        " WHERE invoices.uuid = :uuid",
        uuid=made,
    )
    assert [tuple(line) for line in lines] == [("Overtime", None)]


async def test_a_job_is_changed_and_let_go_by_its_invoice(run: Run, organisation: TestOrganisation) -> None:
    job = completed(organisation)
    uuid = await run(invoice, job)

    assert await race(run, (rename, job, "Flue replaced"), (remove_invoice, uuid.hex)) is None

    (found,) = organisation.execute("SELECT title, invoice_uuid FROM jobs WHERE uuid = :uuid", uuid=job)
    assert tuple(found) == ("Flue replaced", None)


async def test_a_job_that_is_being_let_go_is_reopened_after_that(run: Run, organisation: TestOrganisation) -> None:
    job = completed(organisation)
    uuid = await run(invoice, job)

    outcome = await race(run, (remove_invoice, uuid.hex), (reopen, job, organisation.ids["statuses"]["In progress"]))

    assert not isinstance(outcome, Exception)
    assert invoiced(organisation) == [(None, 0)]
