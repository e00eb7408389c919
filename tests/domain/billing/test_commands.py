"""What invoicing does to jobs, what it records, and what the database holds by itself."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from firstfix.domain.billing.commands import change_invoice, create_invoice, remove_invoice
from firstfix.domain.billing.views import BilledJob, InvoiceChanges, InvoiceDraft, LineDraft, LineKind
from firstfix.domain.errors import EntityNotFound, ReferenceNotFound
from firstfix.domain.jobs.commands import delete_job, update_job
from firstfix.domain.jobs.errors import JobInvoiced
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobChanges
from firstfix.domain.scheduling.commands import cancel_job
from firstfix.domain.work import Work
from tests.conftest import actor_of
from tests.factories.organisations import TestOrganisation

LINE = LineDraft(kind=LineKind.PRODUCT, name="Part", quantity=Decimal(2), price=Decimal("1.5"))


def completed(home: TestOrganisation, **values: object) -> UUID:
    row: dict[str, Any] = {
        "status_id": home.ids["statuses"]["Complete"],
        "completed_at": datetime(2024, 6, 1, tzinfo=UTC),
    }
    return home.insert_job(**{**row, **values})[1]


async def invoice(work: Work, *jobs: UUID) -> str:
    draft = InvoiceDraft(jobs=tuple(BilledJob(job=job, lines=(LINE,)) for job in jobs))
    return (await create_invoice(work, draft)).hex


def told(work: Work) -> list[tuple[str, str, dict[str, Any]]]:
    return [(event.entity, event.action, event.changes) for event in work.events]


async def test_a_job_and_its_invoice_tell_of_each_other(work: Work, home: TestOrganisation) -> None:
    job = completed(home, reference="J7", updated_at=datetime(2030, 1, 1, tzinfo=UTC))

    uuid = await invoice(work, job)
    await remove_invoice(work, uuid)

    created, updated, freed, deleted = told(work)
    number = work.events[0].label
    assert created == (
        "invoice",
        "created",
        {
            "number": (None, number),
            "customer_id": (None, home.customer_id),
            "location_id": (None, home.location_id),
            "currency": (None, "GBP"),
            "jobs": (None, ["J7"]),
        },
    )
    assert updated == ("job", "updated", {"invoice": (None, number)})
    assert freed == ("job", "updated", {"invoice": (number, None)})
    assert deleted == ("invoice", "deleted", {})
    assert {event.label for event in work.events} == {number, "J7"}
    assert (await get_visible_job(work, job)).updated_at == datetime(2030, 1, 1, 0, 0, 2, tzinfo=UTC)


async def test_an_update_tells_what_changed(work: Work, home: TestOrganisation) -> None:
    first, second = completed(home, reference="J1"), completed(home, reference="J2")
    uuid = await invoice(work, first)
    work.events.clear()

    await change_invoice(work, uuid, InvoiceChanges(comment="Thanks."))
    await change_invoice(work, uuid, InvoiceChanges(comment="Thanks.", jobs=(BilledJob(job=first, lines=(LINE,)),)))
    await change_invoice(work, uuid, InvoiceChanges(jobs=(BilledJob(job=first), BilledJob(job=second, lines=()))))
    await change_invoice(work, uuid, InvoiceChanges(jobs=(BilledJob(job=second),)))
    await change_invoice(work, uuid, InvoiceChanges(jobs=(BilledJob(job=second, lines=(LINE,)),)))

    changes = [changes for entity, _, changes in told(work) if entity == "invoice"]
    assert [sorted(change) for change in changes] == [["comment"], ["jobs", "lines"], ["jobs"], ["lines"]]
    assert changes[2]["jobs"] == (["J1", "J2"], ["J2"])
    assert [line["name"] for line in changes[3]["lines"][1][0]] == ["Part"]


@pytest.mark.parametrize("status", ["In progress", "New", "Cancelled"])
async def test_an_invoiced_job_stays_completed(work: Work, home: TestOrganisation, status: str) -> None:
    job = completed(home)
    uuid = await invoice(work, job)

    with pytest.raises(JobInvoiced):
        await update_job(work, job, JobChanges(status=home.ids["statuses"][status]))
    await remove_invoice(work, uuid)
    await update_job(work, job, JobChanges(status=home.ids["statuses"][status]))


async def test_an_invoiced_job_is_not_called_off(work: Work, home: TestOrganisation) -> None:
    job = completed(home)
    await invoice(work, job)

    with pytest.raises(JobInvoiced):
        await cancel_job(work, job)


async def test_an_invoiced_job_is_closed_and_changed_as_any_other(work: Work, home: TestOrganisation) -> None:
    job = completed(home)
    await invoice(work, job)

    await update_job(work, job, JobChanges(title="Boiler replaced", status=home.ids["statuses"]["Invoiced"]))

    assert (await get_visible_job(work, job)).title == "Boiler replaced"


async def test_an_invoiced_job_is_not_deleted(work: Work, home: TestOrganisation) -> None:
    job = completed(home)
    await invoice(work, job)

    with pytest.raises(JobInvoiced):
        await delete_job(work, job)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE jobs SET stage = 2 WHERE uuid = :job",
        "DELETE FROM invoices",
        "DELETE FROM jobs WHERE uuid = :job",
        "UPDATE jobs SET invoice_uuid = uuidv7() WHERE uuid = :job",
        "UPDATE invoices SET number = '7'",
    ],
)
async def test_the_database_keeps_invoices_and_jobs_together(work: Work, home: TestOrganisation, damage: str) -> None:
    job = completed(home)
    await invoice(work, job)

    with pytest.raises(IntegrityError):
        await work.session.execute(text(damage), {"job": job} if ":job" in damage else {})


@pytest.mark.parametrize(("label", "sees"), [("agent1", True), ("agent2", False), ("contractor1", False)])
async def test_others_see_an_invoice_when_they_see_all_its_jobs(
    work: Work,
    home: TestOrganisation,
    label: str,
    sees: bool,  # noqa: FBT001 (the outcome)
) -> None:
    north, south = completed(home), completed(home, branch_id=home.ids["branches"]["South"])
    both = InvoiceChanges(jobs=(BilledJob(job=north), BilledJob(job=south)))
    uuid = await invoice(work, north)
    theirs = Work(work.session, actor=actor_of(home, label), now=work.now, keys=work.keys, source="field")
    with pytest.raises(ReferenceNotFound):
        await invoice(theirs, north if label == "agent2" else south)

    if sees:
        await change_invoice(theirs, uuid, InvoiceChanges(comment="Mine."))
        with pytest.raises(ReferenceNotFound):
            await change_invoice(theirs, uuid, both)
        await change_invoice(work, uuid, both)
    with pytest.raises(EntityNotFound):
        await change_invoice(theirs, uuid, InvoiceChanges(comment="Mine."))
    with pytest.raises(EntityNotFound):
        await remove_invoice(theirs, uuid)


@pytest.mark.parametrize(("quantity", "price"), [("12.5", "0.0001"), ("0", "999999999999")])
async def test_what_comes_back_from_the_database_is_what_was_given(
    work: Work, home: TestOrganisation, quantity: str, price: str
) -> None:
    job = completed(home)
    line = LineDraft(kind=LineKind.PRODUCT, name="Part", quantity=Decimal(quantity), price=Decimal(price))
    uuid = (await create_invoice(work, InvoiceDraft(jobs=(BilledJob(job=job, lines=(line,)),)))).hex
    work.events.clear()

    await change_invoice(work, uuid, InvoiceChanges(jobs=(BilledJob(job=job, lines=(line,)),)))

    assert work.events == []
