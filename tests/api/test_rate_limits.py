"""Every API counts its requests, by address and by account, and counts them together."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from firstfix.adapters.database import Database
from firstfix.adapters.screening.inspector import ChildInspector
from firstfix.api.edge import Edge
from firstfix.api.exchange import Answer, Exchange
from firstfix.api.field.edge import FieldEdge
from firstfix.api.manage.edge import ManageEdge
from firstfix.api.operations import PUBLIC, SIGNED_IN, Operation, OperationTable
from firstfix.api.services import Origin, Services
from firstfix.api.web.edge import WebEdge
from firstfix.domain.access.rate_limits import EVERYTHING, Account, Allowance, RateLimiter
from firstfix.domain.work import AccountType, Work
from firstfix.kit.key_file import KeyFile
from firstfix.kit.secrets import hash_secret, new_secret
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
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
LIMITED = 2


@TABLE.operation("GET", "/ping", key=PUBLIC, operation_id="ping", status=204)
async def ping() -> None:
    """Answer."""


@TABLE.operation("GET", "/pong", key=SIGNED_IN, operation_id="pong", status=204)
async def pong(work: Work) -> None:
    """Answer whoever has signed in."""


@TABLE.operation("GET", "/several", key=SIGNED_IN, operation_id="firstAction", action="first", status=204)
async def first_action(work: Work) -> None:
    """Answer as well."""


@TABLE.operation("GET", "/several", key=SIGNED_IN, operation_id="secondAction", action="second", status=204)
async def second_action(work: Work) -> None:
    """Answer too."""


PING, PONG, FIRST, SECOND = TABLE
SEVERAL: dict[str | None, Operation] = {"first": FIRST, "second": SECOND}


@pytest.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    """What edges are given, with an allowance of three requests and a clock that stands still."""
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"))
    await database.open()
    limiter = RateLimiter(database, allowance=ALLOWANCE, clock=lambda: 1_800_000_000.0)
    yield Services(
        database=database, storage=MemoryStorage(), inspector=ChildInspector(), origin=Origin(), limiter=limiter
    )
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
    return await edge.answer(exchange_with(edge, address), {None: PING}, {})


async def ask_as(edge: Edge, key: str, operations: Mapping[str | None, Operation], action: str = "") -> Answer:
    """Ask with somebody's API key or bearer token, each time from another address."""
    exchange = exchange_with(edge, f"address of {uuid4()}")
    scheme = "Token" if isinstance(edge, FieldEdge) else "Bearer"
    exchange.headers = {"authorization": f"{scheme} {key}"}
    exchange.parameters = [("action", action)] if action else []
    return await edge.answer(exchange, operations, {})


def limit(organisation: TestOrganisation, operation: str, requests: int) -> None:
    organisation.execute(
        "INSERT INTO rate_limits (operation, requests) VALUES (:operation, :requests)",
        operation=operation,
        requests=requests,
    )


def bearer_of(organisation: TestOrganisation, label: str) -> str:
    secret = new_secret()
    organisation.insert("credentials", kind="bearer", secret_hash=hash_secret(secret), person_id=organisation[label].id)
    return secret


@pytest.fixture
async def unlimited(services: Services) -> Services:
    """The same with the usual allowance."""
    limiter = RateLimiter(services.database, clock=lambda: 1_800_000_000.0)
    return msgspec.structs.replace(services, limiter=limiter)


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
    edge.hints.remember(claim.secret_hash, AccountType.STAFF, Account(1, uuid4().int % 10**15))

    answers = [await ask(edge, f"address of {uuid4()}") for _ in range(ALLOWANCE + 1)]

    assert [answer.status == 429 for answer in answers] == [False] * ALLOWANCE + [True]


async def test_the_three_apis_count_together(services: Services) -> None:
    address = f"address of {uuid4()}"
    kinds: tuple[type[Edge], ...] = (*EDGES, WebEdge)

    answers = [await ask(kind(services), address) for kind in kinds]

    assert [answer.status == 429 for answer in answers] == [False] * 3 + [True]


