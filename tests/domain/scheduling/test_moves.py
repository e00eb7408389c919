"""How a crew moves its job through its states."""

from datetime import datetime, timedelta
from math import inf, nan
from typing import Any

import pytest
from sqlalchemy import text

from firstfix.domain.access.queries import PermissionMissing
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.jobs.commands import update_job
from firstfix.domain.jobs.crew import CrewState, Position
from firstfix.domain.jobs.errors import ApprovalPending, JobNotFound, MoveNotAllowed, NotInCrew, ValueOutOfRange
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobChanges
from firstfix.domain.scheduling.commands import cancel_job, move_crew_member
from firstfix.domain.scheduling.errors import (
    NotDispatchedYet,
    NotToBeWorked,
    OutOfOrder,
    PauseNeedsReason,
    ReasonWithoutPause,
    StepNotAllowed,
    WorkingElsewhere,
)
from firstfix.domain.scheduling.views import Step
from firstfix.domain.work import Actor, Work
from tests.conftest import actor_of
from tests.domain.scheduling.conftest import MakeJob, Stretch, hours_of, move, states_of
from tests.factories.organisations import TestOrganisation

PLACE, SHOP = Position(53.7974, -1.5438), Position(53.8008, -1.5491)


def acting(work: Work, actor: Actor) -> Work:
    """Go on with the same transaction as somebody else."""
    return Work(work.session, actor=actor, now=work.now, keys=work.keys, source=work.source)


@pytest.fixture
def lead(home: TestOrganisation) -> int:
    return home["engineer1"].id


@pytest.fixture
def mate(home: TestOrganisation) -> int:
    return home["engineer2"].id


@pytest.fixture
def morning(work: Work) -> datetime:
    """Some hours ago: what is told of them has happened."""
    return work.now - timedelta(hours=8)


def at(morning: datetime, minutes: int) -> dict[str, datetime]:
    return {"at": morning + timedelta(minutes=minutes)}


# One day


async def test_a_day_of_one_person_leaves_their_hours(
    work: Work, home: TestOrganisation, make_job: MakeJob, lead: int, morning: datetime
) -> None:
    ids = await make_job(crew=())

    for minute, step, position in (
        (0, "travel", SHOP),
        (20, "arrive", PLACE),
        (60, "pause", None),
        (90, "resume", PLACE),
        (150, "complete", PLACE),
    ):
        await move(work, ids, lead, step, position=position, **at(morning, minute))

    times = {minute: morning + timedelta(minutes=minute) for minute in (0, 20, 60, 90, 150)}
    assert await hours_of(work, ids, lead) == [
        Stretch(times[0], times[20], is_travel=True, pause_reason=None),
        Stretch(times[20], times[60], is_travel=False, pause_reason="lunch"),
        Stretch(times[90], times[150], is_travel=False, pause_reason=None),
    ]
    places = await work.session.execute(
        text(
            "SELECT start_latitude, start_longitude, end_latitude, end_longitude FROM worked_hours"
            " WHERE job_id = :job ORDER BY starts_at"
        ),
        {"job": ids.id},
    )
    assert [tuple(row) for row in places] == [
        (SHOP.latitude, SHOP.longitude, PLACE.latitude, PLACE.longitude),
        (PLACE.latitude, PLACE.longitude, None, None),
        (PLACE.latitude, PLACE.longitude, PLACE.latitude, PLACE.longitude),
    ]
    job = await get_visible_job(work, ids.id)
    assert (job.status_id, job.stage) == (home.ids["statuses"]["Complete"], Stage.COMPLETE)
    assert (job.started_at, job.completed_at, job.substate) == (times[0], times[150], None)


