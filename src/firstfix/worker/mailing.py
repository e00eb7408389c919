"""Sending mail from the outbox. The database's rows decide; here they are claimed, sent and settled."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from email.errors import MessageError
from functools import partial
from typing import Final, Protocol

import structlog
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.files.ports import ContentDamaged, ContentMissing, Storage, StorageUnavailable
from firstfix.domain.files.views import FileContent
from firstfix.domain.messaging.letters import Attached, Letter, Sender, compose
from firstfix.domain.messaging.ports import Delivery, Post, Refused, Unreachable
from firstfix.domain.messaging.queueing import OUTBOX_CHANNEL
from firstfix.domain.messaging.reminding import remind
from firstfix.domain.messaging.sending import (
    Claimed,
    Withheld,
    claim_mail,
    release_lost_mail,
    settle,
    write_letter,
)
from firstfix.domain.work import Source, Work
from firstfix.kit.failures import FAILURES, advise
from firstfix.worker.steps import STEP_FAILURES, HeldBack, take_steps

LOOK_EVERY_SECONDS: Final = 1.0
AT_ONCE: Final = 4
"""So many mails are under way at the same time."""
MOST_OF_ONE: Final = 3
"""So many of one organisation: where all of hers wait for a server that is slow, there is still room for others."""
SEND_SECONDS: Final = 120.0
"""Shorter than the lease of a mail: whoever sends for longer stops before somebody else begins."""
STOP_SECONDS: Final = 6.0
"""So long a mail that is under way may take when the worker is asked to stop."""
_FIRST_REST_SECONDS: Final = 10.0
_LONGEST_REST_SECONDS: Final = 600.0
_FAILURES_IN_A_ROW: Final = 3
_REMIND_EVERY_SECONDS: Final = 5.0
_SETTLE_RESTS: Final = (1.0, 5.0, 15.0)
"""Before what came of a mail is noted once more: without the note it would be sent again."""

_log = structlog.get_logger(__name__)


class SendsMail(Protocol):
    """The database as this uses it."""

    def session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that works for nobody yet."""

    def system_work(self, organisation_id: int, *, source: Source) -> AbstractAsyncContextManager[Work]:
        """Open a work of the system itself."""

    def work_on_reminder(self, passing_over: tuple[int, ...]) -> AbstractAsyncContextManager[tuple[Work, int] | None]:
        """Open a work on the reminder that has been due for longest, locked; `None` where none is due."""

    def listening(self, channel: str) -> AbstractAsyncContextManager[Callable[[float], Awaitable[None]]]:
        """Listen to a channel: gives what waits for the next word, at most so many seconds."""


class Outlet(Struct, frozen=True, kw_only=True):
    """Where mail goes out: the server, what letters say of where they come from, and where files are."""

    post: Post
    sender: Sender
    storage: Storage


class Breaker:
    """Leaves a server alone that does not answer: after some failures in a row, for longer and longer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the server is left alone now."""
        return self._clock() < self._until

    def note(self, outcome: Delivery) -> None:
        """Take notice of how an attempt went. Any answer about a mail says that the server is there."""
        if not isinstance(outcome, Unreachable):
            self._failures = 0
            return
        self._failures += 1
        if self._failures >= _FAILURES_IN_A_ROW:
            rest = _FIRST_REST_SECONDS * 2 ** (self._failures - _FAILURES_IN_A_ROW)
            self._until = self._clock() + min(rest, _LONGEST_REST_SECONDS)


class Round:
    """Whose mail a worker sends next: organisations take turns, however much waits for one of them."""

    def __init__(self) -> None:
        self._served = 0
        self._under_way: Counter[int] = Counter()
        self._claiming = asyncio.Lock()

    @asynccontextmanager
    async def next_mail(self, database: SendsMail) -> AsyncIterator[Claimed | None]:
        """Lease a mail of whoever is next; `None` where none is due."""
        async with self._claiming:
            full = [organisation_id for organisation_id, count in self._under_way.items() if count >= MOST_OF_ONE]
            async with database.session() as session:
                mail = await claim_mail(session, after=self._served, passing_over=full)
            if mail is not None:
                self._served = mail.organisation_id
                self._under_way[mail.organisation_id] += 1
        try:
            yield mail
        finally:
            if mail is not None:
                self._under_way -= Counter((mail.organisation_id,))


async def send_for_ever(database: SendsMail, outlet: Outlet | None) -> None:
    """Send what is due, several mails at once, and look again every second or when somebody waits for one.

    Without a mail server mail waits; what a worker held that had one waits again.
    """
    if outlet is None:
        await take_steps("mail", partial(_release, database))
        return
    breaker, round_, word = Breaker(), Round(), asyncio.Condition()
    async with database.listening(OUTBOX_CHANNEL) as wait, asyncio.TaskGroup() as senders:
        for _ in range(AT_ONCE):
            senders.create_task(take_steps("mail", partial(_send_in_turn, database, outlet, breaker, round_, word)))
        while True:
            await wait(LOOK_EVERY_SECONDS)
            async with word:
                word.notify_all()


