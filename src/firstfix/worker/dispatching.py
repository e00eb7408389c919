"""Dispatching deferred jobs when they are due. The database's row decides; here it is only looked for."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog
from sqlalchemy.exc import DBAPIError

from firstfix.domain.errors import Refusal
from firstfix.domain.jobs.dispatching import DUE_CHANNEL, dispatch_due_job
from firstfix.domain.work import Work
from firstfix.kit.sealing import SealingError

_LOOK_EVERY_SECONDS = 1.0
_PAUSE_SECONDS = 0.01
"""Between two jobs: what piled up while no worker ran does not take the whole database."""
_HOLD_BACK_SECONDS = 60.0

_log = structlog.get_logger(__name__)


class FindsDueJobs(Protocol):
    """The database as the dispatcher uses it."""

    def work_on_due_job(self, passing_over: tuple[int, ...]) -> AbstractAsyncContextManager[tuple[Work, int] | None]:
        """Open a work on the job that has been due for longest, locked; `None` where none is due."""

    def listening(self, channel: str) -> AbstractAsyncContextManager[Callable[[float], Awaitable[None]]]:
        """Listen to a channel: gives what waits for the next word, at most so many seconds."""


async def dispatch_for_ever(database: FindsDueJobs) -> None:
    """Dispatch what is due, oldest first, and look again every second or when the database tells of something."""
    held_back = HeldBack()
    async with database.listening(DUE_CHANNEL) as wait:
        while True:
            if await dispatch_next(database, held_back):
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                await wait(_LOOK_EVERY_SECONDS)


class HeldBack:
    """Things that failed, by id, such as jobs whose dispatch did: the others do not wait for them."""

    def __init__(self) -> None:
        self._until: dict[int, float] = {}

    def add(self, id_: int) -> None:
        """Leave a thing alone for a minute."""
        self._until[id_] = time.monotonic() + _HOLD_BACK_SECONDS

    def ids(self) -> tuple[int, ...]:
        """Give the things to leave alone now."""
        now = time.monotonic()
        self._until = {id_: until for id_, until in self._until.items() if until > now}
        return tuple(self._until)


async def dispatch_next(database: FindsDueJobs, held_back: HeldBack) -> bool:
    """Dispatch the job that has been due for longest, in a transaction of its own: a crash undoes that one and no more.

    Returns:
        Whether one was due.
    """
    job_id = None
    try:
        async with database.work_on_due_job(held_back.ids()) as due:
            if due is None:
                return False
            work, job_id = due
            ids = await dispatch_due_job(work, job_id)
    except (Refusal, SealingError, DBAPIError) as failure:
        if job_id is None or (isinstance(failure, DBAPIError) and failure.connection_invalidated):
            raise
        held_back.add(job_id)
        _log.exception("jobs.dispatch_failed", job_id=job_id)
        return True
    _log.info("jobs.dispatched", job_id=ids.id)
    return True
