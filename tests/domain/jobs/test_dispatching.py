"""Deferred jobs are dispatched once, whatever happens at the same time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from firstfix.adapters.database import Database, Limits
from firstfix.domain.access.queries import Claim
from firstfix.domain.jobs.commands import create_job, delete_job, update_job
from firstfix.domain.jobs.dispatching import claim_due_job, dispatch_due_job, dispatch_job
from firstfix.domain.jobs.errors import AlreadyDispatched, JobNotFound, JobNotWaiting, NotDeferred
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobIds
from firstfix.domain.people.permissions import MANAGE_JOBS
from firstfix.domain.pins.commands import set_pin
from firstfix.domain.work import Source, Work
from firstfix.kit.key_file import KeyFile
from tests.domain.jobs.conftest import MakeJob, read, slots_of
from tests.factories.organisations import TestOrganisation

FUTURE = datetime(2040, 1, 2, 9, 30, tzinfo=UTC)
PAST = datetime(2020, 1, 2, 9, 30, tzinfo=UTC)
WAIT_SECONDS = 0.3


# What a dispatch does


async def test_what_hangs_on_the_job_comes_along(work: Work, make_job: MakeJob) -> None:
    old = await make_job(scheduled_at=FUTURE, notification_delta=2, access_details="Key safe 1234")
    slots = await slots_of(work, old)
    await set_pin(work, job=old.id, pinned=True)

    new = await dispatch_job(work, old.uuid)

    job = await read(work, new)
    assert (new.id, new.uuid != old.uuid, new.reference != old.reference) == (old.id, True, True)
    assert (job.uuid, job.reference) == (new.uuid, new.reference)
    assert (job.notification_delta, job.dispatch_due_at) == (None, None)
    assert await slots_of(work, new) == slots
    assert (await work.session.scalars(text("SELECT job_id FROM pins"))).all() == [new.id]
    sealed = work.keys.find_open(job.access_details_sealed, record=new.uuid, field="jobs.access_details")
    assert sealed == "Key safe 1234"


async def test_it_is_told_in_the_history(work: Work, make_job: MakeJob) -> None:
    old = await make_job(scheduled_at=FUTURE, notification_delta=2)
    work.events.clear()

    new = await dispatch_job(work, old.reference)

    assert [(event.entity, event.action, event.entity_uuid, event.changes) for event in work.events] == [
        ("deferred_job", "dispatched", old.uuid, {}),
        (
            "job",
            "dispatched",
            new.uuid,
            {"reference": (old.reference, new.reference), "notification_delta": (2, None)},
        ),
    ]


async def test_an_old_name_is_as_good_as_the_new_one_but_not_for_the_field_api(work: Work, make_job: MakeJob) -> None:
    old = await make_job(scheduled_at=FUTURE, notification_delta=2)
    new = await dispatch_job(work, old.id)

    for name in (old.uuid, old.uuid.hex, old.reference, new.uuid, new.reference, new.id):
        assert (await get_visible_job(work, name)).uuid == new.uuid
    work.source = "field"
    for name in (old.uuid, old.uuid.hex, old.reference):
        with pytest.raises(JobNotFound):
            await get_visible_job(work, name)


async def test_a_clock_that_goes_backwards_undoes_nothing(work: Work, make_job: MakeJob) -> None:
    old = await make_job(scheduled_at=FUTURE, notification_delta=2)
    changed_at = (await read(work, old)).updated_at
    work.now -= timedelta(days=1)

    new = await dispatch_job(work, old.id)

    assert (await read(work, new)).updated_at > changed_at
    with pytest.raises(AlreadyDispatched):
        await dispatch_job(work, old.uuid)
    with pytest.raises(JobNotFound):
        await dispatch_due_job(work, new.id)


async def test_a_reference_that_a_job_has_is_passed_over(work: Work, make_job: MakeJob) -> None:
    old = await make_job(scheduled_at=FUTURE, notification_delta=2)
    taken = await make_job()
    next_number = int(taken.reference[1:]) + 1
    await work.session.execute(
        text("UPDATE jobs SET number = :number, reference = 'J' || :number WHERE id = :id"),
        {"number": next_number, "id": taken.id},
    )

    # Past all that are in use, of which others may have left larger ones.
    assert int((await dispatch_job(work, old.id)).reference[1:]) > next_number


async def test_what_does_not_wait_is_refused(work: Work, make_job: MakeJob, home: TestOrganisation) -> None:
    ordinary = await make_job(scheduled_at=FUTURE)
    begun = await make_job(scheduled_at=FUTURE, notification_delta=2, status=home.ids["statuses"]["In progress"])
    dispatched = await make_job(scheduled_at=FUTURE, notification_delta=2)
    await dispatch_job(work, dispatched.id)

    for job, refusal in ((ordinary, NotDeferred), (begun, JobNotWaiting), (dispatched, AlreadyDispatched)):
        with pytest.raises(refusal):
            await dispatch_job(work, job.uuid)
    with pytest.raises(JobNotFound):
        await dispatch_due_job(work, begun.id)


# Races on connections of their own


class Caller:
    """The worker, and somebody who opens works by themselves."""

    def __init__(self, database: Database, organisation: TestOrganisation) -> None:
        self.database = database
        self.claim = Claim("api_key", organisation["admin"].api_key)
        self.organisation = organisation

    @asynccontextmanager
    async def work(self, source: Source = "field") -> AsyncIterator[Work]:
        async with self.database.work(self.claim, operation_keys=(MANAGE_JOBS,), source=source) as work:
            yield work

    async def defer(self, starts_at: datetime = PAST, **draft: Any) -> JobIds:  # noqa: ANN401 (whatever a draft takes)
        given = {"location": self.organisation.location_id, "scheduled_at": starts_at, "notification_delta": 1, **draft}
        async with self.work() as work:
            return await create_job(work, JobDraft(**given))

    async def dispatch(self, job: JobIds, *, pause_seconds: float = 0) -> JobIds:
        async with self.work() as work:
            ids = await dispatch_job(work, job.uuid)
            await asyncio.sleep(pause_seconds)
            return ids

    async def dispatch_due(self, *, pause_seconds: float = 0) -> JobIds | None:
        """Do what the worker does once, but for no organisation besides."""
        others = self.organisation.execute(
            "SELECT id FROM jobs WHERE dispatch_due_at <= now() AND organisation_id <> :org", org=self.organisation.id
        )
        async with self.database.work_on_due_job(tuple(row.id for row in others)) as due:
            if due is None:
                return None
            work, job_id = due
            ids = await dispatch_due_job(work, job_id)
            await asyncio.sleep(pause_seconds)
            return ids

    async def change(self, job: JobIds, source: Source = "field", **changes: Any) -> None:  # noqa: ANN401
        async with self.work(source) as work:
            await update_job(work, job.uuid, JobChanges(**changes))

    async def delete(self, job: JobIds, *, pause_seconds: float = 0) -> None:
        async with self.work() as work:
            await delete_job(work, job.uuid)
            await asyncio.sleep(pause_seconds)

    def dispatches(self) -> list[tuple[UUID, UUID]]:
        rows = self.organisation.execute(
            "SELECT deferred_uuid, job_uuid FROM dispatches WHERE organisation_id = :org", org=self.organisation.id
        )
        return [(row.deferred_uuid, row.job_uuid) for row in rows]

    def jobs(self) -> list[UUID]:
        rows = self.organisation.execute("SELECT uuid FROM jobs WHERE organisation_id = :org", org=self.organisation.id)
        return [row.uuid for row in rows]


@pytest.fixture
async def caller(database_url: str, tmp_path: Path, organisation: TestOrganisation) -> AsyncIterator[Caller]:
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), limits=Limits(transactions=8, reads=2))
    yield Caller(database, organisation)
    await database.close()


async def outcomes_of(*calls: Awaitable[object]) -> Counter[type]:
    """Count what came of calls at once."""
    return Counter(type(outcome) for outcome in await asyncio.gather(*calls, return_exceptions=True))


async def test_of_many_callers_one_dispatches(caller: Caller) -> None:
    job = await caller.defer(FUTURE)

    outcomes = await outcomes_of(*(caller.dispatch(job) for _ in range(16)))

    assert outcomes == {JobIds: 1, AlreadyDispatched: 15}
    assert [old for old, _ in caller.dispatches()] == [job.uuid]


async def test_by_hand_and_by_the_clock_is_once(caller: Caller) -> None:
    job = await caller.defer()

    outcomes = await outcomes_of(*(caller.dispatch(job) for _ in range(5)), *(caller.dispatch_due() for _ in range(5)))

    assert outcomes[JobIds] == 1
    assert len(caller.dispatches()) == len(caller.jobs()) == 1


async def test_workers_share_what_is_due_and_take_the_oldest_first(caller: Caller) -> None:
    jobs = [await caller.defer(PAST + timedelta(days=day)) for day in (2, 0, 1)]

    first, second = await asyncio.gather(
        caller.dispatch_due(pause_seconds=WAIT_SECONDS), caller.dispatch_due(pause_seconds=WAIT_SECONDS)
    )

    assert {first and first.id, second and second.id} == {jobs[1].id, jobs[2].id}
    third = await caller.dispatch_due()
    assert third is not None
    assert third.id == jobs[0].id
    assert await caller.dispatch_due() is None


async def test_the_key_is_the_referee_even_without_a_lock(caller: Caller) -> None:
    job = await caller.defer(FUTURE)
    caller.organisation.execute(
        "INSERT INTO dispatches (deferred_uuid, deferred_reference, job_uuid) VALUES (:uuid, 'J0', uuidv7())",
        uuid=job.uuid,
    )

    with pytest.raises(AlreadyDispatched):
        await caller.dispatch(job)

    assert caller.jobs() == [job.uuid]


@pytest.mark.parametrize(("source", "outcome"), [("field", JobNotFound), ("web", type(None))])
async def test_an_update_that_waits_for_a_dispatch_is_told_or_meets_the_new_job(
    caller: Caller, source: Source, outcome: type
) -> None:
    job = await caller.defer(FUTURE)
    dispatching = asyncio.create_task(caller.dispatch(job, pause_seconds=WAIT_SECONDS))
    await asyncio.sleep(WAIT_SECONDS / 3)

    assert await outcomes_of(caller.change(job, source, title="Changed")) == {outcome: 1}
    await dispatching
    (row,) = caller.organisation.execute("SELECT title FROM jobs WHERE id = :id", id=job.id)
    assert (row.title == "Changed") is (source == "web")


async def test_a_dispatch_that_waits_for_a_deletion_finds_nothing(caller: Caller) -> None:
    job = await caller.defer()
    deleting = asyncio.create_task(caller.delete(job, pause_seconds=WAIT_SECONDS))
    await asyncio.sleep(WAIT_SECONDS / 3)

    assert await caller.dispatch_due() is None  # what somebody holds is passed over
    assert await outcomes_of(caller.dispatch(job)) == {JobNotFound: 1}
    await deleting
    assert (caller.dispatches(), caller.jobs()) == ([], [])


async def test_a_change_of_status_and_a_dispatch_come_one_after_the_other(caller: Caller) -> None:
    job = await caller.defer()
    cancelled = caller.organisation.ids["statuses"]["Cancelled"]

    await outcomes_of(caller.dispatch_due(), caller.change(job, "web", status=cancelled), caller.dispatch(job))

    (row,) = caller.organisation.execute("SELECT status_id, notification_delta FROM jobs WHERE id = :id", id=job.id)
    assert row.status_id == cancelled
    assert (row.notification_delta is None) is (len(caller.dispatches()) == 1)


async def test_a_job_that_is_put_off_meanwhile_is_not_dispatched(caller: Caller) -> None:
    job = await caller.defer()
    await caller.change(job, scheduled_at=FUTURE)

    assert await caller.dispatch_due() is None

    await caller.change(job, scheduled_at=PAST)
    dispatched = await caller.dispatch_due()
    assert dispatched is not None
    assert dispatched.id == job.id


async def test_a_dispatch_that_fails_is_undone_whole(caller: Caller) -> None:
    job = await caller.defer()

    async def fail_at_the_end() -> None:
        async with caller.database.work_on_due_job(()) as due:
            assert due is not None
            work, job_id = due
            await dispatch_due_job(work, job_id)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await fail_at_the_end()

    assert (caller.dispatches(), caller.jobs()) == ([], [job.uuid])
    assert await caller.dispatch_due() is not None


async def test_lateness_is_told(caller: Caller) -> None:
    await caller.defer()

    await caller.dispatch_due()

    (row,) = caller.organisation.execute(
        "SELECT actor_id, source, changes FROM events WHERE organisation_id = :org AND entity = 'job'"
        " AND action = 'dispatched'",
        org=caller.organisation.id,
    )
    assert (row.actor_id, row.source) == (None, "worker")
    assert row.changes["late_seconds"][1] > 60


async def test_a_claim_sets_the_organisation(caller: Caller) -> None:
    job = await caller.defer()

    async with caller.database.session() as session:
        due = await claim_due_job(session)
        assert due is not None
        seen = await session.scalars(text("SELECT DISTINCT organisation_id FROM jobs"))
        assert seen.all() == [due.organisation_id]
    assert job.uuid in caller.jobs()
