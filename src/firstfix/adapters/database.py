"""Connections to PostgreSQL: transactions for commands and queries, single statements for hot reads."""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import AsyncConnection, AsyncRawCursor, sql
from psycopg.abc import RV, PQGen
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from sqlalchemy import QueuePool, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import TimeoutError as EnginePoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from firstfix.adapters.turns import Turns
from firstfix.domain import tables as _tables  # noqa: F401 (tables name each other, so whoever works needs them all)
from firstfix.domain.access.queries import Claim, authenticate, recognise
from firstfix.domain.files.content_keys import get_content_key
from firstfix.domain.jobs.dispatching import claim_due_job
from firstfix.domain.messaging.queueing import write_events_and_mail
from firstfix.domain.messaging.reminding import claim_reminder
from firstfix.domain.sla.alarms import JOBS_OF_A_STEP, claim_alarms
from firstfix.domain.sla.refreshing import claim_refresh
from firstfix.domain.work import AccountType, Actor, Source, Work
from firstfix.kit.key_file import KeyFile
from firstfix.kit.sealing import KeyRing
from firstfix.kit.statements import in_postgres_form
from firstfix.kit.stopwatch import DATABASE_TIME
from firstfix.settings import Settings

POOL_WAIT_SECONDS = 2.0
CONNECT_SECONDS = 3
PoolExhausted = (PoolTimeout, EnginePoolTimeout)
"""What is raised when no connection came free in time: the server is busy."""


class _Connection(AsyncConnection[TupleRow]):
    """A connection that adds what a request waits for it to the request's stopwatch."""

    async def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:  # noqa: ASYNC109
        stopwatch = DATABASE_TIME.get()
        if stopwatch is None:
            return await super().wait(gen, interval, timeout)
        with stopwatch:
            return await super().wait(gen, interval, timeout)


class Limits(Struct, frozen=True):
    """How many connections one process may hold: for transactions, and for hot reads."""

    transactions: int = 8
    reads: int = 8