@pytest.mark.parametrize(
    ("steps", "state", "substate"),
    [
        (("travel",), CrewState.IN_TRANSIT, 0),
        (("arrive",), CrewState.ACTIVE, 1),
        (("travel", "pause"), CrewState.PAUSED, 2),
        (("travel", "pause", "resume"), CrewState.IN_TRANSIT, 0),
        (("arrive", "pause", "resume"), CrewState.ACTIVE, 1),
        (("arrive", "pause", "arrive"), CrewState.ACTIVE, 1),
        (("arrive", "travel"), CrewState.IN_TRANSIT, 0),
    ],
)
async def test_the_job_is_as_far_as_its_crew(
    *,
    work: Work,
    make_job: MakeJob,
    lead: int,
    morning: datetime,
    steps: tuple[str, ...],
    state: CrewState,
    substate: int | None,
) -> None:
    ids = await make_job()

    for minute, step in enumerate(steps):
        await move(work, ids, lead, step, **at(morning, minute))

    job = await get_visible_job(work, ids.id)
    assert await states_of(work, ids) == [state, CrewState.SCHEDULED]
    assert (job.stage, job.substate, job.started_at) == (Stage.IN_PROGRESS, substate, morning)


async def test_every_step_is_one_event(
    work: Work, home: TestOrganisation, make_job: MakeJob, lead: int, morning: datetime
) -> None:
    ids = await make_job(crew=())
    statuses = home.ids["statuses"]
    work.events.clear()

    await move(work, ids, lead, "arrive", **at(morning, 0))
    await move(work, ids, lead, "pause", **at(morning, 30))
    await move(work, ids, lead, "complete", **at(morning, 30))

    arrived, paused, completed = (event.changes for event in work.events)
    assert arrived == {
        "crew_member_id": (None, lead),
        "crew_state": ("scheduled", "active"),
        "status_id": (statuses["Assigned"], statuses["In progress"]),
        "substate": (None, 1),
        "started_at": (None, morning.isoformat().replace("+00:00", "Z")),
    }
    assert paused == {
        "crew_member_id": (None, lead),
        "crew_state": ("active", "paused"),
        "pause_reason": (None, "lunch"),
        "substate": (1, 2),
    }
    assert completed["crew_state"] == ("paused", "completed")
    assert completed["status_id"] == (statuses["In progress"], statuses["Complete"])


async def test_what_was_done_already_is_no_change(work: Work, make_job: MakeJob, lead: int, morning: datetime) -> None:
    ids = await make_job()

    for minute, step in enumerate(("travel", "arrive", "pause", "resume", "complete")):
        await move(work, ids, lead, step, **at(morning, minute))
        hours, told = await hours_of(work, ids, lead), len(work.events)
        again = await move(work, ids, lead, step, **at(morning, minute + 60))
        assert not again.is_changed
        assert (await hours_of(work, ids, lead), len(work.events)) == (hours, told)


async def test_a_step_without_a_time_happens_now(work: Work, make_job: MakeJob, lead: int) -> None:
    ids = await make_job()

    await move(work, ids, lead, "arrive")

    assert await hours_of(work, ids, lead) == [Stretch(work.now, None, is_travel=False, pause_reason=None)]
    assert (await get_visible_job(work, ids.id)).started_at == work.now


# Several people


async def test_the_job_is_done_when_nobody_is_under_way(
    work: Work, make_job: MakeJob, lead: int, mate: int, morning: datetime
) -> None:
    ids = await make_job()
    await move(work, ids, lead, "arrive", **at(morning, 0))
    await move(work, ids, mate, "arrive", **at(morning, 5))

    await move(work, ids, lead, "complete", **at(morning, 60))
    assert (await get_visible_job(work, ids.id)).stage == Stage.IN_PROGRESS
    await move(work, ids, mate, "complete", **at(morning, 50))

    job = await get_visible_job(work, ids.id)
    assert job.stage == Stage.COMPLETE
    assert job.completed_at == morning + timedelta(minutes=60)


async def test_a_lead_is_not_kept_by_who_never_began(work: Work, make_job: MakeJob, lead: int) -> None:
    ids = await make_job()

    await move(work, ids, lead, "arrive")
    await move(work, ids, lead, "complete")

    assert (await get_visible_job(work, ids.id)).stage == Stage.COMPLETE
    assert await states_of(work, ids) == [CrewState.COMPLETED, CrewState.SCHEDULED]


async def test_a_mate_who_is_done_does_not_end_the_leads_job(work: Work, make_job: MakeJob, mate: int) -> None:
    ids = await make_job()

    await move(work, ids, mate, "arrive")
    await move(work, ids, mate, "complete")

    job = await get_visible_job(work, ids.id)
    assert (job.stage, job.substate) == (Stage.IN_PROGRESS, None)
    await move(work, ids, mate, "arrive")
    assert await states_of(work, ids) == [CrewState.SCHEDULED, CrewState.ACTIVE]


