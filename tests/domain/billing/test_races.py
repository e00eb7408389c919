"""Races about invoices between real connections: the database settles them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from firstfix.adapters.database import Database, Limits
from firstfix.domain.access.queries import Claim
from firstfix.domain.billing.commands import change_invoice, create_invoice, remove_invoice
from firstfix.domain.billing.errors import JobInvoicedAlready, JobNotCompleted
from firstfix.domain.billing.views import BilledJob, InvoiceChanges, InvoiceDraft
from firstfix.domain.errors import EntityNotFound, ReferenceNotFound
from firstfix.domain.jobs.commands import delete_job, update_job
from firstfix.domain.jobs.errors import JobInvoiced
from firstfix.domain.jobs.views import JobChanges
from firstfix.domain.people.permissions import MANAGE_INVOICES
from firstfix.domain.work import Work
from firstfix.kit.key_file import KeyFile
from tests.factories.organisations import TestOrganisation
from tests.factories.waiting import Hold

Run = Callable[..., Coroutine[Any, Any, object]]


@pytest.fixture
async def run(database_url: str, tmp_path: Path, organisation: TestOrganisation) -> AsyncIterator[Run]:
    """Run a command in a work of its own, and keep it open as long as `hold` says."""
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), limits=Limits(transactions=8, reads=2))
    claim = Claim("api_key", organisation["admin"].api_key)

    async def run_one(command: Callable[..., Awaitable[object]], *given: object, hold: Hold | None = None) -> object:
        async with database.work(claim, operation_keys=(MANAGE_INVOICES,), source="field") as work:
            outcome = await command(work, *given)
            if hold is not None:
                await hold(work)
            return outcome

    yield run_one
    await database.close()


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

    outcomes = await asyncio.gather(*(run(invoice, job) for _ in range(50)), return_exceptions=True)

    assert Counter(type(outcome) for outcome in outcomes) == {UUID: 1, JobInvoicedAlready: 49}
    assert len(organisation.execute("SELECT 1 FROM invoices WHERE organisation_id = :o", o=organisation.id)) == 1


async def test_invoices_of_the_same_jobs_in_any_order_do_not_wait_for_each_other_for_ever(
    run: Run, organisation: TestOrganisation
) -> None:
    jobs = [completed(organisation) for _ in range(4)]

    orders = [jobs[place:] + jobs[:place] for place in range(4)] * 4
    outcomes = await asyncio.gather(*(run(invoice, *order) for order in orders), return_exceptions=True)

    assert Counter(type(outcome) for outcome in outcomes) == {UUID: 1, JobInvoicedAlready: 15}


async def test_invoices_made_at_once_have_their_own_numbers(run: Run, organisation: TestOrganisation) -> None:
    jobs = [completed(organisation) for _ in range(24)]

    await asyncio.gather(*(run(invoice, job) for job in jobs))

    assert sorted(str(number) for number, _ in invoiced(organisation)) == [f"{n:08}" for n in range(1, 25)]


async def test_a_job_that_is_being_invoiced_is_not_reopened(run: Run, organisation: TestOrganisation) -> None:
    job = completed(organisation)

    first = asyncio.create_task(run(invoice, job, hold=(hold := Hold())))
    await hold.begun()
    with pytest.raises(JobInvoiced):
        await run(reopen, job, organisation.ids["statuses"]["In progress"])
    await first


async def test_a_job_that_is_being_reopened_is_not_invoiced(run: Run, organisation: TestOrganisation) -> None:
    job = completed(organisation)

    first = asyncio.create_task(run(reopen, job, organisation.ids["statuses"]["In progress"], hold=(hold := Hold())))
    await hold.begun()
    with pytest.raises(JobNotCompleted):
        await run(invoice, job)
    await first


async def test_a_job_that_is_being_invoiced_is_not_deleted(run: Run, organisation: TestOrganisation) -> None:
    job = completed(organisation)

    first = asyncio.create_task(run(invoice, job, hold=(hold := Hold())))
    await hold.begun()
    with pytest.raises(JobInvoiced):
        await run(delete_job, job)
    await first


async def test_a_job_that_is_being_deleted_is_not_invoiced(run: Run, organisation: TestOrganisation) -> None:
    job = completed(organisation)

    first = asyncio.create_task(run(delete_job, job, hold=(hold := Hold())))
    await hold.begun()
    with pytest.raises(ReferenceNotFound):
        await run(invoice, job)
    await first


async def test_a_job_goes_to_one_of_two_invoices(run: Run, organisation: TestOrganisation) -> None:
    first, second, wanted = (completed(organisation) for _ in range(3))
    invoices = [(job, str(await run(invoice, job))) for job in (first, second)]

    outcomes = await asyncio.gather(
        *(
            run(change_invoice, uuid, InvoiceChanges(jobs=(BilledJob(job=job), BilledJob(job=wanted))))
            for job, uuid in invoices
        ),
        return_exceptions=True,
    )

    assert Counter(type(outcome) for outcome in outcomes) == {type(None): 1, JobInvoicedAlready: 1}


async def test_an_invoice_is_removed_once(run: Run, organisation: TestOrganisation) -> None:
    uuid = str(await run(invoice, completed(organisation)))

    outcomes = await asyncio.gather(*(run(remove_invoice, uuid) for _ in range(5)), return_exceptions=True)

    assert Counter(type(outcome) for outcome in outcomes) == {type(None): 1, EntityNotFound: 4}
    assert invoiced(organisation) == [(None, 0)]
