"""How many requests an account or an address may make in a minute, over all web processes.

Each process counts for itself and takes leases from a shared, unlogged row only when it has served the first
thousandth of an allowance. So a read of an ordinary caller writes nothing, several processes agree to within a few
percent, and a caller whose allowance is used up costs no statement at all.
"""

import asyncio
import hashlib
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from msgspec import Struct

DEFAULT_ALLOWANCE: Final = 1_000_000
_SECONDS = 60
_UNSHARED_PART = 1000
_LEASE_PART = 64
_REMEMBERED_SUBJECTS = 100_000
_LEASE = "SELECT lease_requests(%(subject_hash)s, %(minute)s, %(wanted)s, %(allowance)s)"


class RunsStatements(Protocol):
    """Where a statement is a transaction of its own."""

    async def read_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run one statement and return its first row."""


class Standing(Struct, frozen=True, kw_only=True):
    """What is left of an allowance.

    Args:
        resets_at: When the next minute begins, as Unix time.
        seconds: How long until then, at least 1.
    """

    limit: int
    remaining: int
    resets_at: int
    seconds: int
    is_refused: bool = False


class _Tally:
    """One subject's count in one minute, as this process knows it."""

    def __init__(self, unshared: int) -> None:
        self.left = unshared
        self.untold = unshared
        self.taken_by_all = unshared
        self.is_used_up = False
        self.line = asyncio.Lock()


class RateLimiter:
    """The one owner of the limits of requests: what is allowed, and what has been used.

    Args:
        database: Where leases are taken.
        allowance: Requests a minute for each subject.
        clock: Unix time.
    """

    def __init__(
        self,
        database: RunsStatements,
        *,
        allowance: int = DEFAULT_ALLOWANCE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._allowance = allowance
        self._clock = clock
        self._minute = 0
        self._tallies: dict[str, _Tally] = {}

    async def take(self, subject: str) -> Standing:
        """Count one request of a subject, such as `address 203.0.113.7`.

        Returns:
            What is left; refused where nothing was.
        """
        tally = self._tally_of(subject)
        minute = self._minute
        if tally.left == 0:
            async with tally.line:  # of many who find nothing left, one asks
                if tally.left == 0 and not tally.is_used_up:
                    await self._lease(subject, minute, tally)
        if tally.is_used_up:
            return self._standing_of(tally, is_refused=True)
        tally.left -= 1
        return self._standing_of(tally)

    def standing(self, subject: str) -> Standing:
        """Tell what is left, without counting."""
        return self._standing_of(self._tally_of(subject))

    async def _lease(self, subject: str, minute: int, tally: _Tally) -> None:
        lease = max(1, self._allowance // _LEASE_PART)
        row = await self._database.read_one(
            _LEASE,
            {
                "subject_hash": hashlib.sha256(subject.encode()).digest(),
                "minute": minute,
                "wanted": lease + tally.untold,
                "allowance": self._allowance,
            },
        )
        taken: int | None = row[0] if row else None
        tally.untold = 0
        if taken is not None:
            tally.left = max(0, min(lease, self._allowance - (taken - lease)))
        tally.taken_by_all = self._allowance if taken is None else min(taken, self._allowance)
        tally.is_used_up = tally.left == 0

    def _tally_of(self, subject: str) -> _Tally:
        minute = int(self._clock()) // _SECONDS
        if minute != self._minute or len(self._tallies) >= _REMEMBERED_SUBJECTS:
            self._minute = minute
            self._tallies.clear()
        tally = self._tallies.get(subject)
        if tally is None:
            tally = self._tallies[subject] = _Tally(self._allowance // _UNSHARED_PART)
        return tally

    def _standing_of(self, tally: _Tally, *, is_refused: bool = False) -> Standing:
        resets_at = (self._minute + 1) * _SECONDS
        return Standing(
            limit=self._allowance,
            remaining=self._allowance - tally.taken_by_all + tally.left,
            resets_at=resets_at,
            seconds=max(1, math.ceil(resets_at - self._clock())),
            is_refused=is_refused,
        )
