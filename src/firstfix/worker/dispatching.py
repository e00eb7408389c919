"""Dispatching deferred jobs when they are due. The database's row decides; here it is only looked for."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from firstfix.domain.jobs.dispatching import DUE_CHANNEL, dispatch_due_job
from firstfix.domain.work import Work
from firstfix.worker.steps import STEP_FAILURES, HeldBack, take_steps

_LOOK_EVERY_SECONDS = 1.0
_PAUSE_SECONDS = 0.01
"""Between two jobs: what piled up while no worker ran does not take the whole database."""

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

        async def step() -> float:
            if await dispatch_next(database, held_back):
                return _PAUSE_SECONDS
            await wait(_LOOK_EVERY_SECONDS)
            return 0.0

        await take_steps("dispatch", step)


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
    except STEP_FAILURES as failure:
        held_back.add(failure, "jobs.dispatch_failed", job_id=job_id)
        return True
    held_back.went_well((job_id,))
    _log.info("jobs.dispatched", job_id=ids.id)
    return True
