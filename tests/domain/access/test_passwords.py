"""Passwords: what is checked, how long that takes, and how many at a time."""

import asyncio
import threading
from typing import Literal

import pytest
from argon2 import PasswordHasher

from firstfix.domain.access import passwords
from firstfix.domain.access.passwords import AT_A_TIME, PasswordChecks, TooManyChecks, hash_password
from tests.factories.waiting import PATIENCE_SECONDS, until


async def test_a_password_is_its_own_hashs_and_no_others() -> None:
    checks = PasswordChecks()
    mine = hash_password("mine")

    assert await checks.is_right(mine, "mine")
    assert not await checks.is_right(mine, "yours")
    assert not await checks.is_right(mine, "")
    assert not await checks.is_right(None, "mine")
    assert not await checks.is_right("no hash", "mine")
    assert not await checks.is_right(hash_password("x" * 2000), "x" * 2000)


async def test_where_there_is_no_account_argon2_runs_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 (argon2's name)
            verified.append(str(password))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Watched())
    await PasswordChecks().is_right(None, "a guess")

    assert verified == ["a guess"]


async def test_two_are_checked_at_a_time_and_the_event_loop_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0
    lock, gate = threading.Lock(), threading.Event()

    def check(password_hash: str | None, password: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait(PATIENCE_SECONDS)
        with lock:
            running -= 1
        return password == password_hash

    monkeypatch.setattr(passwords, "_is_right", check)
    checks = PasswordChecks()

    answers = asyncio.gather(*(checks.is_right("a", "a" if number % 2 else "b") for number in range(10)))
    await until(lambda: running == AT_A_TIME)  # which only a loop that goes on can see
    for _ in range(50):
        await asyncio.sleep(0.001)  # time for a third to come, if one could
    gate.set()

    assert await answers == [bool(number % 2) for number in range(10)]
    assert most == AT_A_TIME


async def test_a_line_that_is_too_long_is_not_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    monkeypatch.setattr(passwords, "_is_right", lambda *_: gate.wait(10))
    checks = PasswordChecks()
    waiting = [asyncio.create_task(checks.is_right(None, "x")) for _ in range(100)]
    await asyncio.sleep(0)

    with pytest.raises(TooManyChecks):
        await checks.is_right(None, "x")
    gate.set()
    assert await asyncio.gather(*waiting) == [True] * 100
    assert await checks.is_right(None, "x")
