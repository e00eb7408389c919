"""Changing a job."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from firstfix.domain.access.queries import PermissionMissing
from firstfix.domain.errors import ReferenceArchived, ReferenceNotFound
from firstfix.domain.jobs.commands import update_job
from firstfix.domain.jobs.errors import (
    BranchDisabled,
    FieldFrozen,
    JobArchived,
    JobChangedMeanwhile,
    JobNotFound,
    JobOnDevice,
    WorksEndBeforeStart,
)
from firstfix.domain.jobs.views import JobChanges
from firstfix.domain.people.permissions import CHANGE_BRANCH
from firstfix.domain.work import Work
from tests.conftest import actor_of
from tests.domain.jobs.conftest import START, MakeJob, acting, contacts_of, read, slots_of
from tests.factories.organisations import TestOrganisation


async def test_only_what_is_named_changes(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(description="Boiler", quote_no="Q-1")

    changed = await update_job(work, ids.uuid, JobChanges(priority=home.ids["priorities"]["High"], quote_no=None))

    job = await read(work, ids)
    assert (changed.is_changed, changed.is_approval_required, changed.ids) == (True, False, ids)
    assert job.priority_id == home.ids["priorities"]["High"]
    assert (job.quote_no, job.description, job.title) == (None, "Boiler", "Boiler")
    assert work.events[-1].action == "updated"
    assert work.events[-1].changes == {
        "priority_id": (home.ids["priorities"]["Medium"], home.ids["priorities"]["High"]),
        "quote_no": ("Q-1", None),
    }


async def test_what_a_job_shows_already_is_no_change(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    given: dict[str, Any] = {
        "description": "Boiler",
        "lead": home["engineer1"].id,
        "crew": (home["engineer2"].id, home["engineer1"].uuid),
        "contacts": (home.contact_id,),
        "works_end_on": date(2030, 1, 4),
        "estimated_minutes": 30,
        "client_budget": Decimal("250.00"),
        "access_details": "Key under the mat",
        "job_type": home.ids["job_types"]["Plumbing"],
    }
    ids = await make_job(**given)
    before = await read(work, ids)
    work.events.clear()

    again = JobChanges(
        location=home.location_uuid,
        branch=home.ids["branches"]["North"],
        status=home.ids["statuses"]["Assigned"],
        scheduled_at=START,
        works_start_on=START.date(),
        time_range=home.ids["time_ranges"]["Morning"],
        vat_percentage=None,
        first_contact=home.contact_uuid,
        **given,
    )
    changed = await update_job(work, ids.reference, again)

    after = await read(work, ids)
    assert (changed.is_changed, work.events) == (False, [])
    assert after.updated_at == before.updated_at
    assert after.access_details_sealed == before.access_details_sealed


async def test_each_change_moves_the_time_of_change_on(work: Work, make_job: MakeJob) -> None:
    ids = await make_job()

    for count in range(1, 4):
        await update_job(work, ids.id, JobChanges(title=f"Title {count}"))
        assert (await read(work, ids)).updated_at == work.now + timedelta(seconds=count)


async def test_a_lost_update_is_refused(work: Work, make_job: MakeJob) -> None:
    ids = await make_job()
    read_at = (await read(work, ids)).updated_at
    await update_job(work, ids.id, JobChanges(title="First"), expected_updated_at=read_at)

    with pytest.raises(JobChangedMeanwhile):
        await update_job(work, ids.id, JobChanges(title="Second"), expected_updated_at=read_at)


async def test_an_unknown_job_cannot_change(work: Work) -> None:
    for reference in (2**62, 2**80, 0, "J0", "", "a\0b", "0" * 32):
        with pytest.raises(JobNotFound):
            await update_job(work, reference, JobChanges(title="Title"))


async def test_cleared_values_fall_back_where_a_job_must_have_one(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    ids = await make_job(vat_percentage=Decimal(5), job_type=home.ids["job_types"]["Roofing"])

    await update_job(work, ids.id, JobChanges(vat_percentage=None, job_type=None))

    job = await read(work, ids)
    assert job.vat_percentage == Decimal(20)
    assert job.job_type_id == home.ids["job_types"]["General maintenance"]


async def test_sealed_values_are_sealed_anew_and_stay_sealed_in_the_event(work: Work, make_job: MakeJob) -> None:
    ids = await make_job(access_details="Key under the mat")

    await update_job(work, ids.id, JobChanges(access_details="Ask next door", private_contact_name=None))

    job = await read(work, ids)
    before, after = work.events[-1].changes["access_details"]
    assert list(work.events[-1].changes) == ["access_details"]
    assert after == job.access_details_sealed
    opened = [work.keys.open(value, record=job.uuid, field="jobs.access_details") for value in (before, after)]
    assert opened == ["Key under the mat", "Ask next door"]


async def test_the_first_contact_gives_way(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    second, _ = home.insert("contacts", first_name="Second")
    third, _ = home.insert("contacts", first_name="Third")
    ids = await make_job(contacts=(home.contact_id, second))

    await update_job(work, ids.id, JobChanges(first_contact=third))
    assert await contacts_of(work, ids) == [third, second]
    await update_job(work, ids.id, JobChanges(first_contact=second))
    assert await contacts_of(work, ids) == [second]
    await update_job(work, ids.id, JobChanges(contacts=(third, home.contact_id)))
    assert await contacts_of(work, ids) == [third, home.contact_id]
    await update_job(work, ids.id, JobChanges(first_contact=None))
    assert await contacts_of(work, ids) == [home.contact_id]
    await update_job(work, ids.id, JobChanges(contacts=()))
    assert await contacts_of(work, ids) == []
    assert work.events[-1].changes == {"contact_ids": ((home.contact_id,), ())}


async def test_a_job_is_handed_to_another_branch_by_who_may(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    ids = await make_job()
    north, south = home.ids["branches"]["North"], home.ids["branches"]["South"]
    admin = actor_of(home, "admin")
    bound = acting(work, msgspec.structs.replace(admin, keys=admin.keys - {CHANGE_BRANCH}))

    await update_job(bound, ids.id, JobChanges(branch=north, title="Unmoved"))
    with pytest.raises(PermissionMissing):
        await update_job(bound, ids.id, JobChanges(branch=south))
    await update_job(work, ids.id, JobChanges(branch=south))

    assert (await read(work, ids)).branch_id == south
    with pytest.raises(ReferenceNotFound):
        await update_job(acting(work, actor_of(home, "agent2")), ids.id, JobChanges(branch=north))


async def test_a_job_is_found_by_the_words_that_it_has_now(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    """In the branch that it has now, too, and where it stood in time."""
    ids = await make_job(title="Quokka burst", description="Under the stairs")
    north, south = home.ids["branches"]["North"], home.ids["branches"]["South"]

    async def finds(word: str, *branches: int) -> list[int]:
        found = text("SELECT ids FROM find_newest_jobs(ARRAY[:word], NULL, CAST(:branches AS bigint[]), 50)")
        ids_found = await work.session.scalar(found, {"word": word, "branches": list(branches) or None})
        everywhere = await work.session.scalars(text("SELECT search_jobs(ARRAY[:word], NULL)"), {"word": word})
        assert branches or sorted(ids_found or []) == sorted(everywhere)
        return list(ids_found or [])

    assert [await finds(word) for word in ("quokka", "wombat", "stairs")] == [[ids.id], [], [ids.id]]
    await update_job(work, ids.id, JobChanges(title="Wombat burst", branch=south))
    assert [await finds(word) for word in ("quokka", "wombat")] == [[], [ids.id]]
    assert [await finds("wombat", branch) for branch in (north, south)] == [[], [ids.id]]
    await work.session.execute(text("DELETE FROM jobs WHERE id = :id"), {"id": ids.id})
    assert await finds("wombat") == []


async def test_a_disabled_branch_takes_no_jobs_and_keeps_its_own(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    north, south = home.ids["branches"]["North"], home.ids["branches"]["South"]
    ids, other = await make_job(branch=south), await make_job(branch=north)
    await work.session.execute(text("UPDATE branches SET is_active = false WHERE id = :id"), {"id": south})

    assert not (await update_job(work, ids.id, JobChanges(branch=south))).is_changed
    with pytest.raises(BranchDisabled):
        await update_job(work, other.id, JobChanges(branch=south))


async def test_what_is_archived_may_stay_and_not_come(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    asset, _ = home.insert("assets", name="Boiler")
    with_asset, without = await make_job(asset=asset), await make_job()
    await work.session.execute(text("UPDATE assets SET archived_at = now() WHERE id = :id"), {"id": asset})

    assert not (await update_job(work, with_asset.id, JobChanges(asset=asset))).is_changed
    with pytest.raises(ReferenceArchived, match="Asset"):
        await update_job(work, without.id, JobChanges(asset=asset))


# States that refuse


async def test_an_archived_job_no_longer_changes(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job()
    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"]["Archived"]))

    for changes in (JobChanges(title="Title"), JobChanges(status=home.ids["statuses"]["New"]), JobChanges()):
        with pytest.raises(JobArchived):
            await update_job(work, ids.id, changes)


async def test_a_job_on_a_device_changes_only_for_those_who_need_not_wait(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    ids = await make_job(status=home.ids["statuses"]["In progress"])

    with pytest.raises(JobOnDevice):
        await update_job(work, ids.id, JobChanges(title="Title"), only_off_device=True)
    assert (await update_job(work, ids.id, JobChanges(title="Title"))).is_changed


async def test_amounts_are_frozen_once_a_job_is_closed(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(client_budget=Decimal(250))
    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"]["Complete"]))
    closing = JobChanges(status=home.ids["statuses"]["Invoiced"], invoice_no="I-1")
    await update_job(work, ids.id, closing)

    for changes in (
        JobChanges(client_budget=Decimal(251)),
        JobChanges(contractor_budget=Decimal(1)),
        JobChanges(vat_percentage=Decimal(5)),
        JobChanges(invoice_no="I-2"),
        JobChanges(quote_no="Q-1"),
        JobChanges(invoice_no=None, status=home.ids["statuses"]["Complete"]),
    ):
        with pytest.raises(FieldFrozen):
            await update_job(work, ids.id, changes)
    unfrozen = JobChanges(client_budget=Decimal(250), invoice_no="I-1", works_order_ref="W-1")
    assert (await update_job(work, ids.id, unfrozen)).is_changed


# Dates and slots


async def test_a_moved_start_moves_all_slots(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(estimated_minutes=60, lead=home["engineer1"].id)
    later = START + timedelta(days=3)
    await work.session.execute(
        text("INSERT INTO time_slots (job_id, starts_at, minutes) VALUES (:job, :at, 30)"),
        {"job": ids.id, "at": later},
    )

    await update_job(work, ids.id, JobChanges(scheduled_at=START + timedelta(hours=25)))

    assert await slots_of(work, ids) == [
        (START + timedelta(hours=25), 60, [home["engineer1"].id]),
        (later + timedelta(hours=25), 30, []),
    ]


async def test_an_estimate_is_the_length_of_an_only_slot(work: Work, make_job: MakeJob) -> None:
    ids = await make_job(estimated_minutes=60)

    await update_job(work, ids.id, JobChanges(estimated_minutes=45))
    assert await slots_of(work, ids) == [(START, 45, [])]
    await update_job(work, ids.id, JobChanges(estimated_minutes=None))
    assert await slots_of(work, ids) == [(START, 0, [])]
    await work.session.execute(
        text("INSERT INTO time_slots (job_id, starts_at, minutes) VALUES (:job, :at, 30)"),
        {"job": ids.id, "at": START},
    )
    await update_job(work, ids.id, JobChanges(estimated_minutes=90))
    assert sorted(minutes for _, minutes, _ in await slots_of(work, ids)) == [0, 30]


async def test_a_job_leaves_the_calendar_and_comes_back(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(lead=home["engineer1"].id, crew=(home["engineer2"].id,), estimated_minutes=60)

    await update_job(work, ids.id, JobChanges(works_start_on=None))
    assert ((await read(work, ids)).scheduled_at, await slots_of(work, ids)) == (None, [])
    await update_job(work, ids.id, JobChanges(works_start_on=date(2030, 7, 1)))

    start = datetime(2030, 7, 1, 8, tzinfo=UTC)
    assert (await read(work, ids)).scheduled_at == start
    assert await slots_of(work, ids) == [(start, 60, [home["engineer1"].id, home["engineer2"].id])]


async def test_another_date_keeps_the_time_of_day_across_a_clock_change(work: Work, make_job: MakeJob) -> None:
    ids = await make_job()

    await update_job(work, ids.id, JobChanges(works_start_on=date(2030, 7, 1)))

    assert (await read(work, ids)).scheduled_at == datetime(2030, 7, 1, 8, 30, tzinfo=UTC)


async def test_dates_are_those_of_the_branch(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job()
    await work.session.execute(text("UPDATE branches SET time_zone = 'Pacific/Auckland' WHERE name = 'South'"))

    changes = JobChanges(branch=home.ids["branches"]["South"], works_start_on=date(2030, 1, 5))
    await update_job(work, ids.id, changes)

    # 09:30 UTC is 22:30 in Auckland, thirteen hours ahead in January.
    assert (await read(work, ids)).scheduled_at == datetime(2030, 1, 5, 9, 30, tzinfo=UTC)


async def test_a_part_of_the_day_moves_the_start(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job()
    evening = home.ids["time_ranges"]["Evening"]

    await update_job(work, ids.id, JobChanges(time_range=evening))
    job = await read(work, ids)
    assert (job.scheduled_at, job.time_range_id) == (datetime(2030, 1, 2, 17, tzinfo=UTC), evening)
    await update_job(work, ids.id, JobChanges(scheduled_at=START))
    job = await read(work, ids)
    assert (job.scheduled_at, job.time_range_id) == (START, None)


async def test_works_do_not_end_before_they_start(work: Work, make_job: MakeJob) -> None:
    ids = await make_job(works_end_on=date(2030, 1, 5))

    with pytest.raises(WorksEndBeforeStart):
        await update_job(work, ids.id, JobChanges(works_end_on=date(2030, 1, 1)))
    with pytest.raises(WorksEndBeforeStart):
        await update_job(work, ids.id, JobChanges(works_start_on=date(2030, 1, 6)))
    await update_job(work, ids.id, JobChanges(scheduled_at=START + timedelta(days=10)))
    assert (await read(work, ids)).works_end_on == date(2030, 1, 15)
