"""What was refused to whom, noted while requests go on and kept for the audit log a moment later.

A request pays for a look into a dictionary. The same refusal again within a minute is counted, not noted again, and no
more than so many different ones are held, of one address and of all: whoever is refused a thousand times a second fills
neither memory nor disk, and does not crowd out others.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog
from msgspec import Struct

from firstfix.domain.history.audit import Refused
from firstfix.domain.history.commands import KeepsRefusals, keep_refusals
from firstfix.domain.work import Source

MOST_HELD: Final = 1_000
MOST_OF_ADDRESS: Final = 100
COUNTED_FOR_SECONDS: Final = 60.0
_LONGEST_TEXT = 200

_log = structlog.get_logger(__name__)


class Attempt(Struct, frozen=True, kw_only=True):
    """Something that was refused: to whoever has a credential, or tried to sign in with an address."""

    secret_hash: bytes | None = None
    email: str | None = None
    address: str
    source: Source
    operation: str
    code: str


class _Noted:
    """How often an attempt was refused since it was last kept."""

    def __init__(self, *, due_at: float) -> None:
        self.due_at = due_at
        self.times = 0
        self.first_at = 0.0
        self.request_id = ""


class RefusalLog:
    """The refusals of one web process that are not kept yet.

    Args:
        clock: Unix time.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._noted: dict[Attempt, _Noted] = {}
        self._by_address: Counter[str] = Counter()
        self._dropped_count = 0

    def note(self, attempt: Attempt, *, request_id: str) -> None:
        """Note that an attempt was refused."""
        now = self._clock()
        noted = self._noted.get(attempt)
        if noted is None:
            if len(self._noted) >= MOST_HELD or self._by_address[attempt.address] >= MOST_OF_ADDRESS:
                self._dropped_count += 1
                return
            self._by_address[attempt.address] += 1
            noted = self._noted[attempt] = _Noted(due_at=now)
        if noted.times == 0:
            noted.first_at, noted.request_id = now, request_id
        noted.times += 1

    async def keep(self, database: KeepsRefusals, *, everything: bool = False) -> None:
        """Keep what is due: the first of its kind at once, those that follow it within a minute together after that.

        What cannot be kept now stays for the next time.

        Args:
            database: Where to.
            everything: Also what is not due yet: the process ends.
        """
        now = self._clock()
        due = {attempt: noted for attempt, noted in self._noted.items() if everything or noted.due_at <= now}
        told = {attempt: noted.times for attempt, noted in due.items() if noted.times}
        if told:
            await keep_refusals(
                database, [_write(attempt, self._noted[attempt], times) for attempt, times in told.items()]
            )
        for attempt, noted in due.items():
            if attempt in told:
                noted.times -= told[attempt]
                noted.first_at = now
                noted.due_at = now + COUNTED_FOR_SECONDS
            else:
                del self._noted[attempt]
                self._by_address -= Counter((attempt.address,))  # who has none left goes from it
        if self._dropped_count:
            _log.warning("refusals.dropped", count=self._dropped_count)
            self._dropped_count = 0


def _write(attempt: Attempt, noted: _Noted, times: int) -> Refused:
    return Refused(
        secret_hash=None if attempt.secret_hash is None else attempt.secret_hash.hex(),
        email=None if attempt.email is None else _plain(attempt.email),
        at=datetime.fromtimestamp(noted.first_at, UTC).isoformat(),
        address=attempt.address,
        source=attempt.source,
        request_id=noted.request_id,
        operation=_plain(attempt.operation),
        code=attempt.code,
        times=times,
    )


def _plain(given: str) -> str:
    """Cut what a caller wrote to a length that fits a log, and leave nothing in it that cannot be printed."""
    return "".join(character if character.isprintable() else "�" for character in given[:_LONGEST_TEXT])
