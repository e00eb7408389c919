"""Races between real connections: the database settles them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firstfix.adapters.database import Database, Limits
from firstfix.domain.access.queries import Claim
from firstfix.domain.errors import Refusal
from firstfix.domain.jobs.commands import create_job, update_job
from firstfix.domain.jobs.views import JobChanges, JobDraft
from firstfix.domain.people.permissions import MANAGE_JOBS
from firstfix.domain.scheduling.commands import cancel_job, move_crew_member
from firstfix.domain.scheduling.errors import NotToBeWorked, StepNotAllowed, WorkingElsewhere
from firstfix.domain.scheduling.views import CrewMove, Step
from firstfix.kit.key_file import KeyFile
from tests.factories.organisations import TestOrganisation
from tests.factories.waiting import Hold

ROUNDS = 4


class Site:
    """Jobs of one organisation, and people who move them, each on a connection of their own."""

    def __init__(self, database: Database, organisation: TestOrganisation) -> None:
        self.organisation = organisation
        self._database = database
        self._claim = Claim("api_key", organisation["admin"].api_key)

    async def job(self) -> int:
        """Make one with engineer 1 as lead and engineer 2."""
        lead, mate = self.organisation["engineer1"].id, self.organisation["engineer2"].id
        draft = JobDraft(location=self.organisation.location_id, lead=lead, crew=(mate,))
        async with self._database.work(self._claim, operation_keys=(MANAGE_JOBS,), source="web") as work:
            return (await create_job(work, draft)).id

    async def move(self, job: int, who: str, step: str, *, hold: Hold | None = None) -> CrewMove:
        async with self._database.work(self._claim, operation_keys=(MANAGE_JOBS,), source="web") as work:
            moved = await move_crew_member(
                work,
                job,
                person=self.organisation[who].uuid,
                step=Step(step),
                reason="lunch" if step == "pause" else None,
            )
            if hold is not None:
                await hold(work)
            return moved

    async def cancel(self, job: int, *, hold: Hold | None = None) -> bool:
        async with self._database.work(self._claim, operation_keys=(MANAGE_JOBS,), source="web") as work:
            cancelled = await cancel_job(work, job)
            if hold is not None:
                await hold(work)
            return cancelled.is_changed

    async def set_status(self, job: int, name: str) -> bool:
        status = self.organisation.ids["statuses"][name]
        async with self._database.work(self._claim, operation_keys=(MANAGE_JOBS,), source="manage") as work:
            return (await update_job(work, job, JobChanges(status=status))).is_changed

    def stage(self, job: int) -> int:
        return int(self.organisation.execute("SELECT stage FROM jobs WHERE id = :id", id=job)[0].stage)

    def events(self, job: int) -> int:
        """Count what was told after the job was made."""
        counted = "SELECT count(*) AS told FROM events WHERE entity = 'job' AND entity_id = :id AND action = 'updated'"
        return int(
            self.organisation.execute(counted + " AND organisation_id = :org", id=job, org=self.organisation.id)[0].told
        )

    def assert_in_order(self) -> None:
        """See that hours run only on active jobs for who is at it, and that nobody is in two places."""
        crew = self.organisation.execute(
            "SELECT jobs.state AS job_state, crew.state, count(hours.id) AS running,"
            " bool_or(hours.is_travel) AS travels FROM job_crew AS crew"
            " JOIN jobs ON jobs.organisation_id = crew.organisation_id AND jobs.id = crew.job_id"
            " LEFT JOIN worked_hours AS hours ON hours.organisation_id = crew.organisation_id"
            " AND hours.job_id = crew.job_id AND hours.person_id = crew.person_id AND hours.ends_at IS NULL"
            " WHERE crew.organisation_id = :org GROUP BY crew.job_id, crew.person_id, jobs.state, crew.state",
            org=self.organisation.id,
        )
        for row in crew:
            assert row.running == (1 if row.state in (1, 2) else 0)
            assert row.travels in (None, row.state == 1)
            assert row.job_state == 1 or row.state not in (1, 2, 3)


@pytest.fixture
async def site(database_url: str, tmp_path: Path, organisation: TestOrganisation) -> AsyncIterator[Site]:
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), limits=Limits(transactions=16, reads=2))
    yield Site(database, organisation)
    await database.close()


async def test_two_who_complete_at_once_complete_the_job_once(site: Site) -> None:
    for _ in range(ROUNDS):
        job = await site.job()
        await site.move(job, "engineer1", "arrive")
        await site.move(job, "engineer2", "arrive")

        outcomes = await asyncio.gather(*(site.move(job, who, "complete") for who in ("engineer1", "engineer2")))

        assert all(outcome.is_changed for outcome in outcomes)
        assert (site.stage(job), site.events(job)) == (3, 4)
        completions = site.organisation.execute(
            "SELECT 1 FROM events WHERE organisation_id = :org AND entity_id = :id AND changes ? 'completed_at'",
            org=site.organisation.id,
            id=job,
        )
        assert len(completions) == 1
        site.assert_in_order()


async def test_the_same_step_from_two_phones_is_one(site: Site) -> None:
    job = await site.job()

    for step in ("travel", "arrive", "pause", "resume", "complete"):
        outcomes = await asyncio.gather(*(site.move(job, "engineer1", step) for _ in range(6)))
        assert sorted(outcome.is_changed for outcome in outcomes) == [False] * 5 + [True]

    assert site.events(job) == 5
    site.assert_in_order()


async def test_who_completes_first_is_cancelled_after(site: Site) -> None:
    job = await site.job()
    await site.move(job, "engineer1", "arrive")

    completion = asyncio.create_task(site.move(job, "engineer1", "complete", hold=(hold := Hold())))
    await hold.begun()
    assert await site.cancel(job)
    await completion

    assert (site.stage(job), site.events(job)) == (6, 3)
    site.assert_in_order()


async def test_nobody_completes_what_was_cancelled_first(site: Site) -> None:
    job = await site.job()
    await site.move(job, "engineer1", "travel")
    await site.move(job, "engineer2", "arrive")

    cancellation = asyncio.create_task(site.cancel(job, hold=(hold := Hold())))
    await hold.begun()
    # Their part is over already: to say so is harmless, to go on is not.
    assert not (await site.move(job, "engineer1", "complete")).is_changed
    with pytest.raises(NotToBeWorked):
        await site.move(job, "engineer2", "pause")
    await cancellation

    assert (site.stage(job), site.events(job)) == (6, 3)
    site.assert_in_order()


async def test_of_pause_and_completion_the_pause_is_first_or_refused(site: Site) -> None:
    for _ in range(ROUNDS):
        job = await site.job()
        await site.move(job, "engineer1", "arrive")
        await site.move(job, "engineer2", "arrive")

        completed, paused = await asyncio.gather(
            site.move(job, "engineer1", "complete"), site.move(job, "engineer1", "pause"), return_exceptions=True
        )

        assert isinstance(completed, CrewMove)
        assert isinstance(paused, (CrewMove, StepNotAllowed))
        assert site.events(job) == (4 if isinstance(paused, CrewMove) else 3)
        site.assert_in_order()
        await site.cancel(job)


async def test_of_two_jobs_somebody_sets_out_for_one(site: Site) -> None:
    for _ in range(ROUNDS):
        jobs = [await site.job() for _ in range(4)]

        outcomes = await asyncio.gather(
            *(site.move(job, "engineer1", "travel") for job in jobs), return_exceptions=True
        )

        assert sum(isinstance(outcome, CrewMove) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, WorkingElsewhere) for outcome in outcomes) == 3
        site.assert_in_order()
        await asyncio.gather(*(site.cancel(job) for job in jobs))


async def test_cancelled_once_by_many(site: Site) -> None:
    job = await site.job()

    outcomes = await asyncio.gather(*(site.cancel(job) for _ in range(6)))

    assert sorted(outcomes) == [False] * 5 + [True]
    assert site.events(job) == 1


async def test_a_crew_and_an_office_at_odds_leave_good_order(site: Site) -> None:
    for _ in range(ROUNDS):
        job = await site.job()
        steps = [
            (who, step) for who in ("engineer1", "engineer2") for step in ("travel", "arrive", "pause", "complete")
        ]

        outcomes = await asyncio.gather(
            *(site.move(job, who, step) for who, step in steps),
            site.set_status(job, "Complete"),
            site.set_status(job, "Assigned"),
            site.cancel(job),
            return_exceptions=True,
        )

        assert all(isinstance(outcome, (CrewMove, bool, Refusal)) for outcome in outcomes)
        changed = [outcome for outcome in outcomes if outcome is True or getattr(outcome, "is_changed", False)]
        assert site.events(job) == len(changed)
        site.assert_in_order()
        await site.cancel(job)
