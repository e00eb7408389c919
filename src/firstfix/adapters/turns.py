"""Who gets the next free connection, when more work at once than there are connections.

Fifty programs that write the same job wait for its row one after the other, and each holds a connection while it does.
Without a rule they would hold all of them, and everybody else would be turned away with them.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from msgspec import Struct
from sqlalchemy.exc import TimeoutError as PoolTimeout

PATIENCE_SECONDS = 15.0
LONGEST_LINE = 200
_KEPT_FOR_OTHERS = 4  # one in so many places


class _Waiting(Struct, eq=False):
    caller: Hashable
    admitted: asyncio.Event


class Turns:
    """A fair line before a number of places.

    The next place goes to whoever holds the fewest, and of those to who came first. One caller never holds the last
    quarter, however many others there are.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._most_of_one = places - places // _KEPT_FOR_OTHERS
        self._held: Counter[Hashable] = Counter()
        self._line: list[_Waiting] = []

    @asynccontextmanager
    async def turn(self, caller: Hashable | None = None) -> AsyncIterator[None]:
        """Take a place, waiting for it.

        Args:
            caller: Whose turn it is; `None` for somebody who is not known, and counts as nobody else.

        Raises:
            PoolTimeout: None came free in time, or too many wait already: the server is busy.
        """
        waiting = _Waiting(object() if caller is None else caller, asyncio.Event())
        await self._enter(waiting)
        try:
            yield
        finally:
            self._leave(waiting)

    async def _enter(self, waiting: _Waiting) -> None:
        if len(self._line) >= LONGEST_LINE:
            raise PoolTimeout("Too many wait for a connection already.")
        self._line.append(waiting)
        self._admit()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await waiting.admitted.wait()
        except BaseException as error:  # whoever stops waiting, also by going away, must not keep a place
            if waiting.admitted.is_set():
                self._leave(waiting)
            else:
                self._line.remove(waiting)
            if isinstance(error, TimeoutError):
                raise PoolTimeout("No connection came free in time.") from error
            raise

    def _leave(self, waiting: _Waiting) -> None:
        self._free += 1
        self._held[waiting.caller] -= 1
        if not self._held[waiting.caller]:
            del self._held[waiting.caller]
        self._admit()

    def _admit(self) -> None:
        while self._free:
            may_enter = [one for one in self._line if self._held[one.caller] < self._most_of_one]
            if not may_enter:
                return
            following = min(may_enter, key=lambda one: self._held[one.caller])
            self._line.remove(following)
            self._free -= 1
            self._held[following.caller] += 1
            following.admitted.set()