async def test_an_organisation_limits_its_accounts(
    unlimited: Services, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    edge, elsewhere = FieldEdge(unlimited), make_organisation()
    limit(organisation, EVERYTHING, ALLOWANCE)
    await unlimited.limiter.refresh()

    async def served(label: str, of: TestOrganisation) -> list[bool]:
        return [(await ask_as(edge, of[label].api_key, {None: PONG})).status < 300 for _ in range(ALLOWANCE + 1)]

    assert await served("admin", organisation) == [True] * ALLOWANCE + [False]
    assert await served("manager", organisation) == [True] * ALLOWANCE + [False]
    assert await served("admin", elsewhere) == [True] * (ALLOWANCE + 1)


async def test_the_first_request_of_a_credential_counts_too(
    unlimited: Services, organisation: TestOrganisation
) -> None:
    limit(organisation, "web pong", 1)
    await unlimited.limiter.refresh()
    edge = FieldEdge(unlimited)

    first = await ask_as(edge, organisation["admin"].api_key, {None: PONG})
    second = await ask_as(edge, organisation["admin"].api_key, {None: PONG})

    assert (first.status, second.status) == (204, 429)


async def test_each_operation_has_a_count_of_its_own(unlimited: Services, organisation: TestOrganisation) -> None:
    edge, key = ManageEdge(unlimited), bearer_of(organisation, "admin")
    limit(organisation, "web firstAction", LIMITED)
    await unlimited.limiter.refresh()

    first = [await ask_as(edge, key, SEVERAL, "first") for _ in range(LIMITED + 1)]
    second = [await ask_as(edge, key, SEVERAL, "second") for _ in range(LIMITED + 1)]

    assert [answer.status for answer in first] == [204, 204, 429]
    assert [answer.status for answer in second] == [204, 204, 204]


async def test_the_headers_tell_of_the_allowance_that_is_nearest_to_its_end(
    unlimited: Services, organisation: TestOrganisation
) -> None:
    edge, key = ManageEdge(unlimited), bearer_of(organisation, "admin")
    limit(organisation, "web firstAction", LIMITED)
    await unlimited.limiter.refresh()

    answers = [await ask_as(edge, key, SEVERAL, "first") for _ in range(LIMITED + 1)]
    other = await ask_as(edge, key, SEVERAL, "second")

    told = [(answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert told == [("2", "1"), ("2", "0"), ("2", "0")]
    assert answers[-1].headers["Retry-After"] == "60"
    assert other.headers["X-RateLimit-Limit"] == "1000000"


async def test_the_operator_limits_addresses(unlimited: Services) -> None:
    limiter = RateLimiter(
        unlimited.database,
        address_limits={EVERYTHING: 1000, "web ping": LIMITED},
        clock=lambda: 1_800_000_000.0,
    )
    edge, address = ManageEdge(msgspec.structs.replace(unlimited, limiter=limiter)), f"address of {uuid4()}"

    answers = [await ask(edge, address) for _ in range(LIMITED + 1)]

    assert [answer.status < 300 for answer in answers] == [True, True, False]
    assert (await ask(edge, f"address of {uuid4()}")).status < 300
    assert limiter.of_address(address) == Allowance(f"address {address}", 1000)


async def test_a_new_limit_counts_from_when_it_is_read(unlimited: Services, organisation: TestOrganisation) -> None:
    edge, key = FieldEdge(unlimited), organisation["admin"].api_key
    free = [await ask_as(edge, key, {None: PONG}) for _ in range(LIMITED + 3)]
    limit(organisation, "web pong", LIMITED)
    await unlimited.limiter.refresh()
    bound = [await ask_as(edge, key, {None: PONG}) for _ in range(LIMITED + 1)]
    organisation.execute("DELETE FROM rate_limits WHERE organisation_id = :o", o=organisation.id)
    await unlimited.limiter.refresh()
    free_again = await ask_as(edge, key, {None: PONG})

    assert {answer.status for answer in free} == {204}
    assert [answer.status for answer in bound] == [204, 204, 429]
    assert free_again.status == 204


async def test_several_processes_agree_on_an_operation(unlimited: Services, organisation: TestOrganisation) -> None:
    limit(organisation, "web pong", 7)
    edges = []
    for _ in range(3):
        limiter = RateLimiter(unlimited.database, clock=lambda: 1_800_000_000.0)
        await limiter.refresh()
        edges.append(FieldEdge(msgspec.structs.replace(unlimited, limiter=limiter)))

    answers = [await ask_as(edges[number % 3], organisation["admin"].api_key, {None: PONG}) for number in range(20)]

    # The first request of each process is answered before it is known whose it is, and counted afterwards.
    assert sum(answer.status == 204 for answer in answers) == 7


async def test_an_operation_without_a_limit_costs_no_statement_more(
    unlimited: Services, organisation: TestOrganisation
) -> None:
    limit(organisation, "web firstAction", LIMITED)
    await unlimited.limiter.refresh()
    limiter, account = unlimited.limiter, Account(organisation.id, organisation["admin"].id)

    assert limiter.of_account(account, "web pong") is None
    assert limiter.of_address("203.0.113.7", "web pong") is None
    assert limiter.of_account(account, "web firstAction") == Allowance(
        f"account {account.person_id} web firstAction", 2
    )
