"""Keeping promises in step, and telling of those that are about to be missed. The database's rows decide."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog
from sqlalchemy.exc import DBAPIError

from firstfix.domain.sla.alarms import raise_alarms
from firstfix.domain.sla.refreshing import refresh
from firstfix.domain.work import Work

_LOOK_EVERY_SECONDS = 1.0
_PAUSE_SECONDS = 0.01
"""Between two steps: what piled up does not take the whole database."""

_log = structlog.get_logger(__name__)


class KeepsPromises(Protocol):
    """The database as this uses it."""

    def work_on_refresh(self) -> AbstractAsyncContextManager[Work | None]:
        """Open a work for an organisation whose promises are to be refreshed; `None` where none are."""

    def work_on_alarms(self) -> AbstractAsyncContextManager[tuple[Work, tuple[int, ...]] | None]:
        """Open a work on jobs of one organisation whose alarms are due, locked; `None` where none are."""


async def keep_promises_for_ever(database: KeepsPromises) -> None:
    """Refresh and raise alarms step by step, and look again every second where there is nothing to do."""
    while True:
        has_moved = await keep_promises(database)
        await asyncio.sleep(_PAUSE_SECONDS if has_moved else _LOOK_EVERY_SECONDS)


async def keep_promises(database: KeepsPromises) -> bool:
    """Do the next step of each kind, each in a transaction of its own: a crash undoes that one and no more.

    Returns:
        Whether there was any to do, and it got somewhere. A step that fails, such as on a lock that somebody holds for
        long, is done again later.
    """
    moved = False
    for step in (_refresh, _raise_alarms):
        try:
            moved |= await step(database)
        except DBAPIError as failure:
            if failure.connection_invalidated:
                raise
            _log.exception("sla.step_failed")
    return moved


async def _refresh(database: KeepsPromises) -> bool:
    async with database.work_on_refresh() as work:
        return work is not None and await refresh(work)


async def _raise_alarms(database: KeepsPromises) -> bool:
    async with database.work_on_alarms() as due:
        if due is None:
            return False
        work, job_ids = due
        count = await raise_alarms(work, job_ids)
    _log.info("sla.alarms_raised", count=count)
    return count > 0
