"""The worker dispatches what is due: at once, the oldest first, and whatever fails beside it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, text
from structlog.testing import capture_logs

from firstfix.adapters.database import Database
from firstfix.kit.key_file import KeyFile
from firstfix.worker import dispatching, steps
from firstfix.worker.dispatching import dispatch_for_ever, dispatch_next
from firstfix.worker.run import SESSION_SETTINGS
from firstfix.worker.steps import HeldBack
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation
from tests.factories.waiting import until

DATABASE = "worker_dispatching"
DEFERRED: dict[str, Any] = {"notification_delta": 1, "notification_minutes": 60}
PAST, LATER, FUTURE = "2020-01-01T09:00:00Z", "2020-01-02T09:00:00Z", "2040-01-01T09:00:00Z"


@pytest.fixture
def owner(databases: TestDatabases) -> Iterator[Engine]:
    """A database of this test's own, for the worker looks at all organisations."""
    databases.create(DATABASE)
    engine = create_engine(databases.sqlalchemy_url(OWNER, DATABASE))
    yield engine
    engine.dispose()
    databases.drop(DATABASE)


@pytest.fixture
async def database(databases: TestDatabases, owner: Engine, tmp_path: Path) -> AsyncIterator[Database]:  # noqa: ARG001
    """The worker's connections to it."""
    keys = KeyFile(tmp_path / "keys.json")
    database = Database(databases.url(APP, DATABASE), keys=keys, session_settings=SESSION_SETTINGS)
    yield database
    await database.close()


@pytest.fixture
def organisation(owner: Engine) -> TestOrganisation:
    return make_committed_organisation(owner, OrganisationOptions())


def defer(organisation: TestOrganisation, scheduled_at: str = PAST, **values: Any) -> UUID:  # noqa: ANN401 (whatever a job has)
    return organisation.insert_job(scheduled_at=scheduled_at, **values, **DEFERRED)[1]


def dispatched(owner: Engine) -> list[UUID]:
    """Read what has been dispatched, the first first."""
    with owner.connect() as connection:
        return list(connection.scalars(text("SELECT deferred_uuid FROM dispatches ORDER BY dispatched_at, job_id")))


async def test_what_is_due_goes_out_of_every_organisation_the_oldest_first(database: Database, owner: Engine) -> None:
    one, other = (make_committed_organisation(owner, OrganisationOptions()) for _ in range(2))
    second, first, third = defer(one, LATER), defer(other), defer(other, "2020-01-03T09:00:00Z")
    cancelled = one.ids["statuses"]["Cancelled"]
    waiting = [defer(one, FUTURE), one.insert_job(scheduled_at=PAST)[1], defer(one, status_id=cancelled)]

    held_back = HeldBack()
    found = [await dispatch_next(database, held_back) for _ in range(4)]

    assert found == [True, True, True, False]
    assert dispatched(owner) == [first, second, third]
    kept = {row.uuid for row in one.execute("SELECT uuid FROM jobs")}
    assert set(waiting) <= kept


async def test_one_that_fails_does_not_hold_up_the_others(
    database: Database, organisation: TestOrganisation, owner: Engine
) -> None:
    defer(organisation, access_details_sealed="v1.k9.AAAA")
    sound = defer(organisation, LATER)

    held_back = HeldBack()
    with capture_logs() as logs:
        found = [await dispatch_next(database, held_back) for _ in range(3)]

    assert found == [True, True, False]
    assert dispatched(owner) == [sound]
    assert [entry["event"] for entry in logs] == ["jobs.dispatch_failed", "jobs.dispatched"]


async def test_what_failed_is_tried_again_after_a_while(
    database: Database, organisation: TestOrganisation, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "_HOLD_BACK_SECONDS", 0.0)
    broken = defer(organisation, access_details_sealed="v1.k9.AAAA")
    held_back = HeldBack()
    assert await dispatch_next(database, held_back)
    organisation.execute("UPDATE jobs SET access_details_sealed = NULL")

    assert await dispatch_next(database, held_back)

    assert dispatched(owner) == [broken]


async def test_a_job_that_a_change_makes_due_goes_out_at_once(
    database: Database, organisation: TestOrganisation, owner: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "_LOOK_EVERY_SECONDS", 600.0)  # so only word of it can be the reason
    job = defer(organisation, FUTURE)
    working = asyncio.create_task(dispatch_for_ever(database))
    try:
        await asyncio.sleep(1)
        assert dispatched(owner) == []
        organisation.execute("UPDATE jobs SET scheduled_at = :past WHERE uuid = :uuid", past=PAST, uuid=job)
        await until(lambda: dispatched(owner) == [job])
    finally:
        working.cancel()
        await asyncio.wait([working])


async def test_a_job_that_becomes_due_with_time_goes_out_by_itself(
    database: Database, organisation: TestOrganisation, owner: Engine
) -> None:
    working = asyncio.create_task(dispatch_for_ever(database))
    try:
        soon = organisation.execute("SELECT date_trunc('second', now()) + interval '62 minutes' AS at")[0].at
        job = organisation.insert_job(scheduled_at=soon, notification_delta=1, notification_minutes=62)[1]
        await until(lambda: dispatched(owner) == [job])
    finally:
        working.cancel()
        await asyncio.wait([working])


async def test_several_workers_dispatch_each_job_once(
    database: Database, organisation: TestOrganisation, owner: Engine
) -> None:
    jobs = {defer(organisation) for _ in range(40)}

    async def work() -> None:
        held_back = HeldBack()
        while await dispatch_next(database, held_back):
            pass

    await asyncio.gather(*(work() for _ in range(4)))
    await work()  # what the others held when one looked last

    assert (len(dispatched(owner)), set(dispatched(owner))) == (40, jobs)


def test_the_next_due_job_is_found_by_index(organisation: TestOrganisation, owner: Engine) -> None:
    organisation.execute(
        """
        INSERT INTO jobs (number, reference, title, branch_id, status_id, stage, priority_id, job_type_id, location_id,
            vat_percentage, scheduled_at, notification_delta, notification_minutes)
        SELECT copy, 'P' || copy, 'Boiler', :branch, :status, 0, :priority, :type, :location, 20,
            '2040-06-01'::timestamptz + copy * interval '1 minute', delta, delta * 60
        FROM generate_series(1, 20000) AS copy, LATERAL (SELECT CASE WHEN copy % 10 = 0 THEN 1 END AS delta) AS deferral
        """,
        branch=organisation.ids["branches"]["North"],
        status=organisation.ids["statuses"]["New"],
        priority=organisation.ids["priorities"]["Medium"],
        type=organisation.ids["job_types"]["Plumbing"],
        location=organisation.location_id,
    )
    defer(organisation)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE jobs"))
        body = connection.scalar(text("SELECT prosrc FROM pg_proc WHERE proname = 'claim_due_job'")) or ""
        statement = body[body.index("SELECT j.") : body.index("SKIP LOCKED") + len("SKIP LOCKED")]
        plan = connection.execute(
            text(
                "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
                + statement.replace("INTO due", "").replace("passing_over", "'{}'::bigint[]")
            )
        ).scalar_one()

    assert "Seq Scan" not in str(plan)
    assert "ix_jobs_due" in str(plan)
    assert plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"] < 30
