"""Allowances: what one process counts, what several agree on, and what a read costs."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from firstfix.adapters.database import Database
from firstfix.domain.access.rate_limits import DEFAULT_ALLOWANCE, Allowance, RateLimiter
from firstfix.kit.key_file import KeyFile


class CountedDatabase:
    """A database that counts what it is asked."""

    def __init__(self, inner: Database) -> None:
        self.inner = inner
        self.asked = 0

    async def read_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        self.asked += 1
        return await self.inner.read_one(statement, parameters)


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def database(database_url: str, tmp_path: Path) -> AsyncIterator[CountedDatabase]:
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"))
    await database.open()
    yield CountedDatabase(database)
    await database.close()


@pytest.fixture
def subject() -> str:
    return f"address {uuid4()}"


def of(subject: str, requests: int = DEFAULT_ALLOWANCE) -> Allowance:
    return Allowance(subject, requests)


async def test_an_ordinary_caller_costs_no_statement(database: CountedDatabase, subject: str) -> None:
    limiter = RateLimiter(database)

    standings = [await limiter.take(of(subject)) for _ in range(1000)]

    assert database.asked == 0
    assert [standing.remaining for standing in standings] == list(range(999_999, 998_999, -1))
    assert not any(standing.is_refused for standing in standings)


async def test_a_busy_caller_costs_a_statement_now_and_then(database: CountedDatabase, subject: str) -> None:
    limiter = RateLimiter(database, clock=Clock())
    for _ in range(20_000):
        await limiter.take(of(subject))

    assert database.asked == 2
    assert limiter.standing(of(subject)).remaining == 980_000


@pytest.mark.parametrize("allowance", [1, 7, 60, 5000])
async def test_one_process_serves_the_allowance_exactly(
    database: CountedDatabase, subject: str, allowance: int
) -> None:
    limiter = RateLimiter(database, clock=Clock())

    standings = [await limiter.take(of(subject, allowance)) for _ in range(allowance + 50)]

    served = [standing for standing in standings if not standing.is_refused]
    assert len(served) == allowance
    assert [standing.remaining for standing in served] == list(range(allowance - 1, -1, -1))
    assert {standing.remaining for standing in standings[allowance:]} == {0}


async def test_many_at_once_are_served_the_allowance_exactly(database: CountedDatabase, subject: str) -> None:
    limiter = RateLimiter(database, clock=Clock())

    standings = await asyncio.gather(*(limiter.take(of(subject, 70)) for _ in range(200)))

    assert sum(not standing.is_refused for standing in standings) == 70
    assert database.asked <= 71


async def test_a_refused_caller_costs_no_statement(database: CountedDatabase, subject: str) -> None:
    limiter = RateLimiter(database, clock=Clock())
    for _ in range(5):
        await limiter.take(of(subject, 3))
    asked = database.asked

    standings = [await limiter.take(of(subject, 3)) for _ in range(100)]

    assert all(standing.is_refused for standing in standings)
    assert database.asked == asked


@pytest.mark.parametrize(("allowance", "most"), [(60, 60), (5000, 5010), (100_000, 100_300)])
async def test_three_processes_agree_to_within_a_little(
    database: CountedDatabase, subject: str, allowance: int, most: int
) -> None:
    clock = Clock()
    limiters = [RateLimiter(database, clock=clock) for _ in range(3)]
    served = 0
    for number in range(allowance + 2000):
        served += not (await limiters[number % 3].take(of(subject, allowance))).is_refused

    assert allowance * 0.96 <= served <= most


async def test_the_next_minute_begins_anew(database: CountedDatabase, subject: str) -> None:
    clock = Clock()
    limiter = RateLimiter(database, clock=clock)
    standings = [await limiter.take(of(subject, 2)) for _ in range(3)]
    clock.now += standings[-1].seconds
    afterwards = await limiter.take(of(subject, 2))

    assert [standing.is_refused for standing in standings] == [False, False, True]
    assert not afterwards.is_refused
    assert afterwards.resets_at == standings[-1].resets_at + 60


async def test_asking_how_one_stands_counts_nothing(database: CountedDatabase, subject: str) -> None:
    limiter = RateLimiter(database, clock=Clock())
    await limiter.take(of(subject, 5))

    assert {limiter.standing(of(subject, 5)).remaining for _ in range(10)} == {4}
    assert limiter.standing(of("address of somebody else", 5)).limit == 5
