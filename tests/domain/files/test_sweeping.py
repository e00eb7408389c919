"""The sweep takes what has no row and what was deleted, in its time, and nothing else."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from firstfix.domain.files.ports import KeysFound, StorageUnavailable
from firstfix.domain.files.sweeping import SweepStopped, Swept, sweep_files
from tests.factories.organisations import TestOrganisation
from tests.fakes.storage import MemoryStorage

LONG_AGO = timedelta(hours=25)
JUST_NOW = timedelta(hours=23)
MINE = "organisation_id = current_setting('firstfix.organisation')::bigint"
"""For the owner, who sees the rows of all tests."""


class Sessions:
    """The database as the sweep uses it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self._engine) as session, session.begin():
            yield session


@pytest.fixture
def sessions(app_engine: AsyncEngine) -> Sessions:
    return Sessions(app_engine)


@pytest.fixture
async def storage(sessions: Sessions) -> MemoryStorage:
    """An empty store, once what other tests have let expire is swept."""
    await sweep_files(sessions, MemoryStorage())
    return MemoryStorage()


async def put(storage: MemoryStorage, age: timedelta = LONG_AGO) -> UUID:
    """Put content into the store, without a row."""
    draft = await storage.draft(1)
    await draft.write(b"content")
    stored = await storage.keep(draft)
    await draft.drop()
    storage.age(stored.storage_key, age)
    return stored.storage_key


def insert_row(organisation: TestOrganisation, storage_key: UUID, **values: object) -> None:
    organisation.insert(
        "files",
        storage_key=storage_key,
        purpose="photo",
        file_name="a.jpg",
        mime_type="image/jpeg",
        size_bytes=7,
        sha256=hashlib.sha256(b"content").digest(),
        **values,
    )


def wait_for_removal(organisation: TestOrganisation, keys: list[UUID]) -> None:
    """Write down that contents may be removed now."""
    organisation.execute(
        "INSERT INTO file_removals (storage_key, not_before) SELECT unnest(CAST(:keys AS uuid[])), now()", keys=keys
    )


def pass_time(organisation: TestOrganisation, hours: int) -> None:
    """Let time pass for what waits to be removed."""
    organisation.execute(
        f"UPDATE file_removals SET not_before = not_before - make_interval(hours => :hours) WHERE {MINE}",  # noqa: S608
        hours=hours,
    )


async def test_content_with_a_row_stays(
    sessions: Sessions, storage: MemoryStorage, organisation: TestOrganisation
) -> None:
    insert_row(organisation, await put(storage))
    insert_row(organisation, await put(storage), archived_at=datetime.now(UTC) - timedelta(days=29))

    assert await sweep_files(sessions, storage) == Swept()
    assert len(storage.contents) == 2


async def test_content_without_a_row_goes_to_the_trash_after_a_day(sessions: Sessions, storage: MemoryStorage) -> None:
    old, young = await put(storage, LONG_AGO), await put(storage, JUST_NOW)

    assert await sweep_files(sessions, storage) == Swept(orphans_count=1)
    assert set(storage.contents) == {young}
    assert set(storage.trash) == {old}


async def test_the_trash_is_emptied_after_a_week(sessions: Sessions, storage: MemoryStorage) -> None:
    key = await put(storage)
    await storage.move_to_trash(key)
    assert await sweep_files(sessions, storage) == Swept()
    content, at = storage.trash[key]
    storage.trash[key] = (content, at - timedelta(days=8))

    assert await sweep_files(sessions, storage) == Swept(emptied_count=1)
    assert storage.trash == {}


async def test_drafts_of_the_dead_are_dropped(sessions: Sessions, storage: MemoryStorage) -> None:
    await storage.draft(1)
    storage.drafts[0].begun_at -= LONG_AGO

    assert await sweep_files(sessions, storage) == Swept(drafts_count=1)


