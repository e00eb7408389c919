"""Races about what jobs refer to, between two real connections: the database settles them."""

from uuid import UUID

from firstfix.domain.access.commands.accounts import add_user, change_user
from firstfix.domain.catalogue.commands import add_skill, remove_labor_rate
from firstfix.domain.errors import EntityInUse, ReferenceNotFound, ValueTaken
from firstfix.domain.jobs.commands import create_job
from firstfix.domain.jobs.views import JobDraft, LaborDraft
from firstfix.domain.jobs.workers import remove_worker
from firstfix.domain.people.errors import LastAdministrator
from firstfix.domain.places.commands import add_location, remove_customer, remove_location
from firstfix.domain.work import Work
from tests.factories.organisations import TestOrganisation
from tests.factories.races import Run, race


async def new_job(work: Work, draft: JobDraft) -> UUID:
    return (await create_job(work, draft)).uuid


async def test_of_two_that_take_a_name_one_gets_it(run: Run) -> None:
    outcome = await race(run, (add_skill, {"name": "Gas"}), (add_skill, {"name": "Gas"}))

    assert isinstance(outcome, ValueTaken)


async def test_of_two_administrators_one_stays(run: Run, organisation: TestOrganisation) -> None:
    email = f"second@{organisation.uuid.hex}.example.com"
    second = await run(add_user, {"email": email, "role": "Admin"})

    outcome = await race(
        run,
        (change_user, organisation["admin"].uuid, {"is_archived": True}),
        (change_user, second, {"role": "Employee"}),
    )

    assert isinstance(outcome, LastAdministrator)


async def test_a_job_for_somebody_who_is_just_removed_is_refused(run: Run, organisation: TestOrganisation) -> None:
    lead = organisation["engineer1"].uuid
    draft = JobDraft(location=organisation.location_id, lead=lead)

    outcome = await race(run, (remove_worker, lead), (new_job, draft))

    assert isinstance(outcome, ReferenceNotFound)


async def test_somebody_who_just_got_a_job_is_not_removed(run: Run, organisation: TestOrganisation) -> None:
    lead = organisation["engineer1"].uuid
    draft = JobDraft(location=organisation.location_id, lead=lead)

    outcome = await race(run, (new_job, draft), (remove_worker, lead))

    assert isinstance(outcome, EntityInUse)


async def test_a_job_at_a_location_that_is_just_removed_finds_none(run: Run, organisation: TestOrganisation) -> None:
    outcome = await race(
        run,
        (remove_location, organisation.location_uuid),
        (new_job, JobDraft(location=organisation.location_id)),
    )

    assert isinstance(outcome, ReferenceNotFound)


async def test_a_location_that_just_got_a_job_stays(run: Run, organisation: TestOrganisation) -> None:
    outcome = await race(
        run,
        (new_job, JobDraft(location=organisation.location_id)),
        (remove_location, organisation.location_uuid),
    )

    assert isinstance(outcome, EntityInUse)


async def test_a_location_for_a_customer_who_is_just_removed_finds_none(
    run: Run, organisation: TestOrganisation
) -> None:
    customer = organisation.customer_uuid

    outcome = await race(run, (remove_customer, customer), (add_location, {"name": "Home", "customer": customer}))

    assert isinstance(outcome, ReferenceNotFound)


async def test_of_two_billing_locations_one_is_refused(run: Run, organisation: TestOrganisation) -> None:
    values = {"customer": organisation.customer_uuid, "is_billing": True}

    outcome = await race(run, (add_location, {"name": "One", **values}), (add_location, {"name": "Two", **values}))

    assert isinstance(outcome, ValueTaken)


async def test_work_at_a_rate_that_is_just_removed_finds_none(run: Run, organisation: TestOrganisation) -> None:
    _, rate = organisation.insert("labor_rates", name="Overtime", rate=100)
    labor = LaborDraft(person=organisation["engineer1"].uuid, minutes=20, rate=rate)

    outcome = await race(
        run,
        (remove_labor_rate, rate),
        (new_job, JobDraft(location=organisation.location_id, labor=(labor,))),
    )

    assert isinstance(outcome, ReferenceNotFound)
