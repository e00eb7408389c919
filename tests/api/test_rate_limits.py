"""Every API counts its requests, by address and by account, and counts them together."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from firstfix.adapters.database import Database
from firstfix.api.edge import Edge
from firstfix.api.exchange import Answer, Exchange
from firstfix.api.field.edge import FieldEdge
from firstfix.api.manage.edge import ManageEdge
from firstfix.api.operations import PUBLIC, Operation, OperationTable
from firstfix.api.services import Origin, Services
from firstfix.api.web.edge import WebEdge
from firstfix.domain.access.rate_limits import RateLimiter
from firstfix.domain.work import AccountType
from firstfix.kit.key_file import KeyFile
from tests.fakes.storage import MemoryStorage

EDGES: tuple[type[Edge], ...] = (FieldEdge, ManageEdge, WebEdge)
ALLOWANCE = 3
KEY = "0" * 32
SHOWN = {
    FieldEdge: {"authorization": f"Token {KEY}"},
    ManageEdge: {"authorization": f"Bearer {KEY * 2}"},
    WebEdge: {},
}
COOKIE = {"firstfix_session": KEY * 2}

TABLE = OperationTable("web")


@TABLE.operation("GET", "/ping", key=PUBLIC, operation_id="ping", status=204)
async def ping() -> None:
    """Answer."""


@pytest.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    """What edges are given, with an allowance of three requests and a clock that stands still."""
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"))
    await database.open()
    limiter = RateLimiter(database, allowance=ALLOWANCE, clock=lambda: 1_800_000_000.0)
    yield Services(database=database, storage=MemoryStorage(), origin=Origin(), limiter=limiter)
    await database.close()


def exchange_with(edge: Edge, address: str) -> Exchange:
    """Make a request with a credential of that API."""
    return Exchange(
        method="GET",
        path="/ping",
        base_url="http://localhost",
        headers=SHOWN[type(edge)],
        query_string="",
        parameters=[],
        cookies=COOKIE if isinstance(edge, WebEdge) else {},
        address=address,
        is_https=False,
    )


async def ask(edge: Edge, address: str) -> Answer:
    [operation] = TABLE
    operations: dict[str | None, Operation] = {None: operation}
    return await edge.answer(exchange_with(edge, address), operations, {})


@pytest.mark.parametrize("kind", EDGES)
async def test_an_address_may_ask_so_often_a_minute(services: Services, kind: type[Edge]) -> None:
    edge, address = kind(services), f"address of {uuid4()}"

    answers = [await ask(edge, address) for _ in range(ALLOWANCE + 1)]

    assert [answer.status for answer in answers[:-1]] == [answers[0].status] * ALLOWANCE
    assert answers[0].status < 300
    assert answers[-1].status == 429
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert (await ask(edge, f"address of {uuid4()}")).status < 300


@pytest.mark.parametrize("kind", EDGES)
async def test_an_account_may_ask_so_often_from_wherever(services: Services, kind: type[Edge]) -> None:
    edge = kind(services)
    claim = edge.find_claim(exchange_with(edge, "anywhere"))
    assert claim is not None
    edge.hints.remember(claim.secret_hash, AccountType.STAFF, uuid4().int % 10**15)

    answers = [await ask(edge, f"address of {uuid4()}") for _ in range(ALLOWANCE + 1)]

    assert [answer.status == 429 for answer in answers] == [False] * ALLOWANCE + [True]


async def test_the_three_apis_count_together(services: Services) -> None:
    address = f"address of {uuid4()}"
    kinds: tuple[type[Edge], ...] = (*EDGES, WebEdge)

    answers = [await ask(kind(services), address) for kind in kinds]

    assert [answer.status == 429 for answer in answers] == [False] * 3 + [True]
