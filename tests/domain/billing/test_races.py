"""Races about invoices between real connections: the database settles them."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from firstfix.domain.billing.commands import change_invoice, create_invoice, remove_invoice
from firstfix.domain.billing.errors import JobInvoicedAlready, JobNotCompleted
from firstfix.domain.billing.views import BilledJob, InvoiceChanges, InvoiceDraft
from firstfix.domain.errors import EntityNotFound, ReferenceNotFound
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
