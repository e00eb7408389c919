"""The line before the connections: who goes next, and who is turned away."""

import asyncio
from collections.abc import AsyncIterator, Hashable

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from firstfix.adapters import turns
from firstfix.adapters.turns import LONGEST_LINE, Turns
from tests.factories.waiting import until


class Crowd:
    """Callers who take turns, and the order in which they were let in."""

    def __init__(self, places: int) -> None:
        self.turns = Turns(places)
        self.admitted: list[Hashable] = []
        self._leaving: list[asyncio.Event] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, *callers: Hashable) -> None:
        for caller in callers:
            self.tasks.append(asyncio.create_task(self._take_turn(caller)))
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)

    async def let_one_go(self) -> None:
        self._leaving.pop(0).set()
        for _ in range(5):
            await asyncio.sleep(0)

    async def _take_turn(self, caller: Hashable) -> None:
        async with self.turns.turn(caller):
            self.admitted.append(caller)
            leaving = asyncio.Event()
            self._leaving.append(leaving)
            await leaving.wait()


@pytest.fixture
async def crowd() -> AsyncIterator[Crowd]:
    crowd = Crowd(4)
    yield crowd
    for task in crowd.tasks:
        task.cancel()
    await asyncio.gather(*crowd.tasks, return_exceptions=True)


async def test_one_caller_leaves_the_last_quarter_to_others(crowd: Crowd) -> None:
    await crowd.come("a", "a", "a", "a", "a")
    assert crowd.admitted == ["a"] * 3

    await crowd.come("b")
    assert crowd.admitted == ["a", "a", "a", "b"]


async def test_the_next_place_is_of_whoever_holds_the_fewest(crowd: Crowd) -> None:
    await crowd.come("a", "a", "b", "c", "a", "b", "d")
    assert crowd.admitted == ["a", "a", "b", "c"]

    await crowd.let_one_go()
    assert crowd.admitted[4:] == ["d"]
    await crowd.let_one_go()
    assert crowd.admitted[5:] == ["a"]


async def test_of_equals_who_came_first_goes_first(crowd: Crowd) -> None:
    await crowd.come("a", "b", "c", "d", "e", "f")

    await crowd.let_one_go()
    await crowd.let_one_go()

    assert crowd.admitted[4:] == ["e", "f"]


async def test_the_unknown_are_nobody_else(crowd: Crowd) -> None:
    await crowd.come(None, None, None, None)

    assert len(crowd.admitted) == 4


async def test_a_single_place_goes_round() -> None:
    only = Turns(1)
    for _ in range(3):
        async with only.turn("a"):
            pass


async def test_who_goes_away_while_waiting_or_working_keeps_no_place(crowd: Crowd) -> None:
    await crowd.come("a", "b", "c", "d", "e", "f")
    working, waiting = crowd.tasks[0], crowd.tasks[4]

    waiting.cancel()
    await asyncio.wait([waiting])
    working.cancel()
    await asyncio.wait([working])
    await until(lambda: len(crowd.admitted) == 5)

    assert crowd.admitted[4:] == ["f"]


async def test_who_goes_away_as_their_turn_comes_hands_it_on() -> None:
    only = Turns(1)
    admitted: list[str] = []

    async def take_turn(name: str) -> None:
        async with only.turn(name):
            admitted.append(name)

    async with only.turn("first"):
        second, third = asyncio.create_task(take_turn("second")), asyncio.create_task(take_turn("third"))
        await asyncio.sleep(0)
    second.cancel()  # it has the place already and has not noticed
    await asyncio.wait([second, third])

    assert admitted == ["third"]


async def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.01)
    only = Turns(1)

    async with only.turn("a"):
        with pytest.raises(PoolTimeout):
            async with only.turn("b"):
                pass
    async with only.turn("b"):
        pass


async def test_a_line_that_is_too_long_is_not_joined(crowd: Crowd) -> None:
    await crowd.come(*range(4 + LONGEST_LINE))

    with pytest.raises(PoolTimeout):
        async with crowd.turns.turn("late"):
            pass