async def test_content_of_a_deleted_row_stays_for_48_hours(
    sessions: Sessions, storage: MemoryStorage, organisation: TestOrganisation
) -> None:
    key = await put(storage)
    insert_row(organisation, key)
    organisation.execute(f"DELETE FROM files WHERE {MINE}")  # noqa: S608

    pass_time(organisation, hours=47)
    assert await sweep_files(sessions, storage) == Swept()
    assert set(storage.contents) == {key}

    pass_time(organisation, hours=1)
    assert await sweep_files(sessions, storage) == Swept(removed_count=1)
    assert storage.contents == {}
    assert storage.trash == {}
    assert organisation.execute(f"SELECT FROM file_removals WHERE {MINE}") == []
    assert await sweep_files(sessions, storage) == Swept()


async def test_an_archived_file_is_deleted_after_30_days_and_its_content_48_hours_later(
    sessions: Sessions, storage: MemoryStorage, organisation: TestOrganisation
) -> None:
    key = await put(storage)
    insert_row(organisation, key, archived_at=datetime.now(UTC) - timedelta(days=30, minutes=1))

    assert await sweep_files(sessions, storage) == Swept(expired_count=1)
    assert organisation.execute(f"SELECT FROM files WHERE {MINE}") == []
    assert set(storage.contents) == {key}

    pass_time(organisation, hours=48)
    assert await sweep_files(sessions, storage) == Swept(removed_count=1)
    assert storage.contents == {}


async def test_content_that_a_row_tells_of_is_never_removed(
    sessions: Sessions, storage: MemoryStorage, organisation: TestOrganisation
) -> None:
    key = await put(storage)
    insert_row(organisation, key)
    wait_for_removal(organisation, [key])

    assert await sweep_files(sessions, storage) == Swept()
    assert set(storage.contents) == {key}


async def test_many_deletions_are_no_reason_to_stop(
    sessions: Sessions, storage: MemoryStorage, organisation: TestOrganisation
) -> None:
    wait_for_removal(organisation, [await put(storage) for _ in range(1100)])

    assert await sweep_files(sessions, storage) == Swept(removed_count=1100)
    assert storage.contents == {}


async def test_a_store_that_fails_in_the_middle_is_swept_to_the_end_next_time(
    sessions: Sessions, storage: MemoryStorage, organisation: TestOrganisation
) -> None:
    wait_for_removal(organisation, [await put(storage) for _ in range(3)])
    storage.fails_at = "remove"
    with pytest.raises(StorageUnavailable):
        await sweep_files(sessions, storage)
    storage.fails_at = None
    await storage.remove(next(iter(storage.contents)))  # gone, and nobody noted it

    assert await sweep_files(sessions, storage) == Swept(removed_count=3)
    assert storage.contents == {}


async def test_a_few_lost_contents_in_a_small_store_are_taken(sessions: Sessions, storage: MemoryStorage) -> None:
    for _ in range(10):
        await put(storage)

    assert await sweep_files(sessions, storage) == Swept(orphans_count=10)


async def test_a_sweep_that_would_take_more_than_one_in_a_hundred_takes_nothing(
    sessions: Sessions, storage: MemoryStorage
) -> None:
    for _ in range(11):
        await put(storage)
    for _ in range(1000):
        await put(storage, JUST_NOW)

    with pytest.raises(SweepStopped, match="11 of 1011 files"):
        await sweep_files(sessions, storage)
    assert len(storage.contents) == 1011

    for _ in range(89):
        await put(storage, JUST_NOW)
    assert await sweep_files(sessions, storage) == Swept(orphans_count=11)


async def test_another_database_loses_no_content(sessions: Sessions, storage: MemoryStorage) -> None:
    for _ in range(100):
        await put(storage)

    with pytest.raises(SweepStopped):
        await sweep_files(sessions, storage)
    assert (len(storage.contents), storage.trash) == (100, {})


async def test_a_row_that_appears_meanwhile_saves_its_content(
    sessions: Sessions, organisation: TestOrganisation
) -> None:
    class SlowToLookThrough(MemoryStorage):
        async def list_keys(self, *, older_than: timedelta) -> AsyncIterator[KeysFound]:
            async for part in super().list_keys(older_than=older_than):
                yield part
            insert_row(organisation, key)

    storage = SlowToLookThrough()
    key = await put(storage)

    assert await sweep_files(sessions, storage) == Swept()
    assert set(storage.contents) == {key}
