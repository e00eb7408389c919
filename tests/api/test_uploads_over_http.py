"""Files go in and come out over real HTTP, whatever happens to the connection or the server in between."""

import asyncio
import hashlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from firstfix.adapters.local_storage import LocalStorage
from firstfix.adapters.storage import make_storage
from firstfix.adapters.storage_drafts import name_of
from firstfix.api.uploads import FILE_LIMIT_BYTES
from firstfix.domain.files.ports import Storage
from firstfix.settings import load_settings
from tests.factories.contents import KnownKeys, store_in
from tests.factories.organisations import TestOrganisation
from tests.factories.s3 import Bucket
from tests.factories.servers import TestServer
from tests.factories.waiting import PATIENCE_SECONDS, until

NO_AGE = timedelta(seconds=-5)
Part = tuple[str, bytes]
MIB = 1 << 20


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="session")
def upload_server(folder: Path, database_url: str) -> Iterator[TestServer]:
    """The small application, on this worker's database."""
    server = TestServer(folder, database_url, app="tests.api.upload_app:create_app")
    yield server
    server.close()


@pytest.fixture
async def client(upload_server: TestServer, organisation: TestOrganisation) -> AsyncIterator[httpx.AsyncClient]:
    async with upload_server.field(organisation["engineer1"].api_key) as client:
        yield client


@pytest.fixture
def store(folder: Path, owner_engine: Engine) -> LocalStorage:
    """What the server keeps files in."""
    return store_in(folder, owner_engine)


async def upload(client: httpx.AsyncClient, *parts: Part, to: str = "door", **headers: str) -> httpx.Response:
    return await client.post(f"/things/{to}/files", files=[("file", part) for part in parts], headers=headers)


async def count_contents(store: Storage) -> int:
    return sum([part.contents_count async for part in store.list_keys(older_than=NO_AGE)])


def count_drafts(folder: Path) -> int:
    drafts = folder / "files" / "tmp"
    return len(list(drafts.iterdir())) if drafts.exists() else 0


def rows_of(organisation: TestOrganisation) -> list[Any]:
    return organisation.execute("SELECT * FROM files WHERE organisation_id = :id ORDER BY id", id=organisation.id)


async def test_files_come_out_as_they_went_in(client: httpx.AsyncClient) -> None:
    big = os.urandom(3 * MIB + 5)

    reply = await upload(client, ("requirements.txt", b"a door\n"), ("Größe.doc", big), ("nothing", b""))

    assert reply.status_code == 201
    told = reply.json()
    assert [(file["file_name"], file["mime_type"], file["size_bytes"]) for file in told] == [
        ("requirements.txt", "text/plain", 7),
        ("Größe.doc", "application/msword", len(big)),
        ("nothing", "application/octet-stream", 0),
    ]
    contents = [(await client.get(f"/files/{file['uuid']}")).content for file in told]
    assert contents == [b"a door\n", big, b""]


async def test_files_go_through_a_bucket(
    bucket: Bucket, tmp_path: Path, database_url: str, organisation: TestOrganisation
) -> None:
    content = os.urandom(3 * MIB)
    place = bucket.settings()
    server = TestServer(tmp_path, database_url, app="tests.api.upload_app:create_app", **place)
    try:
        async with server.field(organisation["engineer1"].api_key) as client:
            [file] = (await upload(client, ("big.bin", content))).json()
            whole = await client.get(f"/files/{file['uuid']}")
            part = await client.get(f"/files/{file['uuid']}", headers={"Range": "bytes=1000000-1000009"})
            refused = await upload(client, ("lost.bin", content), to="shut")
    finally:
        server.close()

    assert (whole.content, part.content) == (content, content[1_000_000:1_000_010])
    assert refused.status_code == 409
    assert await count_contents(make_storage(load_settings({}, data=tmp_path, **place), KnownKeys())) == 1
    assert count_drafts(tmp_path) == 0