async def test_a_crew_without_lead_is_done_together(work: Work, make_job: MakeJob, lead: int, mate: int) -> None:
    ids = await make_job(lead=None, crew=(lead, mate))

    for person in (lead, mate):
        await move(work, ids, person, "arrive")
        assert (await get_visible_job(work, ids.id)).stage == Stage.IN_PROGRESS
        await move(work, ids, person, "complete")

    assert (await get_visible_job(work, ids.id)).stage == Stage.COMPLETE


async def test_nobody_is_at_two_jobs(work: Work, make_job: MakeJob, lead: int, morning: datetime) -> None:
    first, second = await make_job(), await make_job()
    await move(work, first, lead, "arrive", **at(morning, 0))

    for step in ("travel", "arrive"):
        with pytest.raises(WorkingElsewhere):
            await move(work, second, lead, step, **at(morning, 30))
    await move(work, first, lead, "pause", **at(morning, 40))
    with pytest.raises(OutOfOrder):
        await move(work, second, lead, "arrive", **at(morning, 39))
    await move(work, second, lead, "arrive", **at(morning, 40))
    with pytest.raises(WorkingElsewhere):
        await move(work, first, lead, "resume", **at(morning, 50))


async def test_who_works_elsewhere_may_still_be_done_here(
    work: Work, make_job: MakeJob, lead: int, morning: datetime
) -> None:
    first, second = await make_job(), await make_job()
    await move(work, first, lead, "arrive", **at(morning, 0))
    await move(work, first, lead, "pause", **at(morning, 30))
    await move(work, second, lead, "arrive", **at(morning, 60))

    await move(work, first, lead, "complete", **at(morning, 40))

    job = await get_visible_job(work, first.id)
    assert (job.stage, job.completed_at) == (Stage.COMPLETE, morning + timedelta(minutes=40))
    assert [stretch.ends_at for stretch in await hours_of(work, second, lead)] == [None]


async def test_what_is_told_late_does_not_complete_a_job_before_it_began(
    work: Work, home: TestOrganisation, make_job: MakeJob, lead: int, morning: datetime
) -> None:
    ids = await make_job()
    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"]["In progress"]))

    await move(work, ids, lead, "arrive", **at(morning, 0))
    await move(work, ids, lead, "complete", **at(morning, 30))

    job = await get_visible_job(work, ids.id)
    assert (job.started_at, job.completed_at) == (work.now, work.now)


async def test_the_database_itself_keeps_hours_apart(
    work: Work, make_job: MakeJob, lead: int, morning: datetime
) -> None:
    ids = await make_job()
    await move(work, ids, lead, "arrive", **at(morning, 0))
    overlapping = text(
        "INSERT INTO worked_hours (job_id, person_id, is_travel, starts_at) VALUES (:job, :person, false, :at)"
    )

    with pytest.raises(Exception, match="ex_worked_hours_person"):
        async with work.session.begin_nested():
            await work.session.execute(
                overlapping, {"job": ids.id, "person": lead, "at": morning + timedelta(minutes=10)}
            )


# What the office does


@pytest.mark.parametrize("status", ["Complete", "Cancelled"])
async def test_hours_end_when_the_office_ends_the_job(
    *, work: Work, home: TestOrganisation, make_job: MakeJob, lead: int, morning: datetime, status: str
) -> None:
    ids = await make_job()
    await move(work, ids, lead, "arrive", **at(morning, 0))

    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"][status]))

    assert await hours_of(work, ids, lead) == [Stretch(morning, work.now, is_travel=False, pause_reason=None)]
    assert await states_of(work, ids) == [CrewState.COMPLETED, CrewState.SCHEDULED]


async def test_a_job_that_comes_back_begins_anew(
    work: Work, home: TestOrganisation, make_job: MakeJob, lead: int, morning: datetime
) -> None:
    ids = await make_job()
    await move(work, ids, lead, "arrive", **at(morning, 0))
    await move(work, ids, lead, "complete", **at(morning, 30))

    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"]["Recalled"]))

    assert await states_of(work, ids) == [CrewState.SCHEDULED, CrewState.SCHEDULED]
    assert len(await hours_of(work, ids, lead)) == 1
    await move(work, ids, lead, "arrive", **at(morning, 60))
    assert (await get_visible_job(work, ids.id)).status_id == home.ids["statuses"]["Recalled"]


