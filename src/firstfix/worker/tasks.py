"""The tasks and when they run. A missed time does not matter: what a task finds undone it does."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec
import structlog
from procrastinate import App, JobContext
from procrastinate.blueprints import Blueprint
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain import upkeep
from firstfix.domain.files import sweeping
from firstfix.domain.files.ports import Storage
from firstfix.domain.messaging import inbound
from firstfix.domain.sla import refreshing

_STALLED_SECONDS = 60
_KEPT_HOURS = 24 * 7

_log = structlog.get_logger(__name__)


class OpensSession(Protocol):
    """The database as the tasks use it."""

    def session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that works for nobody yet."""


def add_tasks(queue: App, database: OpensSession, storage: Storage) -> None:
    """Register every task with the queue, under names that stay: rows of the queue hold them."""
    tasks = Blueprint()

    @tasks.periodic(cron="*/10 * * * *")
    @tasks.task(name="drop_expired_access", queueing_lock="drop_expired_access")
    async def drop_expired_access(timestamp: int) -> None:  # noqa: ARG001 (the queue passes it)
        async with database.session() as session:
            await upkeep.drop_expired_access(session)

    @tasks.periodic(cron="20 * * * *")
    @tasks.task(name="sweep_files", queueing_lock="sweep_files")
    async def sweep_files(timestamp: int) -> None:  # noqa: ARG001
        """Remove content whose time has come. One that stops for too many orphans fails, and is kept for a week."""
        try:
            swept = await sweeping.sweep_files(database, storage)
        except sweeping.SweepStopped as stopped:
            _log.error("files.sweep_stopped", reason=str(stopped))
            raise
        _log.info("files.swept", **msgspec.structs.asdict(swept))

    @tasks.periodic(cron="40 * * * *")
    @tasks.task(name="drop_old_mail", queueing_lock="drop_old_mail")
    async def drop_old_mail(timestamp: int) -> None:  # noqa: ARG001
        """Drop what was kept long enough: of mail that came in, and of the log of mail that went out."""
        async with database.session() as session:
            await inbound.drop_old_mail(session)
        async with database.session() as session:
            await upkeep.drop_old_outbox(session)

    @tasks.periodic(cron="5 0 * * *")
    @tasks.task(name="ask_for_calendars", queueing_lock="ask_for_calendars")
    async def ask_for_calendars(timestamp: int) -> None:  # noqa: ARG001
        async with database.session() as session:
            await refreshing.ask_for_calendars(session)

    @tasks.periodic(cron="15 1 * * *")
    @tasks.task(name="make_event_partitions", queueing_lock="make_event_partitions")
    async def make_event_partitions(timestamp: int) -> None:  # noqa: ARG001
        async with database.session() as session:
            await upkeep.make_event_partitions(session)

    @tasks.periodic(cron="*/10 * * * *")
    @tasks.task(name="retry_stalled", queueing_lock="retry_stalled", pass_context=True)
    async def retry_stalled(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Run again what a worker held that was killed."""
        manager = context.app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
            await manager.retry_job(job)

    @tasks.periodic(cron="45 1 * * *")
    @tasks.task(name="forget_failed", queueing_lock="forget_failed", pass_context=True)
    async def forget_failed(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        await context.app.job_manager.delete_old_jobs(
            nb_hours=_KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )

    queue.add_tasks_from(tasks, namespace="upkeep")
