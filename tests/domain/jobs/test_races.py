"""Races between two real connections: the database settles them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firstfix.adapters.database import Database, Limits
from firstfix.domain.access.queries import Claim
from firstfix.domain.jobs.commands import create_job, delete_job, update_job
from firstfix.domain.jobs.errors import JobChangedMeanwhile, JobNotFound, MoveNotAllowed
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobUpdate
from firstfix.domain.people.permissions import MANAGE_JOBS
from firstfix.domain.work import Work
from firstfix.kit.key_file import KeyFile
from tests.factories.organisations import TestOrganisation
from tests.factories.waiting import Hold


@pytest.fixture
async def database(database_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), limits=Limits(transactions=8, reads=2))
    yield database
    await database.close()


class Caller:
    """Somebody who opens works of their own."""

    def __init__(self, database: Database, organisation: TestOrganisation, who: str = "admin") -> None:
        self._database = database
        self._claim = Claim("api_key", organisation[who].api_key)

    async def create(self, draft: JobDraft) -> str:
        async with self._database.work(self._claim, operation_keys=(MANAGE_JOBS,), source="field") as work:
            return (await create_job(work, draft)).reference

    async def update(
        self, job: int, changes: JobChanges, *, hold: Hold | None = None, expected: datetime | None = None
    ) -> JobUpdate:
        async with self._database.work(self._claim, operation_keys=(MANAGE_JOBS,), source="field") as work:
            changed = await update_job(work, job, changes, expected_updated_at=expected)
            if hold is not None:
                await hold(work)
            return changed

    async def delete(self, job: int, *, hold: Hold | None = None) -> None:
        async with self._database.work(self._claim, operation_keys=(MANAGE_JOBS,), source="field") as work:
            await delete_job(work, job)
            if hold is not None:
                await hold(work)

    async def run(self, command: Callable[..., Awaitable[object]], *arguments: object) -> None:
        async with self._database.work(self._claim, operation_keys=(MANAGE_JOBS,), source="field") as work:
            await command(work, *arguments)

    async def read(self, job: int) -> tuple[str, str, datetime]:
        async with self._database.work(self._claim, operation_keys=(), source="field") as work:
            found = await get_visible_job(work, job)
            return found.title, found.description, found.updated_at


@pytest.fixture
def caller(database: Database, organisation: TestOrganisation) -> Caller:
    return Caller(database, organisation)


async def test_jobs_made_at_once_have_their_own_numbers(caller: Caller, organisation: TestOrganisation) -> None:
    draft = JobDraft(location=organisation.location_id)

    references = await asyncio.gather(*(caller.create(draft) for _ in range(24)))

    assert sorted(references) == sorted(f"J{number}" for number in range(1, 25))


async def test_jobs_made_at_once_pass_over_what_is_taken(caller: Caller, organisation: TestOrganisation) -> None:
    organisation.insert_job(number=50, reference="J1")
    organisation.insert_job(number=51, reference="J2")
    draft = JobDraft(location=organisation.location_id)

    references = await asyncio.gather(*(caller.create(draft) for _ in range(12)))

    assert len(set(references) - {"J1", "J2"}) == 12


async def test_of_two_updates_none_is_lost(caller: Caller, organisation: TestOrganisation) -> None:
    id_, _ = organisation.insert_job(updated_at=datetime(2026, 1, 1, tzinfo=UTC))

    first = asyncio.create_task(caller.update(id_, JobChanges(title="First"), hold=(hold := Hold())))
    await hold.begun()
    await caller.update(id_, JobChanges(description="Second"))
    await first

    title, description, updated_at = await caller.read(id_)
    assert (title, description) == ("First", "Second")
    moments = organisation.execute(
        "SELECT changes FROM events WHERE organisation_id = :org AND entity_id = :id ORDER BY position",
        org=organisation.id,
        id=id_,
    )
    assert sorted(next(iter(row.changes)) for row in moments) == ["description", "title"]
    assert updated_at.microsecond == 0


async def test_the_time_of_change_tells_two_updates_of_one_second_apart(
    caller: Caller, organisation: TestOrganisation
) -> None:
    id_, _ = organisation.insert_job()
    *_, read_at = await caller.read(id_)

    outcomes = await asyncio.gather(
        *(caller.update(id_, JobChanges(title=f"Title {n}"), expected=read_at) for n in range(6)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, JobUpdate) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, JobChangedMeanwhile) for outcome in outcomes) == 5
    *_, updated_at = await caller.read(id_)
    assert updated_at >= read_at + timedelta(seconds=1)


async def test_an_update_that_waits_for_a_deletion_finds_nothing(
    caller: Caller, organisation: TestOrganisation
) -> None:
    id_, _ = organisation.insert_job()

    deletion = asyncio.create_task(caller.delete(id_, hold=(hold := Hold())))
    await hold.begun()
    with pytest.raises(JobNotFound):
        await caller.update(id_, JobChanges(title="Title"))
    await deletion


async def test_a_deletion_that_waits_for_an_update_comes_second(caller: Caller, organisation: TestOrganisation) -> None:
    id_, _ = organisation.insert_job()

    update = asyncio.create_task(caller.update(id_, JobChanges(title="Title"), hold=(hold := Hold())))
    await hold.begun()
    await caller.delete(id_)
    await update

    actions = organisation.execute(
        "SELECT action FROM events WHERE organisation_id = :org AND entity_id = :id ORDER BY position",
        org=organisation.id,
        id=id_,
    )
    assert [row.action for row in actions] == ["updated", "deleted"]


async def test_of_two_moves_the_second_is_judged_by_the_first(caller: Caller, organisation: TestOrganisation) -> None:
    id_, _ = organisation.insert_job(status_id=organisation.ids["statuses"]["Complete"])
    closing = JobChanges(status=organisation.ids["statuses"]["Invoiced"])
    cancelling = JobChanges(status=organisation.ids["statuses"]["Cancelled"])

    first = asyncio.create_task(caller.update(id_, closing, hold=(hold := Hold())))
    await hold.begun()
    with pytest.raises(MoveNotAllowed):
        await caller.update(id_, cancelling)
    await first


async def test_a_deletion_happens_once(caller: Caller, organisation: TestOrganisation) -> None:
    id_, _ = organisation.insert_job()

    outcomes = await asyncio.gather(*(caller.delete(id_) for _ in range(5)), return_exceptions=True)

    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, JobNotFound) for outcome in outcomes) == 4


async def test_the_kept_counters_tell_the_truth(caller: Caller, organisation: TestOrganisation) -> None:
    draft = JobDraft(location=organisation.location_id, scheduled_at=datetime(2030, 1, 1, tzinfo=UTC))
    await asyncio.gather(*(caller.create(draft) for _ in range(8)))
    jobs = organisation.execute("SELECT id FROM jobs WHERE organisation_id = :org ORDER BY id", org=organisation.id)
    await asyncio.gather(
        *(caller.delete(row.id) for row in jobs[:2]),
        *(caller.update(row.id, JobChanges(scheduled_at=None)) for row in jobs[2:4]),
        *(caller.update(row.id, JobChanges(branch=organisation.ids["branches"]["South"])) for row in jobs[4:5]),
        *(caller.update(row.id, JobChanges(status=organisation.ids["statuses"]["Complete"])) for row in jobs[5:7]),
    )

    counted = organisation.execute(
        "SELECT branch_id, status_id, scheduled_at IS NOT NULL AS is_dated, count(*) AS jobs_count"
        " FROM jobs WHERE organisation_id = :org GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        org=organisation.id,
    )
    kept = organisation.execute(
        "SELECT branch_id, status_id, is_dated, sum(jobs_count)::bigint AS jobs_count"
        " FROM job_counts WHERE organisation_id = :org"
        " GROUP BY 1, 2, 3 HAVING sum(jobs_count) <> 0 ORDER BY 1, 2, 3",
        org=organisation.id,
    )
    assert [tuple(row) for row in kept] == [tuple(row) for row in counted]


async def test_a_work_that_fails_leaves_nothing(
    caller: Caller, database: Database, organisation: TestOrganisation
) -> None:
    claim = Claim("api_key", organisation["admin"].api_key)

    async def make_and_fail(work: Work) -> None:
        await create_job(work, JobDraft(location=organisation.location_id))
        await update_job(work, 2**62, JobChanges(title="Title"))

    with pytest.raises(JobNotFound):
        async with database.work(claim, operation_keys=(MANAGE_JOBS,), source="field") as work:
            await make_and_fail(work)

    for table in ("jobs", "events", "job_counts"):
        assert organisation.execute(f"SELECT 1 FROM {table} WHERE organisation_id = :org", org=organisation.id) == []  # noqa: S608
    assert await caller.create(JobDraft(location=organisation.location_id)) == "J2"
