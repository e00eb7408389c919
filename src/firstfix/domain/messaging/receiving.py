"""Taking letters in, each for each of its addresses: once, and never half.

It takes several transactions, for files go into the store outside of any. A letter counts as received when this has
returned; until then whoever has it keeps it, and sends it again after a crash. What had its effect has none again.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from typing import Final, Protocol
from weakref import WeakValueDictionary

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.access.queries import NotAuthenticated, PermissionMissing
from firstfix.domain.errors import Refusal
from firstfix.domain.files.gate import Gate
from firstfix.domain.files.note_files import write_note
from firstfix.domain.files.ports import InspectionUnavailable, StorageUnavailable
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.messaging import inbound
from firstfix.domain.messaging.inbound import Arrival, Names, Outcome, Place, QuarantineFull, Reason, Verdict
from firstfix.domain.messaging.inbound_files import TakenFiles, take_files, text_with
from firstfix.domain.messaging.inbound_letters import (
    Letter,
    UnreadableLetter,
    addressees_of,
    message_hash_of,
    read_letter,
)
from firstfix.domain.messaging.replies import REPLY_PREFIX, ReplyTo, find_reply_address
from firstfix.domain.messaging.sending import BOUNCE_PREFIX, note_bounce
from firstfix.domain.notes.views import NoteDraft
from firstfix.domain.people.permissions import LIST_JOBS, MANAGE_JOBS
from firstfix.domain.work import Source, Work
from firstfix.kit.failures import NOT_ITS_FAULT, advise
from firstfix.kit.ids import find_uuid
from firstfix.kit.sealing import KeyRing

RECIPIENTS_LIMIT: Final = 20
_TOKEN = re.compile(r"[0-9a-f]{32}")
_SEE_JOBS = (LIST_JOBS, MANAGE_JOBS)
_READ_AT_ONCE = 2
_LARGE_BYTES: Final = 1 << 20
"""A larger letter is taken in alone: read, sealed and written it is in memory several times."""
NOT_NOW = (
    *(QuarantineFull, StorageUnavailable, InspectionUnavailable),
    *NOT_ITS_FAULT,
)
"""Why a letter cannot be taken in that has nothing to do with what is in it."""

_log = structlog.get_logger(__name__)


def advise_on(failure: Exception) -> str:
    """Say what whoever runs the server can do about a letter that cannot be taken in now. It comes again by itself."""
    match failure:
        case QuarantineFull():
            return "Look through the quarantine: it takes no more letters. This one comes again."
        case StorageUnavailable():
            return "See to the store of files: the letter comes again, and is taken in once its files can be kept."
        case InspectionUnavailable():
            return "Nothing, unless this goes on: the machine was too busy to look into files. The letter comes again."
    return advise(failure)


class OpensWork(Protocol):
    """The database, for mail that comes in."""

    @property
    def keys(self) -> KeyRing:
        """The key ring as it is now."""

    def session(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction that works for nobody yet."""

    def work_of(
        self, organisation_id: int, person_id: int, *, operation_keys: tuple[str, ...], source: Source
    ) -> AbstractAsyncContextManager[Work]:
        """Open a work for a person."""

    def system_work(self, organisation_id: int, *, source: Source) -> AbstractAsyncContextManager[Work]:
        """Open a work of the system itself."""


class _AddressOver(Exception):
    """The address does not let its recipient in any more."""


class _KnownLetter(Exception):
    """The same letter made a note meanwhile."""


