"""How many requests an account or an address may make in a minute, over all web processes.

Each process counts for itself and takes leases from a shared, unlogged row only when it has served the first
thousandth of an allowance. So a read of an ordinary caller writes nothing, several processes agree to within a few
percent, and a caller whose allowance is used up costs no statement at all.

What organisations allow their accounts is read for all of them at once, every few seconds, and never for a request.
"""

import asyncio
import hashlib
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Protocol

import msgspec
from msgspec import Struct

DEFAULT_ALLOWANCE: Final = 1_000_000
EVERYTHING: Final = ""
"""The name under which all requests together are limited, beside the names of single operations."""
_SECONDS = 60
_UNSHARED_PART = 1000
_LEASE_PART = 64
_REMEMBERED_SUBJECTS = 100_000
_LEASE = "SELECT lease_requests(%(subject_hash)s, %(minute)s, %(wanted)s, %(allowance)s)"
_LIMITS = "SELECT limits_of_all()"

Limits = Mapping[str, int]
"""Requests a minute by the name of an operation; those of all together under `EVERYTHING`."""


class RunsStatements(Protocol):
    """Where a statement is a transaction of its own."""

    async def read_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run one statement and return its first row."""


class Account(NamedTuple):
    """Who is counted: somebody, and whose organisation limits them."""

    organisation_id: int
    person_id: int


class Allowance(NamedTuple):
    """Who may send how many requests a minute. A subject is like `address 203.0.113.7`, or that and an operation."""

    subject: str
    requests: int


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

    def __init__(self, allowance: int) -> None:
        self.allowance = allowance
        self.left = self.untold = self.taken_by_all = allowance // _UNSHARED_PART
        self.is_used_up = False
        self.line = asyncio.Lock()


class RateLimiter:
    """The one owner of the limits of requests: what is allowed, and what has been used.

    Args:
        database: Where leases are taken and limits are read.
        allowance: Requests a minute for each address, and for each account that its organisation does not limit.
        address_limits: Those of each address, where they are other ones.
        clock: Unix time.
    """

    def __init__(
        self,
        database: RunsStatements,
        *,
        allowance: int = DEFAULT_ALLOWANCE,
        address_limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._allowance = allowance
        self._address_limits = address_limits or {}
        self._account_limits: dict[int, Limits] = {}
        self._clock = clock
        self._minute = 0
        self._tallies: dict[str, _Tally] = {}

    async def refresh(self) -> None:
        """Read what all organisations allow their accounts. A count that a new limit is for begins anew."""
        row = await self._database.read_one(_LIMITS, {})
        self._account_limits = msgspec.convert(row[0] if row else {}, dict[int, dict[str, int]], strict=False)

    def of_address(self, address: str, operation: str = EVERYTHING) -> Allowance | None:
        """Give what an address may send; of an operation, where it is limited by itself."""
        requests = self._address_limits.get(operation)
        if operation:
            return None if requests is None else Allowance(f"address {address} {operation}", requests)
        return Allowance(f"address {address}", requests or self._allowance)

    def of_account(self, account: Account, operation: str = EVERYTHING) -> Allowance | None:
        """Give what an account may send; of an operation, where it is limited by itself."""
        limits = self._account_limits.get(account.organisation_id)
        requests = None if limits is None else limits.get(operation)
        if operation:
            return None if requests is None else Allowance(f"account {account.person_id} {operation}", requests)
        return Allowance(f"account {account.person_id}", requests or self._allowance)

    async def take(self, allowance: Allowance) -> Standing:
        """Count one request.

        Returns:
            What is left; refused where nothing was.
        """
        tally = self._tally_of(allowance)
        minute = self._minute
        if tally.left == 0:
            async with tally.line:  # of many who find nothing left, one asks
                if tally.left == 0 and not tally.is_used_up:
                    await self._lease(allowance, minute, tally)
        if tally.is_used_up:
            return self._standing_of(tally, is_refused=True)
        tally.left -= 1
        return self._standing_of(tally)

    def take_late(self, allowance: Allowance) -> None:
        """Count one request that was answered before anybody knew whose it was. Asks nobody: the next lease tells."""
        tally = self._tally_of(allowance)
        if tally.left > 0:
            tally.left -= 1
        else:
            tally.untold += 1
            tally.taken_by_all += 1

    def standing(self, allowance: Allowance) -> Standing:
        """Tell what is left, without counting."""
        return self._standing_of(self._tally_of(allowance))

    async def _lease(self, allowance: Allowance, minute: int, tally: _Tally) -> None:
        lease = max(1, allowance.requests // _LEASE_PART)
        row = await self._database.read_one(
            _LEASE,
            {
                "subject_hash": hashlib.sha256(allowance.subject.encode()).digest(),
                "minute": minute,
                "wanted": lease + tally.untold,
                "allowance": allowance.requests,
            },
        )
        taken: int | None = row[0] if row else None
        tally.untold = 0
        if taken is not None:
            tally.left = max(0, min(lease, allowance.requests - (taken - lease)))
        tally.taken_by_all = allowance.requests if taken is None else min(taken, allowance.requests)
        tally.is_used_up = tally.left == 0

    def _tally_of(self, allowance: Allowance) -> _Tally:
        minute = int(self._clock()) // _SECONDS
        if minute != self._minute or len(self._tallies) >= _REMEMBERED_SUBJECTS:
            self._minute = minute
            self._tallies.clear()
        tally = self._tallies.get(allowance.subject)
        if tally is None or tally.allowance != allowance.requests:
            tally = self._tallies[allowance.subject] = _Tally(allowance.requests)
        return tally

    def _standing_of(self, tally: _Tally, *, is_refused: bool = False) -> Standing:
        resets_at = (self._minute + 1) * _SECONDS
        return Standing(
            limit=tally.allowance,
            remaining=tally.allowance - tally.taken_by_all + tally.left,
            resets_at=resets_at,
            seconds=max(1, math.ceil(resets_at - self._clock())),
            is_refused=is_refused,
        )
