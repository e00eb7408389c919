"""The worker sweeps files."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from procrastinate import App
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from firstfix.adapters.database import Database
from firstfix.kit.key_file import KeyFile
from firstfix.worker.run import SESSION_SETTINGS, make_queue
from tests.fakes.storage import MemoryStorage

NOW = 1_700_000_000


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
async def queue(database_url: str, storage: MemoryStorage, tmp_path: Path) -> AsyncIterator[App]:
    """The queue, open, over a store of its own."""
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), session_settings=SESSION_SETTINGS)
    queue = make_queue(database_url, database, storage)
    queue.periodic_registry.periodic_tasks.clear()  # the clock defers none: only what a test asks for runs
    async with queue.open_async():
        yield queue
    await database.close()


async def put_orphans(storage: MemoryStorage, count: int) -> None:
    for _ in range(count):
        stored = await storage.keep(await storage.draft(1))
        storage.age(stored.storage_key, timedelta(days=2))


async def sweep(queue: App, owner_engine: Engine) -> list[str]:
    """Sweep once, tell which tasks are left in the queue and how they ended, and leave it empty."""
    await queue.tasks["upkeep:sweep_files"].defer_async(timestamp=NOW)
    await queue.run_worker_async(wait=False, install_signal_handlers=False, delete_jobs="successful")
    left = [f"{job.task_name} {job.status}" for job in await queue.job_manager.list_jobs_async()]
    with owner_engine.begin() as connection:
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    return left


async def test_a_sweep_is_told_in_the_log(queue: App, storage: MemoryStorage, owner_engine: Engine) -> None:
    await put_orphans(storage, 2)

    with capture_logs() as log:
        left = await sweep(queue, owner_engine)

    assert left == []
    assert (storage.contents, len(storage.trash)) == ({}, 2)
    [told] = [line for line in log if line["event"] == "files.swept"]
    assert told["orphans_count"] == 2


async def test_a_sweep_that_stops_is_an_error_that_stays_to_be_seen(
    queue: App, storage: MemoryStorage, owner_engine: Engine
) -> None:
    await put_orphans(storage, 50)

    with capture_logs() as log:
        left = await sweep(queue, owner_engine)

    assert left == ["upkeep:sweep_files failed"]
    assert (len(storage.contents), storage.trash) == (50, {})
    assert [line["log_level"] for line in log if line["event"] == "files.sweep_stopped"] == ["error"]