class Receiver:
    """Takes letters in."""

    def __init__(self, database: OpensWork, gate: Gate, *, domain: str, trusted_server: str | None = None) -> None:
        """Prepare.

        Args:
            database: Where notes are written.
            gate: What files pass.
            domain: Below which our addresses are.
            trusted_server: The name under which our own mail server writes what it found out about senders.
        """
        self.domain = domain
        self._database = database
        self._gate = gate
        self._trusted_server = trusted_server
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)
        self._large = asyncio.Lock()
        self._turns: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    def is_ours(self, address: str) -> bool:
        """Tell whether mail for an address is taken in here."""
        local, _, domain = address.lower().rpartition("@")
        return address.isascii() and domain == self.domain and local.startswith((REPLY_PREFIX, BOUNCE_PREFIX))

    def addresses_in(self, raw: bytes) -> list[str]:
        """Find the addresses of ours that a letter names."""
        return [address for address in addressees_of(raw) if self.is_ours(address)][:RECIPIENTS_LIMIT]

    async def receive(
        self, raw: bytes, recipients: Sequence[str], *, is_returned: bool = False, place: Place | None = None
    ) -> list[Outcome]:
        """Take a letter in.

        Args:
            raw: All of it.
            recipients: The addresses that it came for.
            is_returned: Whether it came with an empty return path, as what mail servers write themselves does.
            place: Where it lay, if that was a mailbox.

        Returns:
            What became of it, for each of its addresses.

        Raises:
            QuarantineFull: It makes no note and cannot be kept: it is to be sent later.
            StorageUnavailable: Its files cannot be kept now; likewise `InspectionUnavailable`.
            OperationalError: The database does not answer, or is busy; likewise `InterfaceError` and `TimeoutError`.
            SealingError: A key is missing.
        """
        message_hash = message_hash_of(raw)
        # Copies that come at once take turns: begun together, they would look like a letter that never ends.
        turn = self._turns.setdefault(message_hash, asyncio.Lock())
        async with turn, self._large if len(raw) > _LARGE_BYTES else nullcontext():
            async with self._database.session() as session:
                is_poison = await inbound.begin_attempt(session, raw) > inbound.MOST_ATTEMPTS
            try:
                letter = None if is_poison else await self._read(raw)
                arrivals = (
                    Arrival(raw=raw, recipient=recipient.lower(), message_hash=message_hash, place=place, letter=letter)
                    for recipient in recipients
                )
                outcomes = [await self._take(one, is_returned=is_returned, is_poison=is_poison) for one in arrivals]
            except NOT_NOW:
                with suppress(*NOT_NOW):
                    await self._forget_attempts(raw)
                raise
            await self._forget_attempts(raw)
        return outcomes

    async def _read(self, raw: bytes) -> Letter | None:
        async with self._reading:  # one takes a second of a processor at worst
            try:
                return await asyncio.to_thread(read_letter, raw, trusted_server=self._trusted_server)
            except UnreadableLetter as reason:
                _log.info("mail.unreadable", reason=str(reason))
                return None

    async def _forget_attempts(self, raw: bytes) -> None:
        async with self._database.session() as session:
            await inbound.end_attempt(session, raw)

    async def _take(self, arrival: Arrival, *, is_returned: bool, is_poison: bool) -> Outcome:
        local = arrival.recipient.partition("@")[0]
        if local.startswith(BOUNCE_PREFIX):
            outcome = await self._take_bounce(arrival, local.removeprefix(BOUNCE_PREFIX))
        else:
            token = local.removeprefix(REPLY_PREFIX)
            outcome = await self._take_reply(
                arrival, token if _TOKEN.fullmatch(token) else None, is_returned=is_returned, is_poison=is_poison
            )
        _log.info("mail.received", outcome=outcome, size_bytes=len(arrival.raw))
        return outcome

    async def _take_bounce(self, arrival: Arrival, secret: str) -> Outcome:
        """Take in what came back to the return path of a mail of ours: who sent that is nobody to talk to.

        Only a report that a delivery failed says so. Who is out of office answers to the same address, by an empty
        return path as well. Source: RFC 3834, 4.
        """
        letter, mail = arrival.letter, find_uuid(secret)
        async with self._database.session() as session:
            is_bounce = (
                letter is not None and letter.is_failure and mail is not None and await note_bounce(session, mail)
            )
            verdict = Verdict("bounced", "bounce") if is_bounce else Verdict("ignored", "bounce")
            await inbound.write_down(session, arrival, verdict)
        return verdict.outcome

    async def _take_reply(self, arrival: Arrival, token: str | None, *, is_returned: bool, is_poison: bool) -> Outcome:
        async with self._database.session() as session:
            known = await inbound.find_outcome(session, arrival)
            if known is not None:
                return known
            reply_to = None if token is None else await find_reply_address(session, token)
            names: Names | None = None if reply_to is None else (reply_to.job_id, reply_to.case_note_id)
            if token is not None and names is None:
                names = await inbound.find_former_address(session, token)
            if is_poison:
                verdict = Verdict("quarantined", "poison")
            elif is_returned:
                verdict = Verdict("ignored", "automatic")
            else:
                verdict = await inbound.judge(session, arrival.letter, reply_to, was_ours=names is not None)
            if reply_to is None or arrival.letter is None or verdict.outcome != "note":
                return await self._settle(session, arrival, verdict, names)
        return await self._write_note(arrival, arrival.letter, reply_to)

    async def _settle(self, session: AsyncSession, arrival: Arrival, verdict: Verdict, names: Names | None) -> Outcome:
        """Write down that a letter makes no note, and keep it where a person is to look at it."""
        is_first = await inbound.write_down(session, arrival, verdict)
        if is_first and verdict.outcome == "quarantined":
            await inbound.quarantine(session, self._database.keys, arrival, verdict.reason, names=names)
        return verdict.outcome

    async def _write_note(self, arrival: Arrival, letter: Letter, reply_to: ReplyTo) -> Outcome:
        files = await take_files(self._gate, letter, organisation_id=reply_to.organisation_id)
        reason: Reason
        try:
            async with self._open_work(reply_to) as work:
                await self._write_note_in(work, arrival, letter, reply_to, files)
        except _KnownLetter:
            await files.remove(self._gate)
            return "note"
        except _AddressOver:
            reason = "over"
        except (NotAuthenticated, PermissionMissing, JobNotFound):
            reason = "author"
        except Refusal as refusal:
            _log.info("mail.refused", code=refusal.code)
            reason = "refused"
        else:
            return "note"
        await files.remove(self._gate)
        names = reply_to.job_id, reply_to.case_note_id
        async with self._database.system_work(reply_to.organisation_id, source="mail") as work:
            return await self._settle(work.session, arrival, Verdict("quarantined", reason), names)

    async def _write_note_in(
        self, work: Work, arrival: Arrival, letter: Letter, reply_to: ReplyTo, files: TakenFiles
    ) -> None:
        if not await inbound.keep_address(work, reply_to):
            raise _AddressOver
        if not await inbound.write_down(work.session, arrival, Verdict("note")):
            raise _KnownLetter
        draft = NoteDraft(
            text=text_with(letter, files.refused),
            form="text",
            source="email",
            in_reply_to=reply_to.case_note_id,
            contact_id=reply_to.contact_id,
        )
        await write_note(work, reply_to.job_id, draft, files.kept)

    @asynccontextmanager
    async def _open_work(self, reply_to: ReplyTo) -> AsyncIterator[Work]:
        """Open a work of whoever the address is for, with the rights that they have now."""
        organisation_id, person_id = reply_to.organisation_id, reply_to.person_id
        if person_id is None:
            async with self._database.system_work(organisation_id, source="mail") as work:
                yield work
        else:
            async with self._database.work_of(
                organisation_id, person_id, operation_keys=_SEE_JOBS, source="mail"
            ) as work:
                yield work
