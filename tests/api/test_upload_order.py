"""No row without content: what happens in which order, and what stays when a step in between fails."""

from collections.abc import AsyncIterator, Hashable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from litestar.types import HTTPReceiveMessage
from psycopg.errors import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.adapters.database import Database
from firstfix.adapters.screening.inspector import ChildInspector
from firstfix.api.exchange import Answer, Exchange
from firstfix.api.field.edge import FieldEdge
from firstfix.api.services import Origin, Services
from firstfix.api.uploads import Upload
from firstfix.domain.access.queries import Claim
from firstfix.domain.access.rate_limits import RateLimiter
from firstfix.domain.work import Source, Work
from firstfix.kit.key_file import KeyFile
from firstfix.kit.sealing import KeyRing
from tests.api.upload_app import TABLE
from tests.factories.organisations import TestOrganisation
from tests.fakes.storage import MemoryStorage

FORM = (
    b'--b\r\nContent-Disposition: form-data; name="f"; filename="1.txt"\r\n\r\none\r\n'
    b'--b\r\nContent-Disposition: form-data; name="f"; filename="2.txt"\r\n\r\ntwo\r\n--b--\r\n'
)
OPERATIONS = {operation.action: operation for operation in TABLE if operation.method == "POST"}


class WatchedDatabase:
    """The real database; its works are noted among the steps of the store, and one may lose its connection.

    Attributes:
        loses: The work, counted from one, whose commit is not heard of.
    """

    def __init__(self, database: Database, storage: MemoryStorage) -> None:
        self._database = database
        self._storage = storage
        self._count = 0
        self.loses: int | None = None

    @property
    def keys(self) -> KeyRing:
        return self._database.keys

    async def read_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        return await self._database.read_one(statement, parameters)

    def session(self, caller: Hashable | None = None) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.session(caller)

    @asynccontextmanager
    async def work(
        self,
        claim: Claim,
        *,
        operation_keys: tuple[str, ...],
        source: Source,
        request_id: str | None = None,
        address: str | None = None,
    ) -> AsyncIterator[Work]:
        self._count += 1
        self._storage.step("work begins")
        opened = self._database.work(
            claim, operation_keys=operation_keys, source=source, request_id=request_id, address=address
        )
        async with opened as work:
            yield work
        if self._count == self.loses:
            raise OperationalError("server closed the connection unexpectedly")
        self._storage.step("work committed")

    def work_of(
        self,
        organisation_id: int,
        person_id: int,
        *,
        operation_keys: tuple[str, ...],
        source: Source,
        request_id: str | None = None,
        address: str | None = None,
    ) -> AbstractAsyncContextManager[Work]:
        return self._database.work_of(
            organisation_id,
            person_id,
            operation_keys=operation_keys,
            source=source,
            request_id=request_id,
            address=address,
        )


@pytest.fixture
async def database(database_url: str, tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"))
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def watched(database: Database, storage: MemoryStorage) -> WatchedDatabase:
    return WatchedDatabase(database, storage)


def exchange_with(headers: dict[str, str], thing: str = "door") -> Exchange:
    return Exchange(
        method="POST",
        path=f"/things/{thing}/files",
        base_url="http://x",
        headers=headers,
        query_string="",
        parameters=[],
        cookies={},
        address="127.0.0.1",
        is_https=False,
    )


async def upload(
    watched: WatchedDatabase, storage: MemoryStorage, organisation: TestOrganisation, thing: str = "door"
) -> Answer:
    headers = {
        "authorization": f"Token {organisation['engineer1'].api_key}",
        "content-type": "multipart/form-data; boundary=b",
    }
    exchange = exchange_with(headers, thing)

    async def receive() -> HTTPReceiveMessage:
        return {"type": "http.request", "body": FORM, "more_body": False}

    exchange.upload = Upload(receive, headers)
    edge = FieldEdge(
        Services(
            database=watched, storage=storage, inspector=ChildInspector(), origin=Origin(), limiter=RateLimiter(watched)
        )
    )
    return await edge.answer(exchange, OPERATIONS, {"thing": thing})


def rows_of(organisation: TestOrganisation) -> list[Any]:
    return organisation.execute("SELECT * FROM files WHERE organisation_id = :id", id=organisation.id)


async def test_no_transaction_is_open_while_the_body_comes_and_content_is_kept_before_the_row(
    watched: WatchedDatabase, storage: MemoryStorage, organisation: TestOrganisation
) -> None:
    answer = await upload(watched, storage, organisation)

    assert answer.status == 201
    coming = ["draft", "write", "finish"]
    assert storage.steps == [
        "work begins",
        "work committed",
        *coming,
        *coming,
        "keep",
        "keep",
        "work begins",
        "work committed",
    ]
    assert {row.storage_key for row in rows_of(organisation)} == set(storage.contents)


@pytest.mark.parametrize("step", ["draft", "write", "finish", "keep"])
async def test_a_store_that_fails_at_any_step_is_told_and_leaves_nothing(
    watched: WatchedDatabase, storage: MemoryStorage, organisation: TestOrganisation, step: str
) -> None:
    storage.fails_at = step

    answer = await upload(watched, storage, organisation)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert (storage.contents, storage.drafts, rows_of(organisation)) == ({}, [], [])


async def test_a_commit_that_is_not_heard_of_takes_no_content_from_its_row(
    watched: WatchedDatabase, storage: MemoryStorage, organisation: TestOrganisation
) -> None:
    watched.loses = 2

    answer = await upload(watched, storage, organisation)

    assert answer.status == 503
    assert {row.storage_key for row in rows_of(organisation)} == set(storage.contents)
    assert len(storage.contents) == 2


@pytest.mark.parametrize(("thing", "status"), [("shut", 409), ("broken", 500), ("absent", 404)])
async def test_a_refusal_takes_the_content_with_it(
    watched: WatchedDatabase, storage: MemoryStorage, organisation: TestOrganisation, thing: str, status: int
) -> None:
    answer = await upload(watched, storage, organisation, thing)

    assert answer.status == status
    assert (storage.contents, storage.drafts, rows_of(organisation)) == ({}, [], [])


async def test_a_first_work_that_fails_lets_nothing_in(
    watched: WatchedDatabase, storage: MemoryStorage, organisation: TestOrganisation
) -> None:
    watched.loses = 1

    answer = await upload(watched, storage, organisation)

    assert answer.status == 503
    assert storage.steps == ["work begins"]


async def test_a_body_needs_a_content_type_where_files_are_taken_too(
    watched: WatchedDatabase, storage: MemoryStorage, organisation: TestOrganisation
) -> None:
    exchange = exchange_with({"authorization": f"Token {organisation['engineer1'].api_key}"})
    exchange.body = b"a photo"
    edge = FieldEdge(
        Services(
            database=watched, storage=storage, inspector=ChildInspector(), origin=Origin(), limiter=RateLimiter(watched)
        )
    )

    answer = await edge.answer(exchange, OPERATIONS, {"thing": "door"})

    assert answer.status == 400
    assert b"Content-Type" in answer.body
