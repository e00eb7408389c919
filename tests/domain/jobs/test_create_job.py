"""Making a job."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from firstfix.domain.errors import ReferenceArchived, ReferenceNotFound
from firstfix.domain.jobs.commands import create_job, update_job
from firstfix.domain.jobs.errors import (
    BranchDisabled,
    NoLookup,
    StatusNotForNewJob,
    ValueOutOfRange,
    WorksEndBeforeStart,
)
from firstfix.domain.jobs.views import JobChanges, JobDraft
from firstfix.domain.work import Work
from tests.conftest import MakeOrganisation, actor_of
from tests.domain.jobs.conftest import START, MakeJob, acting, contacts_of, crew_of, read, slots_of
from tests.factories.organisations import TestOrganisation


async def test_a_job_needs_a_location_and_falls_back_for_the_rest(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    ids = await make_job(scheduled_at=None)

    job = await read(work, ids)
    assert (job.uuid, job.reference, job.title, job.description) == (
        ids.uuid,
        ids.reference,
        "General maintenance",
        "",
    )
    assert job.reference == f"J{job.number}"
    assert job.branch_id == home.ids["branches"]["North"]
    assert job.status_id == home.ids["statuses"]["New"]
    assert job.priority_id == home.ids["priorities"]["Medium"]
    assert job.job_type_id == home.ids["job_types"]["General maintenance"]
    assert (job.vat_percentage, job.client_budget, job.total_amount) == (Decimal(20), None, None)
    assert (job.scheduled_at, job.scheduled_state, job.started_at) == (None, 0, None)
    assert job.created_by_id == work.actor.person_id
    assert job.created_at == job.updated_at == work.now
    assert await slots_of(work, ids) == []


async def test_a_job_keeps_everything_that_it_is_given(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(
        title="Boiler",
        description="No hot water",
        branch=home.ids["branches"]["South"],
        status=home.ids["statuses"]["In progress"],
        priority=home.ids["priorities"]["High"],
        job_type=home.ids["job_types"]["Plumbing"],
        contacts=(home.contact_uuid,),
        agent=home["agent2"].uuid,
        contractor=home["contractor1"].id,
        payment_status=home.ids["payment_statuses"]["Paid"],
        works_end_on=date(2030, 1, 3),
        client_budget=Decimal(250),
        contractor_budget=Decimal("180.10"),
        vat_percentage=Decimal("17.5"),
        invoice_no="I-1",
        quote_no="Q-1",
        works_order_ref="W-1",
        access_details="Key under the mat",
        private_contact_name="Pat",
        private_contact_email="pat@example.com",
    )

    job = await read(work, ids)
    assert (job.title, job.description) == ("Boiler", "No hot water")
    assert job.branch_id == home.ids["branches"]["South"]
    assert job.status_id == home.ids["statuses"]["In progress"]
    assert job.started_at == work.now
    assert job.priority_id == home.ids["priorities"]["High"]
    assert (job.agent_id, job.contractor_id) == (home["agent2"].id, home["contractor1"].id)
    assert (job.invoice_no, job.quote_no, job.works_order_ref) == ("I-1", "Q-1", "W-1")
    assert job.works_end_on == date(2030, 1, 3)
    assert job.total_amount == Decimal("211.62")
    assert await contacts_of(work, ids) == [home.contact_id]
    opened = [
        work.keys.find_open(getattr(job, f"{name}_sealed"), record=job.uuid, field=f"jobs.{name}")
        for name in ("access_details", "private_contact_name", "private_contact_email")
    ]
    assert opened == ["Key under the mat", "Pat", "pat@example.com"]


async def test_numbers_follow_one_another(make_job: MakeJob) -> None:
    numbers = [int((await make_job()).reference[1:]) for _ in range(3)]

    assert numbers == list(range(numbers[0], numbers[0] + 3))


async def test_a_reference_that_is_taken_is_passed_over(work: Work, make_job: MakeJob) -> None:
    await work.session.execute(text("DELETE FROM jobs"))  # other tests leave theirs here, with higher numbers
    last = int((await make_job()).reference[1:])
    await work.session.execute(
        text("UPDATE jobs SET number = number + 40, reference = 'J' || (number + 1) WHERE number = :number"),
        {"number": last},
    )

    assert (await make_job()).reference == f"J{last + 41}"


async def test_the_lead_joins_the_crew_and_both_the_first_slot(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    lead, other = home["engineer1"].id, home["engineer2"].id

    ids = await make_job(lead=lead, crew=(other, other, home["engineer2"].uuid), estimated_minutes=90)

    job = await read(work, ids)
    assert (job.lead_id, job.scheduled_state) == (lead, 2)
    assert job.status_id == home.ids["statuses"]["Assigned"]
    assert await crew_of(work, ids) == [lead, other]
    assert await slots_of(work, ids) == [(START, 90, [lead, other])]


async def test_a_slot_without_an_estimate_has_no_length(work: Work, make_job: MakeJob) -> None:
    assert await slots_of(work, await make_job()) == [(START, 0, [])]


async def test_a_date_and_a_part_of_the_day_make_a_start(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    afternoon = home.ids["time_ranges"]["Afternoon"]

    ids = await make_job(scheduled_at=None, works_start_on=date(2030, 7, 1), time_range=afternoon)

    job = await read(work, ids)
    assert (job.scheduled_at, job.time_range_id) == (datetime(2030, 7, 1, 11, tzinfo=UTC), afternoon)


async def test_the_branch_is_the_agents_then_the_locations_then_ones_own(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    nowhere, _ = home.insert("locations", line1="2 Example Street")
    agents = acting(work, actor_of(home, "agent2"))

    by_agent = await make_job(agent=home["agent2"].id)
    by_location = await make_job()
    by_person = await create_job(agents, JobDraft(location=nowhere))
    by_default = await make_job(location=nowhere)

    branches = [(await read(work, ids)).branch_id for ids in (by_agent, by_location, by_person, by_default)]
    names = [next(name for name, id_ in home.ids["branches"].items() if id_ == branch) for branch in branches]
    assert names == ["South", "North", "South", "North"]


async def test_an_agent_makes_jobs_in_their_own_branches_only(work: Work, home: TestOrganisation) -> None:
    agents = acting(work, actor_of(home, "agent2"))
    nowhere, _ = home.insert("locations", line1="2 Example Street")

    with pytest.raises(ReferenceNotFound, match="No Group with id="):
        await create_job(agents, JobDraft(location=nowhere, branch=home.ids["branches"]["North"]))
    elsewhere = await create_job(agents, JobDraft(location=nowhere))

    assert (await read(work, elsewhere)).branch_id == home.ids["branches"]["South"]


async def test_an_agent_cannot_name_what_is_at_places_of_other_branches(work: Work, home: TestOrganisation) -> None:
    agents = acting(work, actor_of(home, "agent2"))
    south, _ = home.insert("locations", line1="2 Example Street", branch_id=home.ids["branches"]["South"])
    north, _ = home.insert("locations", line1="3 Example Street", branch_id=home.ids["branches"]["North"])
    other_customer, _ = home.insert("customers", name="Another customer")
    theirs, _ = home.insert(
        "contacts", location_id=north, customer_id=other_customer, first_name="Nora", last_name="North"
    )
    boiler, _ = home.insert("assets", location_id=north, name="Boiler")
    ours, _ = home.insert("contacts", location_id=south, first_name="Sam", last_name="South")

    with pytest.raises(ReferenceNotFound, match="No Location with id="):
        await create_job(agents, JobDraft(location=north))
    with pytest.raises(ReferenceNotFound, match="No Contact with id="):
        await create_job(agents, JobDraft(location=south, contacts=(ours, theirs)))
    with pytest.raises(ReferenceNotFound, match="No Asset with id="):
        await create_job(agents, JobDraft(location=south, asset=boiler))
    made = await create_job(agents, JobDraft(location=south, contacts=(ours,)))

    assert (await read(work, made)).location_id == south


async def test_an_agent_may_name_what_a_job_of_theirs_shows_already(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    boiler, _ = home.insert("assets", location_id=home.location_id, name="Boiler")
    ids = await make_job(branch=home.ids["branches"]["South"], contacts=(home.contact_id,), asset=boiler)
    agents = acting(work, actor_of(home, "agent2"))

    same = JobChanges(location=home.location_id, contacts=(home.contact_id,), asset=boiler, title="Changed")
    await update_job(agents, ids.id, same)

    job = await read(work, ids)
    assert (job.title, job.location_id, job.asset_id) == ("Changed", home.location_id, boiler)


async def test_one_event_tells_of_it(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(lead=home["engineer1"].id, client_budget=Decimal(250), access_details="Key under the mat")

    (event,) = work.events
    assert (event.entity, event.action, event.entity_id, event.entity_uuid) == ("job", "created", ids.id, ids.uuid)
    assert event.label == ids.reference
    assert event.changes["lead_id"] == (None, home["engineer1"].id)
    assert event.changes["crew_ids"] == (None, (home["engineer1"].id,))
    assert event.changes["client_budget"] == (None, "250")
    assert event.changes["scheduled_at"] == (None, "2030-01-02T09:30:00Z")
    assert event.changes["access_details"][1].startswith("v1.")
    assert "contractor_id" not in event.changes


@pytest.mark.parametrize(
    ("field", "entity"),
    [
        ("location", "Location"),
        ("branch", "Group"),
        ("status", "Status"),
        ("priority", "Priority"),
        ("job_type", "JobType"),
        ("asset", "Asset"),
        ("lead", "User"),
        ("agent", "Agent"),
        ("contractor", "Contractor"),
        ("payment_status", "PaymentStatus"),
        ("time_range", "TimeRange"),
    ],
)
@pytest.mark.parametrize("reference", [2**62, 2**80, 0, -1, uuid4()])
async def test_what_is_not_there_cannot_be_named(make_job: MakeJob, field: str, entity: str, reference: Any) -> None:  # noqa: ANN401
    with pytest.raises(ReferenceNotFound) as refusal:
        await make_job(**{field: reference})

    assert (refusal.value.entity, refusal.value.field) == (entity, field)


@pytest.mark.parametrize("field", ["contacts", "crew"])
async def test_nobody_unknown_joins(make_job: MakeJob, field: str) -> None:
    with pytest.raises(ReferenceNotFound) as refusal:
        await make_job(**{field: (uuid4(),)})

    assert refusal.value.field == field


async def test_what_another_organisation_has_is_not_there(
    make_job: MakeJob, make_organisation: MakeOrganisation
) -> None:
    stranger = make_organisation()

    for named in (
        {"location": stranger.location_uuid},
        {"location": stranger.location_id},
        {"lead": stranger["engineer1"].uuid},
        {"branch": stranger.ids["branches"]["North"]},
        {"contacts": (stranger.contact_uuid,)},
    ):
        with pytest.raises(ReferenceNotFound):
            await make_job(**named)


@pytest.mark.parametrize(
    ("field", "who"), [("lead", "tenant1"), ("lead", "agent1"), ("agent", "engineer1"), ("contractor", "agent1")]
)
async def test_people_stand_in_for_their_own_kind_only(
    home: TestOrganisation, make_job: MakeJob, field: str, who: str
) -> None:
    with pytest.raises(ReferenceNotFound):
        await make_job(**{field: home[who].uuid})


async def test_what_is_archived_cannot_be_named(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    asset, _ = home.insert("assets", name="Boiler")
    for table, id_, named in (
        ("locations", home.location_id, {}),
        ("contacts", home.contact_id, {"contacts": (home.contact_id,)}),
        ("assets", asset, {"asset": asset}),
        ("job_types", home.ids["job_types"]["Roofing"], {"job_type": home.ids["job_types"]["Roofing"]}),
        ("people", home["engineer1"].id, {"lead": home["engineer1"].id}),
        ("people", home["engineer1"].id, {"crew": (home["engineer1"].id,)}),
    ):
        async with work.session.begin_nested() as savepoint:
            await work.session.execute(text(f"UPDATE {table} SET archived_at = now() WHERE id = {id_}"))  # noqa: S608
            with pytest.raises(ReferenceArchived):
                await make_job(**named)
            await savepoint.rollback()


async def test_a_disabled_branch_takes_no_jobs(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    north, south = home.ids["branches"]["North"], home.ids["branches"]["South"]
    await work.session.execute(text("UPDATE branches SET is_active = false WHERE id = :id"), {"id": north})

    with pytest.raises(BranchDisabled):
        await make_job(branch=north)
    assert (await read(work, await make_job())).branch_id == south


@pytest.mark.parametrize("status", ["Complete", "Ready to invoice", "Invoiced", "Archived", "Cancelled"])
async def test_a_job_does_not_begin_at_its_end(home: TestOrganisation, make_job: MakeJob, status: str) -> None:
    with pytest.raises(StatusNotForNewJob):
        await make_job(status=home.ids["statuses"][status])


async def test_a_job_does_not_begin_in_a_gated_status(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    await work.session.execute(text("UPDATE statuses SET requires_approval = true WHERE name = 'New'"))

    with pytest.raises(StatusNotForNewJob):
        await make_job(status=home.ids["statuses"]["New"])
    assert (await read(work, await make_job())).status_id == home.ids["statuses"]["Awaiting quote"]


async def test_an_organisation_without_types_makes_no_jobs(work: Work, make_job: MakeJob) -> None:
    await work.session.execute(text("UPDATE job_types SET archived_at = now()"))

    with pytest.raises(NoLookup):
        await make_job()


@pytest.mark.parametrize(
    "values",
    [
        {"client_budget": Decimal(-1)},
        {"contractor_budget": Decimal("0.001")},
        {"vat_percentage": Decimal(101)},
        {"estimated_minutes": -1},
        {"estimated_minutes": 2**31},
        {"description": "a\0b"},
        {"access_details": "x" * 65_537},
        {"scheduled_at": datetime(3000, 1, 1, tzinfo=UTC)},
        {"works_start_on": date(1899, 12, 31)},
    ],
)
async def test_values_that_no_job_can_have(make_job: MakeJob, values: dict[str, Any]) -> None:
    with pytest.raises(ValueOutOfRange) as refusal:
        await make_job(**values)

    assert [refusal.value.field] == list(values)


async def test_works_end_after_they_start(make_job: MakeJob) -> None:
    with pytest.raises(WorksEndBeforeStart):
        await make_job(scheduled_at=None, works_start_on=date(2030, 1, 2), works_end_on=date(2030, 1, 1))


async def test_the_largest_amounts_fit(work: Work, make_job: MakeJob) -> None:
    most = Decimal("999999999999.99")

    job = await read(work, await make_job(client_budget=most, contractor_budget=most, vat_percentage=Decimal(100)))

    assert job.total_amount == 2 * most
