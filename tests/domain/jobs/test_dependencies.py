"""Dependencies: however they are changed, jobs stand in rows, and both sides say the same."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.adapters.database import Database, Limits
from firstfix.domain.access.queries import Claim
from firstfix.domain.errors import Refusal
from firstfix.domain.jobs.commands import delete_job, update_job
from firstfix.domain.jobs.dependencies import Links, plan_links
from firstfix.domain.jobs.errors import DependencyCycle, DependencyTaken, WindowWithDependencies
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobIds
from firstfix.domain.people.permissions import MANAGE_JOBS
from firstfix.domain.work import Work
from firstfix.kit.key_file import KeyFile
from tests.domain.jobs.conftest import START, MakeJob
from tests.factories.organisations import TestOrganisation
from tests.factories.waiting import Hold

_SIDES = st.sampled_from(["predecessor", "successor"])
_CHANGES = st.lists(
    st.tuples(st.integers(0, 4), st.dictionaries(_SIDES, st.none() | st.integers(0, 4), min_size=1)), max_size=12
)


async def test_what_says_nothing_of_them_costs_no_statement(work: Work) -> None:
    offline = Work(
        cast("AsyncSession", None), actor=work.actor, now=work.now, keys=work.keys, source="field", request_id=None
    )

    assert await plan_links(offline, JobDraft(location=1)) == Links()
    assert await plan_links(offline, JobChanges(title="Title", window_ends_at=None)) == Links()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=_CHANGES)
async def test_whatever_is_asked_jobs_stand_in_rows(
    work: Work, make_job: MakeJob, changes: list[tuple[int, dict[str, int | None]]]
) -> None:
    jobs = [await make_job(window_ends_at=START) for _ in range(5)]
    model: dict[int, int] = {}  # of each job that has one: its predecessor

    for place, sides in changes:
        wanted = {side: None if other is None else jobs[other].uuid for side, other in sides.items()}
        try:
            async with work.session.begin_nested():
                await update_job(work, jobs[place].id, JobChanges(**cast("dict[str, Any]", wanted)))
        except (DependencyTaken, DependencyCycle):
            continue
        if "predecessor" in sides:
            model.pop(place, None)
            if sides["predecessor"] is not None:
                model[place] = sides["predecessor"]
        if "successor" in sides:
            model = {later: earlier for later, earlier in model.items() if earlier != place}
            if sides["successor"] is not None:
                model[sides["successor"]] = place

    assert await _predecessors(work, jobs) == model
    assert len(set(model.values())) == len(model)
    for place in range(5):
        walked = {place}
        while place in model:
            place = model[place]  # noqa: PLW2901 (one step back)
            assert place not in walked
            walked.add(place)
    windowless = {*model, *model.values()}
    kept = await work.session.scalars(text("SELECT id FROM jobs WHERE window_ends_at IS NOT NULL"))
    assert not {jobs[place].id for place in windowless} & set(kept)


async def _predecessors(work: Work, jobs: list[JobIds]) -> dict[int, int]:
    places = {job.id: place for place, job in enumerate(jobs)}
    rows = await work.session.execute(text("SELECT id, predecessor_id FROM jobs WHERE predecessor_id IS NOT NULL"))
    return {places[row.id]: places[row.predecessor_id] for row in rows if row.id in places}


# Races


class Caller:
    """Somebody who changes jobs, each time in a work of their own."""

    def __init__(self, database: Database, organisation: TestOrganisation) -> None:
        self._database = database
        self._claim = Claim("api_key", organisation["admin"].api_key)

    async def change(self, job: int, *, hold: Hold | None = None, **changes: Any) -> bool:  # noqa: ANN401
        """Tell whether the change was taken."""
        try:
            async with self._database.work(self._claim, operation_keys=(MANAGE_JOBS,), source="field") as work:
                await update_job(work, job, JobChanges(**changes))
                if hold is not None:
                    await hold(work)
        except Refusal:
            return False
        return True

    async def delete(self, job: int) -> bool:
        async with self._database.work(self._claim, operation_keys=(MANAGE_JOBS,), source="field") as work:
            await delete_job(work, job)
        return True


@pytest.fixture
async def caller(database_url: str, tmp_path: Path, organisation: TestOrganisation) -> AsyncIterator[Caller]:
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), limits=Limits(transactions=8, reads=2))
    yield Caller(database, organisation)
    await database.close()


async def test_two_that_would_close_a_circle_together_do_not(caller: Caller, organisation: TestOrganisation) -> None:
    (a, a_uuid), (b, b_uuid) = organisation.insert_job(), organisation.insert_job()

    first = asyncio.create_task(caller.change(a, successor=b_uuid, hold=(hold := Hold())))
    await hold.begun()
    second = await caller.change(b, successor=a_uuid)

    assert (await first, second) == (True, False)


async def test_a_place_is_taken_once(caller: Caller, organisation: TestOrganisation) -> None:
    _, first = organisation.insert_job()
    others = [organisation.insert_job()[0] for _ in range(8)]

    taken = await asyncio.gather(*(caller.change(job, predecessor=first) for job in others))

    assert taken.count(True) == 1


async def test_a_window_and_a_dependency_at_once_leave_one(caller: Caller, organisation: TestOrganisation) -> None:
    (a, _), (b, b_uuid) = organisation.insert_job(), organisation.insert_job()

    linking = asyncio.create_task(caller.change(a, successor=b_uuid, hold=(hold := Hold())))
    await hold.begun()
    has_window = await caller.change(b, window_ends_at=START)

    assert (await linking, has_window) == (True, False)
    (row,) = organisation.execute("SELECT window_ends_at FROM jobs WHERE id = :id", id=b)
    assert row.window_ends_at is None


async def test_a_job_is_deleted_while_others_are_put_beside_it(caller: Caller, organisation: TestOrganisation) -> None:
    a, a_uuid = organisation.insert_job()
    others = [organisation.insert_job()[0] for _ in range(6)]

    await asyncio.gather(*(caller.change(job, predecessor=a_uuid) for job in others), caller.delete(a))

    rows = organisation.execute("SELECT predecessor_id FROM jobs WHERE organisation_id = :org", org=organisation.id)
    assert [row.predecessor_id for row in rows] == [None] * 6


async def test_a_window_is_refused_beside_a_dependency(work: Work, make_job: MakeJob) -> None:
    first = await make_job()
    job = await make_job(predecessor=first.uuid)

    for changes in (JobChanges(window_starts_at=START), JobChanges(window_ends_at=START)):
        with pytest.raises(WindowWithDependencies):
            await update_job(work, job.id, changes)
