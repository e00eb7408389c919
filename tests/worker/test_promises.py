"""The worker keeps promises in step with what was changed about them, and tells of those that are missed, once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from structlog.testing import capture_logs

from firstfix.adapters.database import Database
from firstfix.domain.sla import refreshing
from firstfix.domain.sla.alarms import raise_alarms
from firstfix.domain.sla.refreshing import ask_for_calendars
from firstfix.domain.work import Work
from firstfix.kit.key_file import KeyFile
from firstfix.worker import promises
from firstfix.worker.promises import PromiseKeeper, keep_promises_for_ever
from firstfix.worker.run import SESSION_SETTINGS
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation
from tests.factories.promises import ROUND_THE_CLOCK, promise
from tests.factories.waiting import until

DATABASE = "worker_promises"
HOUR = timedelta(hours=1)


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
def office(owner: Engine) -> TestOrganisation:
    """An organisation that is to work round the clock; its calendars are not there yet."""
    office = make_committed_organisation(owner, OrganisationOptions(time_zone="UTC"))
    office.execute("UPDATE working_weeks SET hours = CAST(:hours AS jsonb)", hours=ROUND_THE_CLOCK)
    return office


async def work_off(database: Database) -> None:
    """Do all that there is to do."""
    keeper = PromiseKeeper(database)
    while await keeper.keep():
        pass


def raise_job(office: TestOrganisation, hours_ago: float, **values: Any) -> int:  # noqa: ANN401 (whatever a job has)
    raised_at = office.execute("SELECT date_trunc('second', now()) AS at")[0].at - hours_ago * HOUR
    return office.insert_job(created_at=raised_at, **values)[0]


def promised(office: TestOrganisation, job: int) -> timedelta | None:
    """Tell how long the job was given."""
    (row,) = office.execute("SELECT resolution_due_at - created_at AS given FROM jobs WHERE id = :id", id=job)
    given: timedelta | None = row.given
    return given


def alarms(office: TestOrganisation, job: int) -> list[str]:
    """List what was told about a job, the first first."""
    rows = office.execute(
        "SELECT action FROM events WHERE organisation_id = :office AND entity = 'job' AND entity_id = :id ORDER BY id",
        office=office.id,
        id=job,
    )
    return [row.action for row in rows]


async def test_a_new_policy_reaches_the_open_jobs_and_no_others(database: Database, office: TestOrganisation) -> None:
    await work_off(database)
    opened, done = raise_job(office, 1), raise_job(office, 1, status_id=office.ids["statuses"]["Complete"])
    before = office.execute("SELECT updated_at FROM jobs ORDER BY id")

    promise(office)
    assert promised(office, opened) is None
    await work_off(database)

    assert (promised(office, opened), promised(office, done)) == (4 * HOUR, None)
    assert office.execute("SELECT updated_at FROM jobs ORDER BY id") == before
    assert office.execute("SELECT FROM sla_refreshes") == []


@pytest.mark.parametrize(
    ("statement", "hours"),
    [
        ("UPDATE sla_policies SET resolution_minutes = 60", 1),
        ("DELETE FROM sla_policies", None),
        ("UPDATE working_weeks SET hours = '[[0,0,1],[1,0,1],[2,0,1],[3,0,1],[4,0,1],[5,0,1],[6,0,1]]'", 200 * 24),
    ],
)
async def test_what_changes_a_promise_is_followed(
    database: Database, office: TestOrganisation, statement: str, hours: int | None
) -> None:
    promise(office)
    await work_off(database)
    job = raise_job(office, 1)
    assert promised(office, job) == 4 * HOUR

    office.execute(statement)
    await work_off(database)

    given = promised(office, job)
    assert given is None if hours is None else given is not None and (given == HOUR or given > hours * HOUR)


async def test_days_off_and_other_zones_are_followed(database: Database, office: TestOrganisation) -> None:
    promise(office)
    await work_off(database)
    job = raise_job(office, 1)

    for day in range(-2, 4):
        office.execute(
            "INSERT INTO days_off (day, name) VALUES (current_date + CAST(:day AS integer), 'Closed')", day=day
        )
    await work_off(database)
    given = promised(office, job)
    assert given is not None
    assert given > 48 * HOUR

    spans = "SELECT md5(string_agg(starts_at::text, ',' ORDER BY branch_id, starts_at)) AS spans FROM working_spans"
    before = office.execute(spans)
    office.execute("UPDATE branches SET time_zone = 'Asia/Tokyo'")
    await work_off(database)
    assert office.execute(spans) != before


async def test_a_status_that_comes_to_pause_stops_the_clock(database: Database, office: TestOrganisation) -> None:
    promise(office)
    await work_off(database)
    job = raise_job(office, 1)

    office.execute("UPDATE statuses SET pauses_sla = true WHERE name = 'New'")
    await work_off(database)

    assert office.execute("SELECT clock_stopped_at FROM jobs WHERE id = :id", id=job)[0].clock_stopped_at is not None


async def test_a_refresh_goes_on_where_it_was_stopped(
    database: Database, office: TestOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refreshing, "JOBS_OF_A_STEP", 2)
    await work_off(database)
    jobs = [raise_job(office, 1) for _ in range(5)]
    promise(office)

    steps = 0
    keeper = PromiseKeeper(database)
    while await keeper.keep():
        steps += 1
        if steps == 2:  # the first lets older writers end, the second does two jobs
            assert [promised(office, job) for job in jobs] == [4 * HOUR] * 2 + [None] * 3

    assert [promised(office, job) for job in jobs] == [4 * HOUR] * 5


async def test_a_job_that_somebody_holds_is_left_for_later(
    database: Database, office: TestOrganisation, owner: Engine
) -> None:
    await work_off(database)
    jobs = [raise_job(office, 1) for _ in range(3)]
    promise(office)
    with owner.connect() as connection, connection.begin():
        connection.execute(text("SELECT FROM jobs WHERE id = :id FOR UPDATE"), {"id": jobs[1]})
        for _ in range(4):
            await PromiseKeeper(database).keep()
        assert [promised(office, job) for job in jobs] == [4 * HOUR, None, 4 * HOUR]

    await work_off(database)

    assert promised(office, jobs[1]) == 4 * HOUR


async def test_a_job_that_was_written_by_an_older_policy_is_not_missed(
    database: Database, office: TestOrganisation, owner: Engine
) -> None:
    await work_off(database)
    with owner.connect() as connection, connection.begin() as writing:
        connection.execute(
            text("SELECT pg_advisory_xact_lock_shared(hashtextextended('sla ' || :id, 0))"), {"id": office.id}
        )
        promise(office)
        working = asyncio.create_task(work_off(database))
        await until(lambda: office.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") != [])
        assert office.execute("SELECT after_job_id FROM sla_refreshes")[0].after_job_id == -1
        writing.commit()

    await working

    assert office.execute("SELECT FROM sla_refreshes") == []


async def test_a_day_later_calendars_are_looked_at_and_jobs_only_where_one_changed(
    database: Database, office: TestOrganisation
) -> None:
    await work_off(database)

    async with database.session() as session:
        await ask_for_calendars(session)

    assert office.execute("SELECT is_calendar_due, after_job_id FROM sla_refreshes")[0] == (True, None)
    await PromiseKeeper(database).keep()
    assert office.execute("SELECT is_calendar_due, after_job_id FROM sla_refreshes")[0] == (False, None)


async def test_a_job_is_warned_of_and_told_of_once_each(database: Database, office: TestOrganisation) -> None:
    promise(office, warning_minutes=60)
    await work_off(database)
    fresh, near, missed = (raise_job(office, hours) for hours in (1, 3.5, 5))

    await work_off(database)
    await work_off(database)

    assert [alarms(office, job) for job in (fresh, near, missed)] == [
        [],
        ["sla_warned"],
        ["sla_warned", "sla_breached"],
    ]
    told = office.execute(
        "SELECT actor_id, source, changes, position FROM events WHERE entity_id = :id AND action = 'sla_warned'",
        id=near,
    )[0]
    assert (told.actor_id, told.source) == (None, "worker")
    assert told.position > 0
    due = datetime.fromisoformat(told.changes["resolution_due_at"][1])
    assert due == office.execute("SELECT resolution_due_at AS at FROM jobs WHERE id = :id", id=near)[0].at


async def test_without_a_warning_only_the_breach_is_told_of(database: Database, office: TestOrganisation) -> None:
    promise(office)
    await work_off(database)
    job = raise_job(office, 5)

    await work_off(database)

    assert alarms(office, job) == ["sla_breached"]


async def test_what_is_paused_done_or_called_off_is_not_told_of(database: Database, office: TestOrganisation) -> None:
    promise(office, warning_minutes=60)
    await work_off(database)
    statuses = office.ids["statuses"]
    jobs = [raise_job(office, 9, status_id=statuses[name]) for name in ("On hold", "Complete", "Cancelled")]

    await work_off(database)

    assert [alarms(office, job) for job in jobs] == [[], [], []]


async def test_a_deadline_that_is_put_off_is_told_of_again(database: Database, office: TestOrganisation) -> None:
    promise(office)
    promise(office, resolution=420, warning_minutes=60, priority_id=office.ids["priorities"]["Low"])
    await work_off(database)
    job = raise_job(office, 5)
    await work_off(database)

    office.execute("UPDATE jobs SET priority_id = :low WHERE id = :id", low=office.ids["priorities"]["Low"], id=job)
    await work_off(database)
    assert alarms(office, job) == ["sla_breached"]
    office.execute("UPDATE jobs SET created_at = created_at - interval '1.5 hours' WHERE id = :id", id=job)
    await work_off(database)

    assert alarms(office, job) == ["sla_breached", "sla_warned"]


async def test_several_workers_tell_of_each_job_once(database: Database, office: TestOrganisation) -> None:
    promise(office, warning_minutes=60)
    await work_off(database)
    jobs = [raise_job(office, 5) for _ in range(130)]

    await asyncio.gather(*(work_off(database) for _ in range(4)))
    await work_off(database)  # what the others held when one looked last

    assert [alarms(office, job) for job in jobs] == [["sla_warned", "sla_breached"]] * 130


async def test_a_worker_that_dies_leaves_what_it_was_at_to_the_next(
    database: Database, office: TestOrganisation
) -> None:
    promise(office)
    await work_off(database)
    job = raise_job(office, 5)

    async def die() -> None:
        async with database.work_on_alarms() as due:
            assert due is not None
            work, job_ids = due
            assert await raise_alarms(work, job_ids) == 1
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        await die()
    assert alarms(office, job) == []
    await work_off(database)

    assert alarms(office, job) == ["sla_breached"]


async def test_an_alarm_that_fails_holds_up_no_other(
    database: Database, office: TestOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise(office)
    await work_off(database)
    jobs = [raise_job(office, 5) for _ in range(4)]
    broken = jobs[1]

    async def fail_with_one(work: Work, job_ids: tuple[int, ...]) -> int:
        if broken in job_ids:
            await work.session.execute(text("SELECT 1 / 0"))
        return await raise_alarms(work, job_ids)

    monkeypatch.setattr(promises, "raise_alarms", fail_with_one)
    with capture_logs() as logs:
        await work_off(database)

    assert [alarms(office, job) for job in jobs] == [["sla_breached"], [], ["sla_breached"], ["sla_breached"]]
    assert [entry["job_id"] for entry in logs if entry["event"] == "sla.alarm_failed"] == [broken]
    monkeypatch.undo()
    await work_off(database)
    assert alarms(office, broken) == ["sla_breached"]


async def test_an_organisation_whose_promises_cannot_be_refreshed_holds_up_no_other(
    database: Database, owner: Engine, office: TestOrganisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail_for_one(work: Work) -> bool:
        if work.actor.organisation_id == office.id:
            await work.session.execute(text("SELECT 1 / 0"))
        return await refreshing.refresh(work)

    later = make_committed_organisation(owner, OrganisationOptions(time_zone="UTC"))
    monkeypatch.setattr(promises, "refresh", fail_for_one)
    with capture_logs() as logs:
        await work_off(database)

    assert later.execute("SELECT FROM sla_refreshes WHERE organisation_id = :id", id=later.id) == []
    assert [entry["organisation_id"] for entry in logs if entry["event"] == "sla.refresh_failed"] == [office.id]
    monkeypatch.undo()
    await work_off(database)
    assert office.execute("SELECT FROM sla_refreshes") == []


async def test_it_goes_on_by_itself_for_every_organisation(database: Database, owner: Engine) -> None:
    offices = [make_committed_organisation(owner, OrganisationOptions(time_zone="UTC")) for _ in range(2)]
    for office in offices:
        office.execute("UPDATE working_weeks SET hours = CAST(:hours AS jsonb)", hours=ROUND_THE_CLOCK)
        promise(office)
    jobs = [raise_job(office, 5) for office in offices]

    working = asyncio.create_task(keep_promises_for_ever(database))
    try:
        for office, job in zip(offices, jobs, strict=True):
            await until(lambda office=office, job=job: alarms(office, job) == ["sla_breached"])
    finally:
        working.cancel()
        await asyncio.wait([working])
