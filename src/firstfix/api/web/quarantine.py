"""The quarantine of mail that came in: letters that made no note, and whose letters are thrown away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from firstfix.api.operations import OpenWork
from firstfix.api.services import Services
from firstfix.api.web.job_rows import Instant
from firstfix.api.web.operations import operation
from firstfix.api.web.settings_wire import Made
from firstfix.domain.messaging import quarantine
from firstfix.domain.messaging.inbound_files import TakenFiles, take_files
from firstfix.domain.messaging.inbound_letters import Letter, UnreadableLetter, read_letter
from firstfix.domain.messaging.quarantine import REASONS, LetterNotFound, LetterUnreadable, Quarantined
from firstfix.domain.people.permissions import MANAGEMENT_AUTHORITY
from firstfix.domain.work import Work
from firstfix.kit.ids import find_uuid

LetterReason = Literal[
    "authentication",
    "author",
    "automatic",
    "empty",
    "flood",
    "over",
    "poison",
    "refused",
    "sender",
    "unknown",
    "unreadable",
]


class QuarantineQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which part of the list."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class QuarantinedLetter(Struct, kw_only=True):
    """A letter that made no note, and why; `explanation` says it for people.

    `sender` and `subject` are what the letter says of itself. `authentication` is what one's own mail server found. The
    job is the one that its address was for.
    """

    uuid: UUID
    received_at: Instant
    reason: LetterReason
    explanation: str
    sender: str
    subject: str
    authentication: str
    size_bytes: int
    job_uuid: UUID | None
    job_reference: str | None


class Quarantine(Struct, kw_only=True):
    """Letters, newest first; `count` is how many there are in all."""

    letters: list[QuarantinedLetter]
    count: int


class OpenedLetter(QuarantinedLetter, kw_only=True):
    """The same, with its text, plain and without what it quotes, and the names of its files.

    `text` is null where the letter cannot be read.
    """

    text: str | None
    file_names: list[str]


class NoteOfLetter(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which job the note is for; null: the one that its address was for."""

    job_uuid: UUID | None = None


class SenderQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which address: it may hold a slash, which no part of a path can."""

    email: str


class BlockedSender(Struct, kw_only=True):
    """An address whose letters are thrown away."""

    email: str
    blocked_at: Instant


class BlockedSenders(Struct, kw_only=True):
    """Such addresses, by name."""

    senders: list[BlockedSender]


@operation("GET", "/web/mail/quarantine", key=MANAGEMENT_AUTHORITY, operation_id="listQuarantine", reply=Quarantine)
async def list_quarantine(work: Work, query: QuarantineQuery) -> Quarantine:
    """List letters that made no note."""
    letters, count = await quarantine.list_quarantined(work, limit=query.limit, offset=query.offset)
    return Quarantine(letters=[QuarantinedLetter(**_told(letter)) for letter in letters], count=count)


@operation("GET", "/web/mail/quarantine/{uuid:str}", key=MANAGEMENT_AUTHORITY, operation_id="readQuarantined")
async def read_quarantined(work: Work, uuid: str) -> OpenedLetter:
    """Read a letter in quarantine, as plain text."""
    opened = await quarantine.open_letter(work, _letter_in(uuid))
    return OpenedLetter(**_told(opened.about), text=opened.text, file_names=list(opened.file_names))


class LetterAhead(Struct, kw_only=True):
    """A letter that was read before the work opens, its files in the store.

    `is_recorded`: a note tells of the files, as far as is known; from then on only the sweep may remove them.
    """

    letter: Letter
    files: TakenFiles
    is_recorded: bool = False


@asynccontextmanager
async def _read_ahead(services: Services, open_work: OpenWork, *, uuid: str) -> AsyncIterator[LetterAhead]:
    """Read a letter and put its files into the store; they are removed again unless they are recorded.

    Raises:
        LetterNotFound: Absent, or of a job that is hidden from the actor.
        LetterUnreadable: It cannot be read.
    """
    async with open_work() as work:
        organisation_id = work.actor.organisation_id
        _, raw = await quarantine.find_letter(work, _letter_in(uuid))
    try:
        letter = await asyncio.to_thread(read_letter, raw)
    except UnreadableLetter as error:
        raise LetterUnreadable from error
    read = LetterAhead(letter=letter, files=await take_files(services.gate, letter, organisation_id=organisation_id))
    try:
        yield read
    finally:
        if not read.is_recorded:
            await read.files.remove(services.gate)


@operation(
    "POST",
    "/web/mail/quarantine/{uuid:str}/accept",
    key=MANAGEMENT_AUTHORITY,
    operation_id="acceptQuarantined",
    status=201,
    ahead=_read_ahead,
)
async def accept_quarantined(work: Work, uuid: str, data: NoteOfLetter, ahead: LetterAhead) -> Made:
    """Take a letter out of quarantine and make a note of it, with its files."""
    note = await quarantine.take_as_note(work, _letter_in(uuid), ahead.letter, ahead.files, job=data.job_uuid)
    ahead.is_recorded = True
    return Made(uuid=note.uuid)


@operation(
    "DELETE",
    "/web/mail/quarantine/{uuid:str}",
    key=MANAGEMENT_AUTHORITY,
    operation_id="discardQuarantined",
    status=204,
)
async def discard_quarantined(work: Work, uuid: str) -> None:
    """Throw a letter in quarantine away."""
    await quarantine.discard(work, _letter_in(uuid))


@operation(
    "POST",
    "/web/mail/quarantine/{uuid:str}/block",
    key=MANAGEMENT_AUTHORITY,
    operation_id="blockSender",
    status=204,
)
async def block_sender(work: Work, uuid: str) -> None:
    """Throw a letter in quarantine away, and from now on all that its sender sends."""
    await quarantine.block_sender(work, _letter_in(uuid))


@operation("GET", "/web/mail/blocked-senders", key=MANAGEMENT_AUTHORITY, operation_id="listBlockedSenders")
async def list_blocked_senders(work: Work) -> BlockedSenders:
    """List whose letters are thrown away."""
    blocked = await quarantine.list_blocked(work)
    return BlockedSenders(senders=[BlockedSender(email=one.email, blocked_at=one.blocked_at) for one in blocked])


@operation("DELETE", "/web/mail/blocked-senders", key=MANAGEMENT_AUTHORITY, operation_id="unblockSender", status=204)
async def unblock_sender(work: Work, query: SenderQuery) -> None:
    """Take letters of an address in again."""
    await quarantine.unblock(work, query.email)


def _letter_in(address: str) -> UUID:
    uuid = find_uuid(address)
    if uuid is None:
        raise LetterNotFound(address)
    return uuid


def _told(letter: Quarantined) -> dict[str, Any]:
    return {
        "uuid": letter.uuid,
        "received_at": letter.received_at,
        "reason": letter.reason,
        "explanation": REASONS[letter.reason],
        "sender": letter.sender,
        "subject": letter.subject,
        "authentication": letter.authentication,
        "size_bytes": letter.size_bytes,
        "job_uuid": letter.job_uuid,
        "job_reference": letter.job_reference,
    }
