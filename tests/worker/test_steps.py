"""Whatever fails in the worker for a moment, or for one thing, costs nothing else, and is told of once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg.errors
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.testing import capture_logs

from firstfix.adapters.database import Database
from firstfix.domain.errors import Conflict
from firstfix.domain.upkeep import drop_expired_access
from firstfix.kit.failures import advise
from firstfix.kit.sealing import SealingError
from firstfix.worker import run, steps
from firstfix.worker.auditing import audit_for_ever
from firstfix.worker.dispatching import dispatch_for_ever
from firstfix.worker.films import Studio, make_films_for_ever
from firstfix.worker.mailing import Outlet, remind_for_ever, send_for_ever
from firstfix.worker.promises import keep_promises_for_ever
from firstfix.worker.steps import HeldBack, take_steps
from tests.factories.waiting import until
from tests.fakes.films import MemoryFilms
from tests.fakes.storage import MemoryStorage

FAILURES: dict[str, Exception] = {
    "no connection": PoolTimeout("No connection came free in time."),
    "no key": SealingError("The key k9 is missing."),
    "a lock": OperationalError("UPDATE", {}, psycopg.errors.LockNotAvailable("locked")),
    "a connection lost": OperationalError("UPDATE", {}, psycopg.OperationalError("gone"), connection_invalidated=True),
    "a row": IntegrityError("INSERT", {}, psycopg.errors.UniqueViolation("twice")),
    "a refusal": Conflict("It is archived."),
}


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_REST_SECONDS", 0.0)


class BusyDatabase:
    """A database that lets nobody in, and counts who comes."""

    def __init__(self, failure: Exception) -> None:
        self.failure = failure
        self.asked = 0

    def __getattr__(self, name: str) -> Callable[..., "BusyDatabase"]:
        """Open whatever a loop opens, as far as the first step into it."""
        return lambda *_, **__: self

    async def __aenter__(self) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        raise self.failure

    async def __aexit__(self, *_: object) -> None:
        """Nothing was opened."""

    @asynccontextmanager
    async def listening(self, _: str) -> AsyncIterator[Callable[[float], Awaitable[None]]]:
        async def wait(_: float) -> None:
            await asyncio.sleep(0)

        yield wait


LOOPS: dict[str, Callable[[Any], Awaitable[None]]] = {
    "audit": audit_for_ever,
    "dispatch": dispatch_for_ever,
    "promises": keep_promises_for_ever,
    "reminders": remind_for_ever,
    "mail": lambda database: send_for_ever(database, cast("Outlet", None)),
    "sending": lambda database: send_for_ever(database, cast("Outlet", object())),
    "films": lambda database: make_films_for_ever(database, Studio(storage=MemoryStorage(), films=MemoryFilms())),
    "fold": run._fold_for_ever,  # noqa: SLF001 (a loop like the others)
    "catching up": lambda database: run._catch_up(database, drop_expired_access),  # noqa: SLF001
}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
async def test_a_loop_goes_on_after_a_busy_moment_and_tells_of_it_once(
    loop: Callable[[Any], Awaitable[None]], failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_FOLD_EVERY_SECONDS", 0.0)
    database = BusyDatabase(failure)
    with capture_logs() as logs:
        working = asyncio.ensure_future(loop(cast("Database", database)))
        await until(lambda: database.asked > 20 or working.done())
        working.cancel()
        await asyncio.wait([working])

    assert working.cancelled()
    told = [entry for entry in logs if entry["event"] == "worker.step_failed"]
    assert 1 <= len(told) <= 4, "once for each that sends"
    assert told[0]["advice"] == advise(failure)


async def test_what_goes_well_again_is_told_and_failing_again_is_news() -> None:
    busy = FAILURES["no connection"]
    outcomes: list[Exception | float | None] = [busy, busy, 0.0, 0.0, busy, None]

    async def step() -> float | None:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    with capture_logs() as logs:
        await take_steps("trying", step)

    failed, goes_on = "worker.step_failed", "worker.step_goes_on"
    assert [entry["event"] for entry in logs] == [failed, goes_on, failed, goes_on]
    assert {entry["step"] for entry in logs} == {"trying"}


async def test_a_bug_is_not_passed_over() -> None:
    async def step() -> float:
        raise KeyError

    with pytest.raises(KeyError):
        await take_steps("trying", step)


def test_for_each_failure_there_is_something_to_do() -> None:
    advices = [advise(failure) for failure in FAILURES.values()]

    assert len(set(advices)) == len(FAILURES) - 1, "a lock and a lost connection are both the database's"
    assert all("tried again later" in advice for advice in advices)


def test_what_fails_again_and_again_is_news_once() -> None:
    held_back = HeldBack()

    with capture_logs() as logs:
        for job_id in (1, 1, 2):
            held_back.add(FAILURES["a row"], "jobs.failed", job_id=job_id)
        held_back.went_well((1,))
        held_back.add(FAILURES["a row"], "jobs.failed", job_id=1)

    assert [entry["job_id"] for entry in logs] == [1, 2, 1]
    assert {entry["advice"] for entry in logs} == {advise(FAILURES["a row"])}
    assert held_back.ids() == (1, 2)


@pytest.mark.parametrize(("failure", "job_id"), [("a row", None), ("no connection", 1), ("a connection lost", 1)])
def test_what_is_no_things_fault_is_held_back_from_none(failure: str, job_id: int | None) -> None:
    held_back = HeldBack()

    with pytest.raises(type(FAILURES[failure])):
        held_back.add(FAILURES[failure], "jobs.failed", job_id=job_id)

    assert held_back.ids() == ()