class Database:
    """The app role's connections of one process."""

    def __init__(
        self,
        url: str,
        *,
        keys: KeyFile,
        limits: Limits | None = None,
        session_settings: Mapping[str, str] | None = None,
        mail_domain: str = Settings().mail_domain,
    ) -> None:
        limits = limits or Limits()
        settings = session_settings or {}
        self._key_file = keys
        self._mail_domain = mail_domain
        self._content_keys: dict[int, bytes] = {}
        self._turns = Turns(limits.transactions)
        self._engine = create_async_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=limits.transactions,
            max_overflow=0,
            pool_timeout=POOL_WAIT_SECONDS,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "options": _options(settings),
                "async_creator_fn": _Connection.connect,
            },
            hide_parameters=True,  # they hold people's data, and an error's text may reach a log
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
        )
        plain_url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._listening_info = make_conninfo(plain_url, connect_timeout=CONNECT_SECONDS)
        self._reads = AsyncConnectionPool[_Connection](
            make_conninfo(plain_url, connect_timeout=CONNECT_SECONDS, options=_options(settings)),
            connection_class=_Connection,
            min_size=min(2, limits.reads),
            max_size=limits.reads,
            timeout=POOL_WAIT_SECONDS,
            open=False,
            kwargs={"autocommit": True, "prepare_threshold": 0, "cursor_factory": AsyncRawCursor},
        )

    @property
    def keys(self) -> KeyRing:
        """The key ring as it is now."""
        return self._key_file.ring

    async def open(self) -> None:
        """Open the pool of reads. Transactions connect when first asked for."""
        await self._reads.open(wait=True, timeout=CONNECT_SECONDS * 3)

    async def close(self) -> None:
        """Give all connections back."""
        await self._reads.close()
        await self._engine.dispose()

    def usage(self) -> dict[str, tuple[int, int]]:
        """Tell how many connections of each pool are at work and how many wait for it."""
        reads = self._reads.get_stats()
        idle = reads.get("pool_available", 0)
        usage = {"reads": (reads.get("pool_size", 0) - idle, idle)}
        transactions = self._engine.pool
        if isinstance(transactions, QueuePool):
            usage["transactions"] = (transactions.checkedout(), transactions.checkedin())
        return usage

    async def read_one(self, statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run one statement in a transaction of its own and return its first row."""
        query, names = in_postgres_form(statement)
        async with self._reads.connection() as connection:
            cursor = await connection.execute(query, [parameters[name] for name in names])
            return await cursor.fetchone()

    async def longest_overdue_seconds(self) -> float:
        """Tell how long the longest overdue deferred job of all organisations has been waiting."""
        row = await self.read_one("SELECT longest_overdue_seconds()", {})
        return 0.0 if row is None else float(row[0])

    @asynccontextmanager
    async def session(self, caller: Hashable | None = None) -> AsyncIterator[AsyncSession]:
        """Open a transaction that works for nobody yet: sign-in, readiness.

        Args:
            caller: By whom callers are told apart who wait for a connection; `None` where nobody has shown anything.

        Raises:
            EnginePoolTimeout: The server is busy.
        """
        async with (
            self._turns.turn(caller),
            AsyncSession(self._engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @asynccontextmanager
    async def work(
        self,
        claim: Claim,
        *,
        operation_keys: tuple[str, ...],
        source: Source,
        request_id: str | None = None,
        address: str | None = None,
    ) -> AsyncIterator[Work]:
        """Open a work for whoever holds the credential; commit at the end, or undo everything on an error.

        Raises:
            NotAuthenticated: The credential lets nobody in.
            PermissionMissing: None of `operation_keys` is held.
            EnginePoolTimeout: The server is busy.
        """
        async with self.session(claim.secret_hash) as session:
            actor, now = await authenticate(session, claim, operation_keys=operation_keys)
            work = Work(
                session,
                actor=actor,
                now=now,
                keys=self.keys,
                source=source,
                request_id=request_id,
                address=address,
            )
            yield work
            await self._finish(work)

    @asynccontextmanager
    async def work_of(
        self,
        organisation_id: int,
        person_id: int,
        *,
        operation_keys: tuple[str, ...],
        source: Source,
        request_id: str | None = None,
        address: str | None = None,
    ) -> AsyncIterator[Work]:
        """Open a work for somebody whom a link of ours names.

        Raises:
            NotAuthenticated: There is nobody, or they were archived.
            PermissionMissing: None of `operation_keys` is held.
            EnginePoolTimeout: The server is busy.
        """
        async with self.session((organisation_id, person_id)) as session:
            actor, now = await recognise(
                session, organisation_id=organisation_id, person_id=person_id, operation_keys=operation_keys
            )
            work = Work(
                session,
                actor=actor,
                now=now,
                keys=self.keys,
                source=source,
                request_id=request_id,
                address=address,
            )
            yield work
            await self._finish(work)

    @asynccontextmanager
    async def system_work(self, organisation_id: int, *, source: Source) -> AsyncIterator[Work]:
        """Open a work of the system itself for one organisation: worker, mail, command line."""
        async with self.session() as session:
            set_organisation = text("SELECT now() FROM set_config('firstfix.organisation', :organisation, true)")
            now: datetime = (
                await session.execute(set_organisation, {"organisation": str(organisation_id)})
            ).scalar_one()
            actor = _system_of(organisation_id)
            work = Work(session, actor=actor, now=now, keys=self.keys, source=source)
            yield work
            await self._finish(work)

    async def content_key(self, organisation_id: int) -> bytes:
        """Give the key of an organisation's files. It never changes, so each process asks for it once.

        Raises:
            SealingError: The key ring does not open it.
            EnginePoolTimeout: The server is busy.
        """
        key = self._content_keys.get(organisation_id)
        if key is None:
            async with self.system_work(organisation_id, source="worker") as work:
                key = await get_content_key(work)
            self._content_keys[organisation_id] = key  # after the commit: one that was undone must seal nothing
        return key

    @asynccontextmanager
    async def work_on_due_job(self, passing_over: tuple[int, ...]) -> AsyncIterator[tuple[Work, int] | None]:
        """Open a work of the worker on the job that has been due for longest, locked; `None` where none is due.

        Args:
            passing_over: Ids of jobs not to take.
        """
        async with self.session() as session:
            due = await claim_due_job(session, passing_over=passing_over)
            if due is None:
                yield None
                return
            actor = _system_of(due.organisation_id)
            work = Work(session, actor=actor, now=due.at, keys=self.keys, source="worker")
            yield work, due.id
            await self._finish(work)

    @asynccontextmanager
    async def work_on_refresh(self, passing_over: tuple[int, ...] = ()) -> AsyncIterator[Work | None]:
        """Open a work of the worker for an organisation whose promises are to be refreshed; `None` where none are.

        Args:
            passing_over: Ids of organisations not to take.
        """
        async with self.session() as session:
            due = await claim_refresh(session, passing_over=passing_over)
            if due is None:
                yield None
                return
            work = Work(session, actor=_system_of(due.organisation_id), now=due.at, keys=self.keys, source="worker")
            yield work
            await self._finish(work)

    @asynccontextmanager
    async def work_on_alarms(
        self, passing_over: tuple[int, ...] = (), *, most: int = JOBS_OF_A_STEP
    ) -> AsyncIterator[tuple[Work, tuple[int, ...]] | None]:
        """Open a work of the worker on jobs of one organisation whose alarms are due, locked; `None` where none are.

        Args:
            passing_over: Ids of jobs not to take.
            most: At most so many jobs.
        """
        async with self.session() as session:
            due = await claim_alarms(session, passing_over=passing_over, most=most)
            if due is None:
                yield None
                return
            work = Work(session, actor=_system_of(due.organisation_id), now=due.at, keys=self.keys, source="worker")
            yield work, due.job_ids
            await self._finish(work)

    @asynccontextmanager
    async def work_on_reminder(self, passing_over: tuple[int, ...] = ()) -> AsyncIterator[tuple[Work, int] | None]:
        """Open a work of the worker on the reminder that has been due for longest, locked; `None` where none is due.

        Args:
            passing_over: Ids of jobs not to take.
        """
        async with self.session() as session:
            due = await claim_reminder(session, passing_over=passing_over)
            if due is None:
                yield None
                return
            work = Work(session, actor=_system_of(due.organisation_id), now=due.at, keys=self.keys, source="worker")
            yield work, due.job_id
            await self._finish(work)

    async def _finish(self, work: Work) -> None:
        """Write all that a work has recorded, and what follows from it: mail to send."""
        await write_events_and_mail(work, domain=self._mail_domain)

    @asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[Callable[[float], Awaitable[None]]]:
        """Listen to a channel of the database: gives what waits for the next word, at most so many seconds."""
        connection = await AsyncConnection.connect(self._listening_info, autocommit=True)
        async with connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))

            async def wait(seconds: float) -> None:
                async for _ in connection.notifies(timeout=seconds, stop_after=1):
                    pass

            yield wait


def _system_of(organisation_id: int) -> Actor:
    return Actor(organisation_id=organisation_id, person_id=None, person_uuid=None, account_type=AccountType.STAFF)


def _options(settings: Mapping[str, str]) -> str:
    return " ".join(f"-c {name}={value}" for name, value in settings.items())