async def send_next(database: SendsMail, outlet: Outlet, breaker: Breaker, round_: Round) -> bool:
    """Send the mail that has been due for longest, of the organisation whose turn it is.

    Returns:
        Whether there was one, and the server is not left alone.
    """
    if breaker.is_open:
        return False
    async with round_.next_mail(database) as mail:
        if mail is None:
            return False
        letter = await _write(database, outlet, mail)
        if not isinstance(letter, Letter):
            await _settle(database, mail, letter)
            return True
        delivery = await _bring(outlet, letter)
        breaker.note(delivery)
        await _settle(database, mail, delivery, to=letter.recipient.email)
    return True


async def remind_for_ever(database: SendsMail) -> None:
    """Remind of jobs that stay in a status for long, one after the other."""
    held_back = HeldBack()

    async def step() -> float:
        return 0.0 if await remind_next(database, held_back) else _REMIND_EVERY_SECONDS

    await take_steps("reminders", step)


async def remind_next(database: SendsMail, held_back: HeldBack) -> bool:
    """Remind of the job that it has been due for longest, in a transaction of its own.

    Returns:
        Whether one was due.
    """
    job_id = None
    try:
        async with database.work_on_reminder(held_back.ids()) as due:
            if due is None:
                return False
            work, job_id = due
            await remind(work, job_id)
    except STEP_FAILURES as failure:
        held_back.add(failure, "messaging.reminder_failed", job_id=job_id)
    else:
        held_back.went_well((job_id,))
    return True


async def _release(database: SendsMail) -> float:
    async with database.session() as session:
        await release_lost_mail(session)
    return 60 * LOOK_EVERY_SECONDS


async def _send_in_turn(
    database: SendsMail, outlet: Outlet, breaker: Breaker, round_: Round, word: asyncio.Condition
) -> float:
    sending = asyncio.ensure_future(send_next(database, outlet, breaker, round_))
    try:
        has_sent = await asyncio.shield(sending)
    except asyncio.CancelledError:
        await asyncio.wait((sending,), timeout=STOP_SECONDS)  # else it would be sent again after its lease
        raise
    if not has_sent:
        async with word:
            await word.wait()
    return 0.0


async def _write(database: SendsMail, outlet: Outlet, mail: Claimed) -> Letter | Withheld | Refused:
    """Write the letter. What cannot be written now, such as for a key that is missing, is tried again later."""
    try:
        async with database.system_work(mail.organisation_id, source="worker") as work:
            return await write_letter(work, mail, outlet.sender)
    except STEP_FAILURES as failure:
        _log.exception("messaging.letter_failed", mail=str(mail.uuid), advice=advise(failure))
        return Refused(f"The letter could not be written: {type(failure).__name__}.", is_final=False)


async def _bring(outlet: Outlet, letter: Letter) -> Delivery:
    try:
        async with asyncio.timeout(SEND_SECONDS):
            attached = [await _read(outlet.storage, file) for file in letter.files_along]
            message = compose(letter, outlet.sender, attached)
            (to,) = message["To"].addresses
            return await outlet.post.send(message, return_path=letter.return_path, to=to.addr_spec)
    except (StorageUnavailable, ContentMissing, ContentDamaged, *FAILURES) as failure:  # a file's key is looked for too
        _log.exception("messaging.file_unreadable", mail=letter.message_id, advice=advise(failure))
        return Refused(f"A file could not be read: {type(failure).__name__}.", is_final=False)
    except (ValueError, MessageError) as failure:  # a header that the standard library cannot write
        _log.exception("messaging.letter_failed", mail=letter.message_id, advice=advise(failure))
        return Refused(f"The letter could not be written: {type(failure).__name__}.", is_final=False)
    except TimeoutError:
        return Unreachable(f"No answer within {SEND_SECONDS:.0f} seconds.")


async def _read(storage: Storage, file: FileContent) -> Attached:
    content = await storage.open(
        file.storage_key,
        organisation_id=file.organisation_id,
        size_bytes=file.size_bytes,
        start=0,
        stop=file.size_bytes,
    )
    try:
        chunks = [chunk async for chunk in content]
    finally:
        await content.close()
    return Attached(name=file.file_name, mime_type=file.mime_type, content=b"".join(chunks))


async def _settle(database: SendsMail, mail: Claimed, outcome: Delivery | Withheld, *, to: str | None = None) -> None:
    rests = iter(_SETTLE_RESTS)
    while True:
        try:
            async with database.system_work(mail.organisation_id, source="worker") as work:
                is_ours = await settle(work, mail, outcome, to=to)
        except FAILURES:
            rest_seconds = next(rests, None)
            if rest_seconds is None:
                raise
            await asyncio.sleep(rest_seconds)
        else:
            _log.info("messaging.settled", mail=str(mail.uuid), outcome=type(outcome).__name__, is_ours=is_ours)
            return