async def test_a_status_of_the_same_state_ends_nothing(
    work: Work, home: TestOrganisation, make_job: MakeJob, lead: int
) -> None:
    ids = await make_job()
    await move(work, ids, lead, "arrive")

    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"]["On hold"]))

    ((_, ends_at, *_),) = await hours_of(work, ids, lead)
    assert ends_at is None
    await move(work, ids, lead, "pause")
    assert (await get_visible_job(work, ids.id)).status_id == home.ids["statuses"]["On hold"]


async def test_a_cancelled_job_stays_cancelled(
    work: Work, home: TestOrganisation, make_job: MakeJob, lead: int
) -> None:
    ids = await make_job()
    await move(work, ids, lead, "travel")

    assert (await cancel_job(work, ids.id)).is_changed
    told = len(work.events)
    assert not (await cancel_job(work, ids.id)).is_changed

    assert len(work.events) == told
    job = await get_visible_job(work, ids.id)
    assert (job.status_id, job.substate) == (home.ids["statuses"]["Cancelled"], None)
    ((_, ends_at, *_),) = await hours_of(work, ids, lead)
    assert ends_at == work.now


async def test_a_closed_job_is_not_cancelled(work: Work, home: TestOrganisation) -> None:
    id_, _ = home.insert_job(status_id=home.ids["statuses"]["Invoiced"])

    with pytest.raises(MoveNotAllowed):
        await cancel_job(work, id_)


@pytest.mark.parametrize("status", ["Complete", "Cancelled", "Archived"])
async def test_nobody_sets_out_for_a_job_that_is_over(
    work: Work, home: TestOrganisation, lead: int, status: str
) -> None:
    id_, _ = home.insert_job(status_id=home.ids["statuses"][status], lead_id=lead)
    home.execute("INSERT INTO job_crew (job_id, person_id, position) VALUES (:job, :lead, 0)", job=id_, lead=lead)

    for step in ("travel", "arrive", "complete"):
        with pytest.raises(NotToBeWorked):
            await move_crew_member(work, id_, person=lead, step=Step(step))


async def test_nobody_sets_out_for_a_deferred_job(work: Work, make_job: MakeJob, lead: int) -> None:
    ids = await make_job()
    defer = text("UPDATE jobs SET notification_delta = 2, notification_minutes = 120 WHERE id = :id")
    await work.session.execute(defer, {"id": ids.id})

    with pytest.raises(NotDispatchedYet):
        await move(work, ids, lead, "travel")


# Gates


async def test_nobody_sets_out_before_it_is_approved(
    work: Work, home: TestOrganisation, make_job: MakeJob, lead: int
) -> None:
    await gate(work, "In progress")
    ids = await make_job()

    first = await move(work, ids, lead, "travel")
    told = len(work.events)
    second = await move(work, ids, lead, "travel")

    job = await get_visible_job(work, ids.id)
    assert (first.state, first.is_changed, first.is_approval_required) == (CrewState.SCHEDULED, True, True)
    assert (second.is_changed, second.is_approval_required, len(work.events)) == (False, True, told)
    assert (job.stage, job.gate_status) == (Stage.ASSIGNED, "pending")
    assert job.gate_wanted_status_id == home.ids["statuses"]["In progress"]
    assert await hours_of(work, ids, lead) == []


async def test_who_is_done_is_done_though_the_job_waits_for_approval(
    work: Work, make_job: MakeJob, lead: int, mate: int
) -> None:
    await gate(work, "Complete")
    ids = await make_job()
    await move(work, ids, lead, "arrive")

    done = await move(work, ids, lead, "complete")

    job = await get_visible_job(work, ids.id)
    assert (done.state, done.is_approval_required) == (CrewState.COMPLETED, True)
    assert (job.stage, job.gate_status, job.substate) == (Stage.IN_PROGRESS, "pending", None)
    await move(work, ids, mate, "arrive")
    assert (await move(work, ids, mate, "complete")).is_approval_required


