"""Time slots and the planning, as planners set them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from firstfix.domain.access.queries import PermissionMissing
from firstfix.domain.errors import ReferenceNotFound
from firstfix.domain.jobs.commands import update_job
from firstfix.domain.jobs.errors import (
    JobArchived,
    JobChangedMeanwhile,
    NobodyToDispatchTo,
    NotInCrew,
    PlanningFixed,
    ValueOutOfRange,
)
from firstfix.domain.jobs.slots import get_slots
from firstfix.domain.jobs.views import JobChanges, JobIds, PlannedSlot
from firstfix.domain.work import Work
from tests.conftest import actor_of
from tests.domain.jobs.conftest import START, MakeJob, acting, crew_of, read, slots_of
from tests.factories.organisations import TestOrganisation

DAY = timedelta(days=1)


async def plan(work: Work, ids: JobIds, *slots: PlannedSlot) -> bool:
    return (await update_job(work, ids.id, JobChanges(slots=slots))).is_changed


async def first_uuid(work: Work, ids: JobIds) -> UUID | None:
    return (await get_slots(work, ids.id))[0].uuid


async def test_slots_are_set_all_at_once(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    lead, other = home["engineer1"].id, home["engineer2"].id
    ids = await make_job(lead=lead, crew=(other,), estimated_minutes=60)
    kept = await first_uuid(work, ids)

    assert await plan(
        work,
        ids,
        PlannedSlot(starts_at=START + 2 * DAY, minutes=90, crew=(other, lead)),
        PlannedSlot(uuid=kept, starts_at=START + DAY, minutes=30, crew=(other,)),
    )

    assert await slots_of(work, ids) == [(START + DAY, 30, [other]), (START + 2 * DAY, 90, [lead, other])]
    assert await first_uuid(work, ids) == kept
    assert (await read(work, ids)).scheduled_at == START + DAY
    changes = work.events[-1].changes
    assert set(changes) == {"scheduled_at", "slots"}
    assert [slot["minutes"] for slot in changes["slots"][1]] == [30, 90]


async def test_slots_as_they_are_are_no_change(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(lead=home["engineer1"].id)
    told = len(work.events)

    assert not await plan(work, ids, *await get_slots(work, ids.id))
    assert len(work.events) == told


async def test_a_job_without_slots_leaves_the_calendar_and_comes_back(work: Work, make_job: MakeJob) -> None:
    ids = await make_job(works_end_on=date(2030, 1, 4))

    await plan(work, ids)
    assert ((await read(work, ids)).scheduled_at, await slots_of(work, ids)) == (None, [])
    await plan(work, ids, PlannedSlot(starts_at=START, minutes=15))
    assert ((await read(work, ids)).scheduled_at, await slots_of(work, ids)) == (START, [(START, 15, [])])


async def test_a_works_end_that_was_set_follows_the_first_slot(work: Work, make_job: MakeJob) -> None:
    ids = await make_job(works_end_on=date(2030, 1, 4))

    await plan(work, ids, PlannedSlot(starts_at=START + DAY, minutes=15))

    assert (await read(work, ids)).works_end_on == date(2030, 1, 5)


async def test_only_the_crew_is_planned(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(lead=home["engineer1"].id)

    for stranger in (home["engineer2"].id, 2**62):
        with pytest.raises(NotInCrew):
            await plan(work, ids, PlannedSlot(starts_at=START, minutes=15, crew=(stranger,)))


async def test_only_slots_of_the_job_stay(work: Work, make_job: MakeJob) -> None:
    ids, other = await make_job(), await make_job()

    for uuid in (uuid4(), await first_uuid(work, other)):
        with pytest.raises(ReferenceNotFound, match="No TimeSlot"):
            await plan(work, ids, PlannedSlot(uuid=uuid, starts_at=START, minutes=15))


@pytest.mark.parametrize(
    "slots",
    [
        [{"minutes": -1}],
        [{"minutes": 2**31}],
        [{"starts_at": datetime(1066, 10, 14, tzinfo=UTC)}],
        [{"uuid": UUID(int=1)}, {"uuid": UUID(int=1)}],
        [{}] * 101,
    ],
)
async def test_slots_that_no_job_can_have(work: Work, make_job: MakeJob, slots: list[dict[str, Any]]) -> None:
    ids = await make_job()

    with pytest.raises(ValueOutOfRange) as refusal:
        await plan(work, ids, *(PlannedSlot(**{"starts_at": START, "minutes": 15, **slot}) for slot in slots))
    assert refusal.value.field == "slots"


async def test_planners_only_plan(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(contractor=home["contractor1"].id)
    theirs = acting(work, actor_of(home, "contractor1"))

    for changes in (JobChanges(slots=()), JobChanges(scheduled_state=1)):
        with pytest.raises(PermissionMissing):
            await update_job(theirs, ids.id, changes)


async def test_a_plan_that_somebody_changed_meanwhile_is_not_overwritten(work: Work, make_job: MakeJob) -> None:
    ids = await make_job()

    with pytest.raises(JobChangedMeanwhile):
        await update_job(work, ids.id, JobChanges(slots=()), expected_updated_at=work.now - DAY)
    assert await slots_of(work, ids) == [(START, 0, [])]


async def test_an_archived_job_is_not_planned(work: Work, home: TestOrganisation) -> None:
    id_, _ = home.insert_job(status_id=home.ids["statuses"]["Archived"])

    with pytest.raises(JobArchived):
        await update_job(work, id_, JobChanges(slots=()))


async def test_who_leaves_the_crew_leaves_the_slots(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    lead, other = home["engineer1"].id, home["engineer2"].id
    ids = await make_job(lead=lead, crew=(other,), estimated_minutes=60)

    await update_job(work, ids.id, JobChanges(lead=None))
    await update_job(work, ids.id, JobChanges(crew=()))

    assert await crew_of(work, ids) == []
    assert await slots_of(work, ids) == [(START, 60, [])]


async def test_a_new_lead_takes_the_slots_of_one_who_leaves(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    ids = await make_job(lead=home["engineer1"].id)

    await update_job(work, ids.id, JobChanges(lead=home["engineer2"].id, crew=()))

    assert await slots_of(work, ids) == [(START, 0, [home["engineer2"].id])]


# The planning


async def test_planning_goes_from_tentative_to_dispatched_and_back(
    work: Work, home: TestOrganisation, make_job: MakeJob
) -> None:
    ids = await make_job(lead=home["engineer1"].id)

    for state in (0, 1, 2):
        assert (await update_job(work, ids.id, JobChanges(scheduled_state=state))).is_changed
        assert not (await update_job(work, ids.id, JobChanges(scheduled_state=state))).is_changed
        assert (await read(work, ids)).scheduled_state == state
    assert work.events[-1].changes == {"scheduled_state": (1, 2)}


async def test_nobody_is_dispatched_to_without_a_lead(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job(crew=(home["engineer2"].id,))

    with pytest.raises(NobodyToDispatchTo):
        await update_job(work, ids.id, JobChanges(scheduled_state=2))
    assert (await update_job(work, ids.id, JobChanges(scheduled_state=1))).is_changed
    await update_job(work, ids.id, JobChanges(lead=home["engineer1"].id))
    assert (await read(work, ids)).scheduled_state == 2


@pytest.mark.parametrize("status", ["In progress", "Complete", "Cancelled"])
async def test_planning_ends_when_the_work_begins(
    work: Work, home: TestOrganisation, make_job: MakeJob, status: str
) -> None:
    ids = await make_job(lead=home["engineer1"].id)
    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"][status]))

    with pytest.raises(PlanningFixed):
        await update_job(work, ids.id, JobChanges(scheduled_state=0))


async def test_there_are_three_states_of_planning(work: Work, make_job: MakeJob) -> None:
    ids = await make_job()

    for state in (-1, 3):
        with pytest.raises(ValueOutOfRange):
            await update_job(work, ids.id, JobChanges(scheduled_state=state))
