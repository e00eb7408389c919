"""Keeping promises in step, and telling of those that are about to be missed. The database's rows decide."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from firstfix.domain.sla.alarms import JOBS_OF_A_STEP, raise_alarms
from firstfix.domain.sla.refreshing import refresh
from firstfix.domain.work import Work
from firstfix.kit.failures import is_of_the_moment
from firstfix.worker.steps import STEP_FAILURES, HeldBack, take_steps

_LOOK_EVERY_SECONDS = 1.0
_PAUSE_SECONDS = 0.01
"""Between two steps: what piled up does not take the whole database."""

_log = structlog.get_logger(__name__)


class KeepsPromises(Protocol):
    """The database as this uses it."""

    def work_on_refresh(self, passing_over: tuple[int, ...]) -> AbstractAsyncContextManager[Work | None]:
        """Open a work for an organisation whose promises are to be refreshed; `None` where none are."""

    def work_on_alarms(
        self, passing_over: tuple[int, ...], *, most: int
    ) -> AbstractAsyncContextManager[tuple[Work, tuple[int, ...]] | None]:
        """Open a work on jobs of one organisation whose alarms are due, locked; `None` where none are."""


async def keep_promises_for_ever(database: KeepsPromises) -> None:
    """Refresh and raise alarms step by step, and look again every second where there is nothing to do."""
    keeper = PromiseKeeper(database)

    async def step() -> float:
        return _PAUSE_SECONDS if await keeper.keep() else _LOOK_EVERY_SECONDS

    await take_steps("promises", step)


class PromiseKeeper:
    """Keeps promises, and remembers what failed: an organisation's refresh, or the alarm of a job."""

    def __init__(self, database: KeepsPromises) -> None:
        self._database = database
        self._organisations = HeldBack()
        self._jobs = HeldBack()
        self._at_once = JOBS_OF_A_STEP

    async def keep(self) -> bool:
        """Do the next step of each kind, each in a transaction of its own: a crash undoes that one and no more.

        Returns:
            Whether there was any to do, and it got somewhere.
        """
        has_refreshed = await self._refresh()
        return await self._raise_alarms() or has_refreshed

    async def _refresh(self) -> bool:
        organisation_id = None
        try:
            async with self._database.work_on_refresh(self._organisations.ids()) as work:
                if work is None:
                    return False
                organisation_id = work.actor.organisation_id
                has_moved = await refresh(work)
        except STEP_FAILURES as failure:
            self._organisations.add(failure, "sla.refresh_failed", organisation_id=organisation_id)
            return True
        self._organisations.went_well((organisation_id,))
        return has_moved

    async def _raise_alarms(self) -> bool:
        """Raise what is due: many together, and one by one after that has failed, until the one is found."""
        job_ids: tuple[int, ...] = ()
        try:
            async with self._database.work_on_alarms(self._jobs.ids(), most=self._at_once) as due:
                if due is None:
                    self._at_once = JOBS_OF_A_STEP
                    return False
                work, job_ids = due
                count = await raise_alarms(work, job_ids)
        except STEP_FAILURES as failure:
            if len(job_ids) > 1 and not is_of_the_moment(failure):
                self._at_once = 1
            else:
                self._jobs.add(failure, "sla.alarm_failed", job_id=next(iter(job_ids), None))
            return True
        self._jobs.went_well(job_ids)
        _log.info("sla.alarms_raised", count=count)
        return count > 0