async def test_another_change_that_waits_is_decided_first(
    work: Work, home: TestOrganisation, make_job: MakeJob, lead: int
) -> None:
    ids = await make_job()
    await move(work, ids, lead, "arrive")
    await update_job(work, ids.id, JobChanges(status=home.ids["statuses"]["Ready to invoice"]))

    with pytest.raises(ApprovalPending):
        await move(work, ids, lead, "complete")


async def gate(work: Work, status: str) -> None:
    await work.session.execute(
        text("UPDATE statuses SET requires_approval = true WHERE name = :name"), {"name": status}
    )


# Refusals


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ((), "pause"),
        ((), "resume"),
        ((), "complete"),
        (("arrive", "complete"), "pause"),
        (("arrive", "complete"), "resume"),
    ],
)
async def test_a_step_that_cannot_follow_is_refused(
    work: Work, make_job: MakeJob, mate: int, before: tuple[str, ...], step: str
) -> None:
    ids = await make_job()
    for earlier in before:
        await move(work, ids, mate, earlier)
    hours = await hours_of(work, ids, mate)

    with pytest.raises(StepNotAllowed):
        await move(work, ids, mate, step)
    assert await hours_of(work, ids, mate) == hours


@pytest.mark.parametrize(
    ("step", "details", "refusal"),
    [
        ("pause", {"reason": None}, PauseNeedsReason),
        ("pause", {"reason": "  "}, PauseNeedsReason),
        ("pause", {"reason": "x" * 201}, ValueOutOfRange),
        ("pause", {"reason": "a\0b"}, ValueOutOfRange),
        ("arrive", {"reason": "lunch"}, ReasonWithoutPause),
        ("arrive", {"position": Position(90.1, 0)}, ValueOutOfRange),
        ("arrive", {"position": Position(0, -180.1)}, ValueOutOfRange),
        ("arrive", {"position": Position(nan, 0)}, ValueOutOfRange),
        ("arrive", {"position": Position(0, inf)}, ValueOutOfRange),
    ],
)
async def test_what_cannot_be_is_refused(
    *, work: Work, make_job: MakeJob, lead: int, step: str, details: dict[str, Any], refusal: type[Exception]
) -> None:
    ids = await make_job()

    with pytest.raises(refusal):
        await move(work, ids, lead, step, **details)
    assert await hours_of(work, ids, lead) == []


async def test_nothing_has_happened_in_the_future(work: Work, make_job: MakeJob, lead: int) -> None:
    ids = await make_job()

    with pytest.raises(ValueOutOfRange) as refusal:
        await move(work, ids, lead, "arrive", at=work.now + timedelta(seconds=1))
    assert refusal.value.field == "at"


async def test_hours_are_told_in_their_order(work: Work, make_job: MakeJob, lead: int, morning: datetime) -> None:
    ids = await make_job()
    await move(work, ids, lead, "arrive", **at(morning, 10))

    with pytest.raises(OutOfOrder):
        await move(work, ids, lead, "pause", **at(morning, 9))
    await move(work, ids, lead, "pause", **at(morning, 10))
    with pytest.raises(OutOfOrder):
        await move(work, ids, lead, "resume", **at(morning, 9))


async def test_only_the_crew_works_on_a_job(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    ids = await make_job()

    for person in (home["manager"].id, 2**62, 2**63, -(2**64), -1):
        with pytest.raises(NotInCrew):
            await move(work, ids, person, "arrive")
    with pytest.raises(JobNotFound):
        await move_crew_member(work, 2**62, person=home["engineer1"].id, step=Step.ARRIVE)


async def test_a_contractor_moves_nobody_but_themselves(work: Work, home: TestOrganisation, make_job: MakeJob) -> None:
    contractor = home["contractor1"]
    ids = await make_job(contractor=contractor.id, crew=(contractor.id,))
    theirs = acting(work, actor_of(home, "contractor1"))

    assert (await move(theirs, ids, contractor.id, "arrive")).is_changed
    for person in (home["engineer1"].id, home["contractor2"].id):
        with pytest.raises(PermissionMissing):
            await move(theirs, ids, person, "arrive")
    with pytest.raises(PermissionMissing):
        await cancel_job(theirs, ids.id)
    with pytest.raises(JobNotFound):
        await move(acting(work, actor_of(home, "contractor2")), ids, contractor.id, "pause")