async def test_the_largest_file_fits_and_one_byte_more_does_not(
    client: httpx.AsyncClient, store: LocalStorage, folder: Path
) -> None:
    largest = bytes(FILE_LIMIT_BYTES)

    fits = await upload(client, ("a.bin", largest))
    before = await count_contents(store)
    too_large = await upload(client, ("b.bin", b"small"), ("a.bin", largest + b"!"))

    assert fits.status_code == 201
    assert (too_large.status_code, too_large.json()["error"]["name"]) == (413, "PayloadTooLarge")
    assert await count_contents(store) == before
    assert count_drafts(folder) == 0


async def test_a_request_that_is_too_large_hears_so_when_it_was_sent(client: httpx.AsyncClient) -> None:
    part = bytes(20 * MIB)

    reply = await upload(client, *[(f"{number}.bin", part) for number in range(5)])

    assert reply.status_code == 413


async def test_a_hundred_mebibytes_do_not_stay_in_memory(upload_server: TestServer, client: httpx.AsyncClient) -> None:
    def memory() -> int:
        return sum(process.memory_info().rss for process in upload_server.processes)

    part = os.urandom(4 * MIB)
    await upload(client, ("warm.bin", part))
    before = memory()
    highest = before

    async def watch() -> None:
        nonlocal highest
        while True:
            highest = max(highest, memory())
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    replies = [await upload(client, *[(f"{number}.bin", part * 4) for number in range(6)]) for _ in range(2)]
    watching.cancel()

    assert [reply.status_code for reply in replies] == [201, 201]
    assert highest - before < 32 * MIB


async def test_a_stranger_is_refused_before_the_body(upload_server: TestServer) -> None:
    for authorization in ("", "Token 0123456789abcdef0123456789abcdef\r\n"):
        answer = await talk(
            upload_server, "door", authorization and f"Authorization: {authorization}", announced_bytes=50 * MIB
        )
        assert answer.startswith(b"HTTP/1.1 401 ")


async def test_who_asks_at_the_wrong_place_is_refused_before_the_body(
    upload_server: TestServer, organisation: TestOrganisation
) -> None:
    key = f"Authorization: Token {organisation['engineer1'].api_key}\r\n"

    answer = await talk(upload_server, "absent", key, announced_bytes=50 * MIB)

    assert answer.startswith(b"HTTP/1.1 404 ")


