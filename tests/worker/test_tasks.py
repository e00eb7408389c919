"""Background tasks do their upkeep, also when they run twice, and the queue's own."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from procrastinate import App
from sqlalchemy import Engine, text

from firstfix.adapters.database import Database
from firstfix.kit.key_file import KeyFile
from firstfix.worker import run
from firstfix.worker.run import SESSION_SETTINGS, make_queue, run_worker
from tests.conftest import MakeOrganisation
from tests.factories.waiting import until
from tests.fakes.storage import MemoryStorage

NOW = 1_700_000_000


@pytest.fixture
async def database(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """The worker's connections."""
    keys = KeyFile(tmp_path_factory.mktemp("worker") / "keys.json")
    database = Database(database_url, keys=keys, session_settings=SESSION_SETTINGS)
    yield database
    await database.close()


@pytest.fixture
async def queue(database_url: str, database: Database) -> AsyncIterator[App]:
    """The queue, open."""
    queue = make_queue(database_url, database, MemoryStorage())
    async with queue.open_async():
        yield queue


async def finish(queue: App) -> None:
    await queue.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="successful")


async def test_every_task_runs_and_runs_again(queue: App) -> None:
    tasks = [task for name, task in queue.tasks.items() if name.startswith("upkeep:")]
    assert {"upkeep:drop_expired_access", "upkeep:make_event_partitions"} <= {task.name for task in tasks}

    for _ in range(2):
        for task in tasks:
            await task.defer_async(timestamp=NOW)
        await finish(queue)

    assert list(await queue.job_manager.list_jobs_async()) == []


async def test_expired_access_is_dropped(queue: App, make_organisation: MakeOrganisation, owner_engine: Engine) -> None:
    organisation = make_organisation()
    expire = text("UPDATE credentials SET expires_at = now() - interval '1 second' WHERE organisation_id = :id")
    with owner_engine.begin() as connection:
        connection.execute(expire, {"id": organisation.id})

    await queue.tasks["upkeep:drop_expired_access"].defer_async(timestamp=NOW)
    await finish(queue)

    left = text("SELECT count(*) FROM credentials WHERE organisation_id = :id")
    with owner_engine.connect() as connection:
        assert connection.scalar(left, {"id": organisation.id}) == 0


async def test_what_a_killed_worker_held_is_run_again(queue: App, owner_engine: Engine) -> None:
    held = await queue.tasks["upkeep:make_event_partitions"].defer_async(timestamp=NOW)
    with owner_engine.begin() as connection:
        worker = connection.scalar(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id")
        )
        connection.execute(
            text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker WHERE id = :job"),
            {"worker": worker, "job": held},
        )

    await queue.tasks["upkeep:retry_stalled"].defer_async(timestamp=NOW)
    await finish(queue)
    await finish(queue)

    assert list(await queue.job_manager.list_jobs_async()) == []


async def test_counters_are_folded_while_the_worker_runs(
    database_url: str,
    database: Database,
    make_organisation: MakeOrganisation,
    owner_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    organisation = make_organisation()
    monkeypatch.setattr(run, "_FOLD_EVERY_SECONDS", 0.05)
    changes = text(
        "INSERT INTO job_counts (organisation_id, branch_id, status_id, is_deferred, is_dated, jobs_count)"
        " SELECT :id, 1, 1, false, false, 2 FROM generate_series(1, 50)"
    )
    with owner_engine.begin() as connection:
        connection.execute(changes, {"id": organisation.id})

    working = asyncio.create_task(run_worker(make_queue(database_url, database, MemoryStorage()), database))

    def rows() -> list[int]:
        with owner_engine.connect() as connection:
            found = connection.scalars(
                text("SELECT jobs_count FROM job_counts WHERE organisation_id = :id"), {"id": organisation.id}
            )
            return list(found)

    await until(lambda: rows() == [100])
    working.cancel()
    await asyncio.wait([working])
