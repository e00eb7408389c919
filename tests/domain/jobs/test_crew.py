"""Who works on a job."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from firstfix.domain.errors import ReferenceArchived
from firstfix.domain.jobs.commands import update_job
from firstfix.domain.jobs.errors import CrewFixed, CrewWithoutLead
from firstfix.domain.jobs.views import JobChanges
from firstfix.domain.work import Work
from tests.domain.jobs.conftest import START, MakeJob, crew_of, read, slots_of
from tests.factories.organisations import TestOrganisation


async def test_a_first_lead_joins_crew_and_slot_and_dispatches(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    lead, other = home["engineer1"].id, home["engineer2"].id
    ids = await make_job(crew=(other,))
    assert (await read(work, ids)).scheduled_state == 0

    await update_job(work, ids.id, JobChanges(lead=lead))

    job = await read(work, ids)
    assert (job.lead_id, job.scheduled_state) == (lead, 2)
    assert await crew_of(work, ids) == [lead, other]
    assert await slots_of(work, ids) == [(START, 0, [lead, other])]
    assert work.events[-1].changes == {
        "lead_id": (None, lead),
        "scheduled_state": (0, 2),
        "crew_ids": ((other,), (lead, other)),
    }


async def test_a_new_lead_takes_the_old_ones_place_in_slots_and_not_in_the_crew(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    old, new, other = home["engineer1"].id, home["engineer2"].id, home["manager"].id
    ids = await make_job(lead=old, crew=(other,))
    await work.session.execute(
        text("INSERT INTO time_slots (job_id, starts_at, minutes) VALUES (:job, :at, 30)"),
        {"job": ids.id, "at": START + timedelta(days=1)},
    )

    await update_job(work, ids.id, JobChanges(lead=new))

    assert await crew_of(work, ids) == [new, old, other]
    assert [people for _, _, people in await slots_of(work, ids)] == [[new, other], []]


async def test_slots_that_were_worked_keep_their_lead(work: Work, home: TestOrganisation) -> None:
    old, new = home["engineer1"].id, home["engineer2"].id
    id_, uuid = home.insert_job(
        status_id=home.ids["statuses"]["Complete"], lead_id=old, started_at=work.now, scheduled_at=work.now
    )
    for person in (old, new):
        home.execute("INSERT INTO job_crew (job_id, person_id, position) VALUES (:j, :p, 1)", j=id_, p=person)
    for hours in (-1, 1):
        slot, _ = home.insert("time_slots", job_id=id_, starts_at=work.now + timedelta(hours=hours), minutes=30)
        home.execute(
            "INSERT INTO time_slot_people (time_slot_id, person_id, position) VALUES (:s, :p, 1)", s=slot, p=old
        )

    changed = await update_job(work, uuid, JobChanges(lead=new))

    assert [people for _, _, people in await slots_of(work, changed.ids)] == [[old], [new]]


async def test_a_lead_who_steps_back_stays_in_the_crew(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    lead = home["engineer1"].id
    ids = await make_job(lead=lead)

    await update_job(work, ids.id, JobChanges(lead=None))

    job = await read(work, ids)
    assert (job.lead_id, job.scheduled_state) == (None, 0)
    assert await crew_of(work, ids) == [lead]


async def test_a_crew_keeps_its_lead(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    lead, other = home["engineer1"].id, home["engineer2"].id
    ids = await make_job(lead=lead)

    for crew in ((), (other,)):
        with pytest.raises(CrewWithoutLead):
            await update_job(work, ids.id, JobChanges(crew=crew))
    await update_job(work, ids.id, JobChanges(crew=(other, lead)))
    assert await crew_of(work, ids) == [lead, other]


async def test_a_new_lead_joins_a_new_crew(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(lead=home["manager"].id)

    await update_job(work, ids.id, JobChanges(lead=home["engineer1"].id, crew=(home["engineer2"].id,)))

    assert await crew_of(work, ids) == [home["engineer1"].id, home["engineer2"].id]


async def test_the_crew_changes_only_while_the_job_is_scheduled(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    lead, other, third = home["engineer1"].id, home["engineer2"].id, home["manager"].id
    ids = await make_job(lead=lead, crew=(other,))
    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"]["Complete"]))

    for changes, field in (
        (JobChanges(crew=(lead,)), "crew"),
        (JobChanges(crew=(lead, other, third)), "crew"),
        (JobChanges(lead=third), "lead"),
    ):
        with pytest.raises(CrewFixed) as refusal:
            await update_job(work, ids.id, changes)
        assert refusal.value.field == field
    assert not (await update_job(work, ids.id, JobChanges(lead=lead, crew=(other, lead)))).is_changed
    assert (await update_job(work, ids.id, JobChanges(lead=other))).is_changed


async def test_nobody_archived_joins_and_nobody_has_to_leave(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    lead, gone = home["engineer1"].id, home["engineer2"].id
    ids, other = await make_job(lead=lead, crew=(gone,)), await make_job(lead=lead)
    await work.session.execute(text("UPDATE people SET archived_at = now() WHERE id = :id"), {"id": gone})

    assert not (await update_job(work, ids.id, JobChanges(crew=(lead, gone)))).is_changed
    for changes in (JobChanges(lead=gone), JobChanges(crew=(lead, gone))):
        with pytest.raises(ReferenceArchived, match="User"):
            await update_job(work, other.id, changes)