async def talk(server: TestServer, thing: str, headers: str, *, announced_bytes: int) -> bytes:
    """Announce a body, send none of it but its end of file, and hear what the server says."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        f"POST /things/{thing}/files HTTP/1.1\r\nHost: x\r\n{headers}Expect: 100-continue\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {announced_bytes}\r\n\r\n".encode()
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = await reader.readline()
    writer.close()
    return answer


async def test_an_upload_refused_by_the_second_work_leaves_nothing(
    client: httpx.AsyncClient, store: LocalStorage, organisation: TestOrganisation, folder: Path
) -> None:
    before = await count_contents(store)

    replies = [await upload(client, ("a.txt", b"1"), ("b.txt", b"2"), to=thing) for thing in ("shut", "broken")]

    assert [reply.status_code for reply in replies] == [409, 500]
    assert await count_contents(store) == before
    assert count_drafts(folder) == 0
    assert rows_of(organisation) == []


async def test_no_file_is_refused(client: httpx.AsyncClient) -> None:
    empty = await upload(client)
    only_text = await client.post("/things/door/files", files={"caption": (None, "no file")})
    left_empty = await upload(client, ("", b""))
    json = await client.post("/things/door/files", json={})

    assert [reply.status_code for reply in (empty, only_text, left_empty, json)] == [422] * 4


async def test_a_body_that_ends_too_early_is_refused(client: httpx.AsyncClient, folder: Path) -> None:
    begun = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nhalf'

    reply = await client.post(
        "/things/door/files", content=begun, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )

    assert reply.status_code == 400
    assert count_drafts(folder) == 0


async def test_the_quota_is_heard_before_the_body_and_after_it(
    client: httpx.AsyncClient, organisation: TestOrganisation, store: LocalStorage
) -> None:
    organisation.execute("UPDATE organisations SET file_quota_bytes = 10 WHERE id = :id", id=organisation.id)
    before = await count_contents(store)

    statuses = [(await upload(client, ("a.txt", content))).status_code for content in (b"12345", b"123456", b"12345")]
    full = await upload(client, ("a.txt", b""))

    assert statuses == [201, 409, 201]
    assert full.status_code == 409
    assert await count_contents(store) == before + 2


async def test_an_upload_that_filled_the_quota_is_replayed(
    client: httpx.AsyncClient, organisation: TestOrganisation, store: LocalStorage
) -> None:
    organisation.execute("UPDATE organisations SET file_quota_bytes = 5 WHERE id = :id", id=organisation.id)
    before = await count_contents(store)
    key = {"Idempotency-Key": "the last room"}

    first, again = [await upload(client, ("a.txt", b"12345"), **key) for _ in range(2)]
    other_content = await upload(client, ("a.txt", b"54321"), **key)
    other_key = await upload(client, ("a.txt", b"12345"), **{"Idempotency-Key": "another"})

    assert (again.status_code, again.content) == (201, first.content)
    assert [reply.status_code for reply in (other_content, other_key)] == [422, 409]
    assert await count_contents(store) == before + 1
    organisation.execute("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
    assert (await upload(client, ("a.txt", b"12345"), **key)).status_code == 409


async def test_the_same_upload_again_is_the_same_upload(
    client: httpx.AsyncClient, organisation: TestOrganisation, store: LocalStorage
) -> None:
    before = await count_contents(store)

    first = await upload(client, ("a.txt", b"one"), **{"Idempotency-Key": "k1"})
    again = await upload(client, ("a.txt", b"one"), **{"Idempotency-Key": "k1"})
    other_content = await upload(client, ("a.txt", b"two"), **{"Idempotency-Key": "k1"})
    other_name = await upload(client, ("b.txt", b"one"), **{"Idempotency-Key": "k1"})
    other_key = await upload(client, ("a.txt", b"one"), **{"Idempotency-Key": "k2"})

    assert (again.status_code, again.content) == (201, first.content)
    assert [reply.status_code for reply in (other_content, other_name, other_key)] == [422, 422, 201]
    assert len(rows_of(organisation)) == 2
    assert await count_contents(store) == before + 2


async def test_twins_at_once_have_one_effect(
    client: httpx.AsyncClient, organisation: TestOrganisation, store: LocalStorage
) -> None:
    before = await count_contents(store)

    replies = await asyncio.gather(
        *(upload(client, ("a.txt", b"one"), **{"Idempotency-Key": "twins"}) for _ in range(6))
    )

    assert {(reply.status_code, reply.content) for reply in replies} == {(201, replies[0].content)}
    assert len(rows_of(organisation)) == 1
    assert await count_contents(store) == before + 1


async def test_a_caller_who_leaves_in_the_middle_leaves_nothing(
    upload_server: TestServer, organisation: TestOrganisation, folder: Path, store: LocalStorage
) -> None:
    before = await count_contents(store)
    writer = await begin_upload(upload_server, organisation, MIB * 3)
    await until(lambda: count_drafts(folder) == 1)

    writer.close()

    await until(lambda: count_drafts(folder) == 0)
    assert await count_contents(store) == before
    assert rows_of(organisation) == []


async def begin_upload(server: TestServer, organisation: TestOrganisation, sent_bytes: int) -> asyncio.StreamWriter:
    """Send the beginning of a file of 20 MiB, and no more."""
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        f"POST /things/door/files HTTP/1.1\r\nHost: x\r\nAuthorization: Token {organisation['engineer1'].api_key}\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {20 * MIB}\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n'.encode()
    )
    writer.write(bytes(sent_bytes))
    await writer.drain()
    return writer


async def test_a_killed_server_leaves_no_row_without_content(
    tmp_path: Path, database_url: str, organisation: TestOrganisation
) -> None:
    server = TestServer(tmp_path, database_url, app="tests.api.upload_app:create_app")
    store = store_in(tmp_path, organisation.owner)
    async with server.field(organisation["engineer1"].api_key) as client:
        assert (await upload(client, ("whole.txt", b"whole"))).status_code == 201
        streaming = await begin_upload(server, organisation, 2 * MIB)
        before_commit = asyncio.create_task(upload(client, ("lost.txt", b"lost"), to="slow"))

        async def both_are_under_way() -> bool:
            return await count_contents(store) == 2 and count_drafts(tmp_path) >= 1

        await until(both_are_under_way)
        server.kill()
        streaming.close()
        with pytest.raises(httpx.TransportError):
            await before_commit

    [row] = rows_of(organisation)
    content = await store.open(
        row.storage_key, organisation_id=organisation.id, size_bytes=row.size_bytes, start=0, stop=row.size_bytes
    )
    assert b"".join([chunk async for chunk in content]) == b"whole"
    await content.close()
    assert hashlib.sha256(b"whole").digest() == row.sha256
    assert await count_contents(store) == 2  # the second is the sweep's
    assert await store.drop_stale_drafts(older_than=NO_AGE) >= 1


# Downloads


@pytest.fixture
async def address(client: httpx.AsyncClient) -> str:
    """Where a file of ten bytes is."""
    reply = await upload(client, ("digits.txt", b"0123456789"))
    return f"/files/{reply.json()[0]['uuid']}"


async def test_a_download_is_careful(client: httpx.AsyncClient, address: str) -> None:
    reply = await client.get(address)

    tag = hashlib.sha256(b"0123456789").hexdigest()
    assert reply.status_code == 200
    assert {name: value for name, value in reply.headers.items() if name not in {"date", "x-request-id", "server"}} == {
        "accept-ranges": "bytes",
        "cache-control": "no-store",
        "content-disposition": 'attachment; filename="digits.txt"',
        "content-length": "10",
        "content-security-policy": "sandbox; default-src 'none'",
        "content-type": "text/plain",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "etag": f'"{tag}"',
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        ("bytes=0-3", (206, b"0123", "bytes 0-3/10")),
        ("bytes=4-", (206, b"456789", "bytes 4-9/10")),
        ("bytes=-3", (206, b"789", "bytes 7-9/10")),
        ("bytes=0-", (206, b"0123456789", "bytes 0-9/10")),
        ("bytes=8-999", (206, b"89", "bytes 8-9/10")),
        ("bytes=-999", (206, b"0123456789", "bytes 0-9/10")),
        ("bytes=10-", (416, b"", "bytes */10")),
        ("bytes=-0", (416, b"", "bytes */10")),
        ("bytes=5-4", (200, b"0123456789", None)),
        ("bytes=0-1,3-4", (200, b"0123456789", None)),
        ("lines=1-2", (200, b"0123456789", None)),
        ("bytes=-", (200, b"0123456789", None)),
        ("bytes=" + "9" * 30 + "-", (200, b"0123456789", None)),
    ],
)
async def test_one_range_is_sent_alone(
    client: httpx.AsyncClient, address: str, wanted: str, answer: tuple[int, bytes, str | None]
) -> None:
    reply = await client.get(address, headers={"Range": wanted})

    assert (reply.status_code, reply.content, reply.headers.get("content-range")) == answer


async def test_what_the_caller_has_is_not_sent_again(client: httpx.AsyncClient, address: str) -> None:
    tag = (await client.get(address)).headers["etag"]
    statuses = [
        (await client.get(address, headers=headers)).status_code
        for headers in (
            {"If-None-Match": tag},
            {"If-None-Match": f'"other", W/{tag}'},
            {"If-None-Match": "*"},
            {"If-None-Match": '"other"'},
            {"Range": "bytes=0-1", "If-Range": tag},
            {"Range": "bytes=0-1", "If-Range": '"other"'},
        )
    ]

    assert statuses == [304, 304, 304, 200, 206, 200]


@pytest.mark.parametrize(
    ("name", "content", "disposition"),
    [
        ("plate.jpg", b"\xff\xd8\xff\xe0", 'inline; filename="plate.jpg"'),
        ("plate.pdf", b"%PDF-1.4", 'inline; filename="plate.pdf"'),
        ("plate.jpg", b"<script>", 'attachment; filename="plate.jpg"'),
        ("page.html", b"<script>", 'attachment; filename="page.html"'),
        ("Größe.txt", b"x", "attachment; filename=\"Gr__e.txt\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt"),
    ],
)
async def test_a_browser_shows_only_what_is_what_it_says(
    client: httpx.AsyncClient, name: str, content: bytes, disposition: str
) -> None:
    file = (await upload(client, (name, content))).json()[0]

    assert (await client.get(f"/files/{file['uuid']}")).headers["content-disposition"] == disposition


async def test_head_is_not_served(client: httpx.AsyncClient, address: str) -> None:
    reply = await client.head(address)

    assert (reply.status_code, reply.headers["allow"]) == (405, "GET")


async def test_a_file_of_another_organisation_is_not_there(
    upload_server: TestServer, make_organisation: Callable[[], TestOrganisation], address: str
) -> None:
    async with upload_server.field(make_organisation()["admin"].api_key) as stranger:
        assert (await stranger.get(address)).status_code == 404


async def test_content_that_is_gone_is_a_fault_and_not_an_empty_file(
    client: httpx.AsyncClient, address: str, organisation: TestOrganisation, store: LocalStorage
) -> None:
    [row] = rows_of(organisation)
    await store.remove(row.storage_key)

    assert (await client.get(address)).status_code == 500


def path_of(folder: Path, organisation: TestOrganisation) -> Path:
    [row] = rows_of(organisation)
    return folder / "files" / name_of(row.storage_key)


async def test_nothing_on_the_disk_is_readable(
    client: httpx.AsyncClient, folder: Path, organisation: TestOrganisation
) -> None:
    content = b"The code of the key safe is 4711. " * 10_000
    [file] = (await upload(client, ("codes.txt", content))).json()

    assert b"4711" not in path_of(folder, organisation).read_bytes()
    assert (await client.get(f"/files/{file['uuid']}")).content == content


async def test_content_that_was_changed_is_a_fault_and_told_in_the_log(
    client: httpx.AsyncClient, address: str, upload_server: TestServer, folder: Path, organisation: TestOrganisation
) -> None:
    path = path_of(folder, organisation)
    path.write_bytes(path.read_bytes()[:-1] + b"?")

    reply = await client.get(address)

    assert reply.status_code == 500
    told = [line for line in upload_server.log.read_text().splitlines() if reply.headers["x-request-id"] in line]
    assert len(told) == 1
    assert path.name in told[0]
    assert "It was changed, moved or cut, or sealed with another key." in told[0]


async def test_a_download_breaks_where_its_content_was_changed_and_other_ranges_are_served(
    client: httpx.AsyncClient, folder: Path, organisation: TestOrganisation
) -> None:
    content = os.urandom(3 * MIB)
    [file] = (await upload(client, ("film.bin", content))).json()
    path = path_of(folder, organisation)
    sealed = bytearray(path.read_bytes())
    sealed[2 * MIB] ^= 1
    path.write_bytes(sealed)

    with pytest.raises(httpx.TransportError):
        await client.get(f"/files/{file['uuid']}")
    before = await client.get(f"/files/{file['uuid']}", headers={"Range": "bytes=500-999999"})
    after = await client.get(f"/files/{file['uuid']}", headers={"Range": "bytes=2500000-"})
    assert (before.content, after.content) == (content[500:1_000_000], content[2_500_000:])


async def test_a_reader_who_leaves_in_the_middle_frees_the_file(
    upload_server: TestServer, organisation: TestOrganisation, client: httpx.AsyncClient
) -> None:
    file = (await upload(client, ("big.bin", bytes(20 * MIB)))).json()[0]

    def open_files() -> list[str]:
        found = [file.path for process in upload_server.processes for file in process.open_files()]
        return [path for path in found if "/files/" in path]

    with socket.create_connection(("127.0.0.1", upload_server.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        key = organisation["engineer1"].api_key
        connection.sendall(
            f"GET /files/{file['uuid']} HTTP/1.1\r\nHost: x\r\nAuthorization: Token {key}\r\n\r\n".encode()
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        await until(lambda: len(open_files()) == 1)

    await until(lambda: open_files() == [])
