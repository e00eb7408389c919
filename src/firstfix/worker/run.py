"""The background worker's process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from procrastinate import App, PsycopgConnector
from procrastinate.signals import on_stop
from procrastinate.worker import Worker
from psycopg.conninfo import make_conninfo
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.files.ports import Storage
from firstfix.domain.sla.refreshing import ask_for_calendars
from firstfix.domain.upkeep import drop_expired_access, fold_job_counts, make_event_partitions
from firstfix.worker.auditing import audit_for_ever
from firstfix.worker.dispatching import FindsDueJobs, dispatch_for_ever
from firstfix.worker.films import FindsFilms, Studio, make_films_for_ever
from firstfix.worker.mailing import Outlet, SendsMail, remind_for_ever, send_for_ever
from firstfix.worker.promises import KeepsPromises, keep_promises_for_ever
from firstfix.worker.steps import take_steps
from firstfix.worker.tasks import OpensSession, add_tasks

SESSION_SETTINGS = {
    "statement_timeout": "60s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}
"""Time-outs of the worker's connections, instead of those of the role, which are for requests."""

_CONCURRENCY = 4
_STOP_SECONDS = 8.0
_FOLD_EVERY_SECONDS = 3.0
_DUE_WHILE_NO_WORKER_RAN = (
    make_event_partitions,
    drop_expired_access,
    ask_for_calendars,  # the holidays that are known may be another release's
)


def make_queue(url: str, database: OpensSession, storage: Storage) -> App:
    """Make the queue with all its tasks, on connections of its own to the same PostgreSQL."""
    options = " ".join(f"-c {name}={value}" for name, value in SESSION_SETTINGS.items())
    connector = PsycopgConnector(conninfo=make_conninfo(url, options=options), min_size=1, max_size=_CONCURRENCY)
    queue = App(connector=connector)
    add_tasks(queue, database, storage)
    return queue


class WorkerDatabase(OpensSession, FindsDueJobs, KeepsPromises, SendsMail, FindsFilms, Protocol):
    """The database as the worker uses it."""


async def run_worker(
    queue: App, database: WorkerDatabase, *, outlet: Outlet | None = None, studio: Studio | None = None
) -> None:
    """Work until a signal asks to stop; what runs then is finished first, if it takes no longer than some seconds.

    Args:
        queue: With its tasks.
        database: Where everything is.
        outlet: Where mail goes out; without one it waits.
        studio: Where films are made at other sizes; without one they wait.
    """
    async with queue.open_async(), asyncio.TaskGroup() as beside:
        steps = [
            *(_catch_up(database, upkeep) for upkeep in _DUE_WHILE_NO_WORKER_RAN),
            _fold_for_ever(database),
            dispatch_for_ever(database),
            audit_for_ever(database),
            keep_promises_for_ever(database),
            send_for_ever(database, outlet),
            remind_for_ever(database),
        ]
        if studio is not None:
            steps.append(make_films_for_ever(database, studio))
        tasks = [beside.create_task(one) for one in steps]
        await _run_tasks(queue)
        for task in tasks:
            task.cancel()


async def _run_tasks(queue: App) -> None:
    """Run the queue's tasks until a signal asks to stop."""
    worker = Worker(
        queue,
        concurrency=_CONCURRENCY,
        delete_jobs="successful",
        shutdown_graceful_timeout=_STOP_SECONDS,
        install_signal_handlers=False,
    )
    # Its own handlers come after it has registered: a signal in between would leave a worker on the books.
    run: Callable[[], Awaitable[None]] = worker.run
    with on_stop(worker.stop):
        await run()


async def _catch_up(database: OpensSession, upkeep: Callable[[AsyncSession], Awaitable[object]]) -> None:
    """Do what a task does at its hour, once, as soon as that goes well."""

    async def step() -> None:
        async with database.session() as session:
            await upkeep(session)

    await take_steps(upkeep.__name__, step)


async def _fold_for_ever(database: OpensSession) -> None:
    """Fold counters every few seconds; through the queue the way would cost more than the work."""

    async def step() -> float:
        async with database.session() as session:
            await fold_job_counts(session)
        return _FOLD_EVERY_SECONDS

    await take_steps("fold_job_counts", step)
