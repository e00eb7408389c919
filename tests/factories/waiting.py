"""Waiting for what a test can look at: never for a time that ought to be long enough."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from sqlalchemy import text

from firstfix.domain.work import Work

PATIENCE_SECONDS = 300
"""Long, for a loaded machine: only a test that fails waits until its end."""
_IS_AWAITED = text("SELECT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid)))")


def wait_until(is_so: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Look again and again until it is so, and fail where that takes too long."""
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, "it did not happen in time"
        time.sleep(0.02)


async def until(is_so: Callable[[], object] | Callable[[], Awaitable[object]]) -> None:
    """Do the same and let the event loop go on."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = is_so()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.02)


class Hold:
    """Keeps the first of two transactions open until the database says that the second waits for it."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    async def __call__(self, work: Work) -> None:
        self._begun.set()
        await until(lambda: work.session.scalar(_IS_AWAITED))

    async def begun(self) -> None:
        """Wait until the first holds its locks."""
        await until(self._begun.is_set)
