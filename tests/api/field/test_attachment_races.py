"""Attachments that come and go at the same moment, in a store that fails, and in a bucket."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text

from firstfix.adapters.database import Database
from firstfix.adapters.local_storage import LocalStorage
from firstfix.adapters.storage import make_storage
from firstfix.domain.files.ports import Storage
from firstfix.domain.files.sweeping import sweep_files
from firstfix.kit.key_file import KeyFile
from firstfix.settings import load_settings
from tests.api.field.test_job_tasks import make_book, ref
from tests.api.field.test_jobs import make
from tests.api.field.test_task_attachments import Place
from tests.factories.contents import KnownKeys, store_in
from tests.factories.organisations import TestOrganisation
from tests.factories.s3 import Bucket
from tests.factories.servers import TestServer
from tests.factories.waiting import until

NO_AGE = timedelta(seconds=-5)
MIB = 1 << 20
_LOCK_JOB = text("SELECT 1 FROM jobs WHERE uuid = :uuid FOR UPDATE")
_WAITING = text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")


async def place_at(client: httpx.AsyncClient, organisation: TestOrganisation) -> Place:
    book = make_book(organisation)
    job = await make(client, organisation, tasks=[{"task": ref(book.service)}])
    return Place(client, job, organisation, book.service)


@pytest.fixture
async def place(field: httpx.AsyncClient, organisation: TestOrganisation) -> Place:
    """A job with one task, as the administrator sees it."""
    return await place_at(field, organisation)


@pytest.fixture
def store(server: TestServer, owner_engine: Engine) -> LocalStorage:
    """What the server keeps files in."""
    return store_in(server.log.parent, owner_engine)


@pytest.fixture
async def database(database_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"))
    yield database
    await database.close()


class HeldJob:
    """Keeps a job locked, so that others stand in line for it."""

    def __init__(self, owner: Engine, place: Place) -> None:
        self._connection = owner.connect()
        self._connection.execute(_LOCK_JOB, {"uuid": place.job["uuid"]})

    async def awaited_by(self, count: int) -> None:
        """Wait until so many stand in line."""
        await until(lambda: self._connection.scalar(_WAITING) == count)

    def let_go(self) -> None:
        self._connection.rollback()
        self._connection.close()


async def count_contents(store: Storage) -> int:
    return sum([part.contents_count async for part in store.list_keys(older_than=NO_AGE)])


async def test_many_uploads_at_once_are_all_there_each_in_its_order(place: Place) -> None:
    replies = await asyncio.gather(
        *(place.attach((f"{number}a.txt", b"a"), (f"{number}b.txt", b"b")) for number in range(50))
    )

    assert [reply.status_code for reply in replies] == [201] * 50
    listed = await place.listed()
    names = [file["name"] for file in listed]
    assert sorted(names) == sorted(f"{number}{letter}.txt" for number in range(50) for letter in "ab")
    assert [name.replace("a.", "b.") for name in names[::2]] == names[1::2]
    assert listed == await place.listed()
    assert {file["uuid"] for file in listed} == {file["uuid"] for reply in replies for file in reply.json()}


async def test_uploads_at_once_never_take_more_room_than_there_is(place: Place, store: LocalStorage) -> None:
    place.organisation.execute(
        "UPDATE organisations SET file_quota_bytes = 55 WHERE id = :id", id=place.organisation.id
    )
    before = await count_contents(store)

    replies = await asyncio.gather(*(place.attach((f"{number}.txt", b"0123456789")) for number in range(12)))

    assert sorted(reply.status_code for reply in replies) == [201] * 5 + [409] * 7
    assert sum(row.size_bytes for row in place.rows()) == 50
    assert len(await place.listed()) == 5
    assert await count_contents(store) == before + 5


async def test_an_upload_before_the_tasks_deletion_goes_with_it(
    place: Place, owner_engine: Engine, store: LocalStorage
) -> None:
    held = HeldJob(owner_engine, place)
    upload = asyncio.create_task(place.attach(("a.txt", b"x")))
    await held.awaited_by(1)
    deletion = asyncio.create_task(place.client.delete(f"/job/{place.job['uuid']}/task/{place.task}"))
    await held.awaited_by(2)
    held.let_go()

    assert [(await task).status_code for task in (upload, deletion)] == [201, 204]
    assert place.rows() == []
    (removal,) = place.organisation.execute(
        "SELECT storage_key FROM file_removals WHERE organisation_id = :id", id=place.organisation.id
    )
    content = await store.open(
        removal.storage_key, organisation_id=place.organisation.id, size_bytes=1, start=0, stop=1
    )  # backups still find it
    await content.close()


async def test_an_upload_after_the_tasks_deletion_finds_no_task(
    place: Place, owner_engine: Engine, store: LocalStorage
) -> None:
    before = await count_contents(store)
    held = HeldJob(owner_engine, place)
    deletion = asyncio.create_task(place.client.delete(f"/job/{place.job['uuid']}/task/{place.task}"))
    await held.awaited_by(1)
    upload = asyncio.create_task(place.attach(("a.txt", b"x")))
    await held.awaited_by(2)
    held.let_go()

    assert [(await task).status_code for task in (deletion, upload)] == [204, 404]
    assert place.rows() == []
    assert await count_contents(store) == before


async def test_a_place_in_the_list_is_read_when_its_turn_comes(place: Place, owner_engine: Engine) -> None:
    job = f"/job/{place.job['uuid']}"
    second = (await place.client.post(f"{job}/task/", json={"task": ref(place.catalogue_task)})).json()["uuid"]
    held = HeldJob(owner_engine, place)
    deletion = asyncio.create_task(place.client.delete(f"{job}/task/{place.task}"))
    await held.awaited_by(1)
    upload = asyncio.create_task(place.attach(("a.txt", b"x"), to=place.path_of(0)))
    await held.awaited_by(2)
    held.let_go()

    assert [(await task).status_code for task in (deletion, upload)] == [204, 201]
    assert [file["name"] for file in (await place.client.get(place.path_of(second))).json()] == ["a.txt"]


async def test_an_attachment_is_deleted_once(place: Place) -> None:
    file = await place.attach_one()

    replies = await asyncio.gather(*(place.client.delete(place.path + file["uuid"]) for _ in range(8)))

    assert sorted(reply.status_code for reply in replies) == [204] + [404] * 7


async def test_a_killed_server_leaves_no_row_without_a_file_and_after_the_sweep_no_file_without_a_row(
    tmp_path: Path, database_url: str, organisation: TestOrganisation, owner_engine: Engine, database: Database
) -> None:
    server = TestServer(tmp_path, database_url)
    store = store_in(tmp_path, owner_engine)
    async with server.field(organisation["admin"].api_key) as client:
        place = await place_at(client, organisation)
        await place.attach_one("whole.txt", b"whole")
        held = HeldJob(owner_engine, place)
        streaming = await begin_upload(server, place)
        before_its_row = asyncio.create_task(place.attach(("lost.txt", b"lost")))
        await held.awaited_by(1)
        assert await count_contents(store) == 2
        server.kill()
        streaming.close()
        with pytest.raises(httpx.TransportError):
            await before_its_row
        held.let_go()

    (row,) = place.rows()
    yesterday = time.time() - timedelta(days=2).total_seconds()
    for path in (path for path in (tmp_path / "files").rglob("*") if path.is_file()):
        os.utime(path, (yesterday, yesterday))
    swept = await sweep_files(database, store)
    assert (swept.orphans_count, swept.drafts_count) == (1, 1)
    assert await count_contents(store) == 1
    content = await store.open(
        row.storage_key,
        organisation_id=place.organisation.id,
        size_bytes=row.size_bytes,
        start=0,
        stop=row.size_bytes,
    )
    assert b"".join([chunk async for chunk in content]) == b"whole"
    await content.close()


async def begin_upload(server: TestServer, place: Place) -> asyncio.StreamWriter:
    """Send the beginning of a file of 20 MiB, and no more."""
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    key = place.organisation["admin"].api_key
    writer.write(
        f"POST {place.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Token {key}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {20 * MIB}\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n'.encode()
    )
    writer.write(bytes(2 * MIB))
    await writer.drain()
    drafts = server.log.parent / "files" / "tmp"
    await until(lambda: drafts.exists() and any(path.stat().st_size for path in drafts.iterdir()))
    return writer


async def test_attachments_go_through_a_bucket(
    bucket: Bucket, tmp_path: Path, database_url: str, organisation: TestOrganisation, database: Database
) -> None:
    content = os.urandom(3 * MIB)
    settings = bucket.settings()
    store = make_storage(load_settings({}, data=tmp_path, **settings), KnownKeys())
    server = TestServer(tmp_path, database_url, **settings)
    try:
        async with server.field(organisation["admin"].api_key) as client:
            place = await place_at(client, organisation)
            file = await place.attach_one("big.bin", content)
            whole = await client.get(place.path + file["uuid"])
            part = await client.get(place.path + file["uuid"], headers={"Range": "bytes=1000000-1000009"})
            too_far = await client.get(place.path + file["uuid"], headers={"Range": f"bytes={3 * MIB}-"})
            deleted = await client.delete(f"/job/{place.job['uuid']}/task/{place.task}")
    finally:
        server.close()

    assert (whole.content, part.content) == (content, content[1_000_000:1_000_010])
    assert (part.status_code, too_far.status_code, deleted.status_code) == (206, 416, 204)
    await sweep_files(database, store)
    assert await count_contents(store) == 1  # for 48 hours
    organisation.execute("UPDATE file_removals SET not_before = now() WHERE organisation_id = :id", id=organisation.id)
    await sweep_files(database, store)
    assert await count_contents(store) == 0
