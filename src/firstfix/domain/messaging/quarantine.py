"""The quarantine: letters that made no note, for people to look at. Each is taken as a note, or thrown away.

What is of no organisation is not seen here: whoever runs the server has `firstfix quarantine`.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, delete, func, select, true
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.elements import TextClause

from firstfix.domain.errors import Conflict, Invalid, NotFound
from firstfix.domain.files.note_files import write_note
from firstfix.domain.files.rules import display_name
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.policies import visible_to
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.messaging.inbound_files import TakenFiles, text_with
from firstfix.domain.messaging.inbound_letters import Letter, UnreadableLetter, read_letter
from firstfix.domain.messaging.inbound_models import BlockedSender, QuarantinedMail
from firstfix.domain.notes.views import NoteDraft, NoteIds
from firstfix.domain.work import AccountType, Event, Work

REASONS: Final[Mapping[str, str]] = {
    "authentication": "Our mail server found that somebody else sent it.",
    "author": "Its recipient does not see the job any more, or has no account any more.",
    "automatic": "A program may have written it.",
    "empty": "Nothing new is in it.",
    "flood": "Too many letters came in an hour.",
    "over": "Its address for replies is over.",
    "poison": "It could not be taken in three times.",
    "refused": "The job takes no such note.",
    "sender": "Somebody else sent it than its address for replies was made for.",
    "unknown": "It came for no address for replies.",
    "unreadable": "It cannot be read.",
}


class LetterNotFound(NotFound):
    """Absent, gone meanwhile, or of a job that is hidden from the actor."""

    code = "mail.letter_not_found"

    def __init__(self, reference: object) -> None:
        super().__init__(f"No letter with id={reference} is in quarantine")


class SenderNotBlocked(NotFound):
    code = "mail.sender_not_blocked"

    def __init__(self) -> None:
        super().__init__("That address is not blocked.")


class LetterUnreadable(Conflict):
    """It can be thrown away, and no more."""

    code = "mail.letter_unreadable"

    def __init__(self) -> None:
        super().__init__("This letter cannot be read.")


class LetterNamesNoSender(Conflict):
    code = "mail.no_sender"

    def __init__(self) -> None:
        super().__init__("This letter does not say who sent it.")


class JobNeeded(Invalid):
    """The letter's address told of no job, or of one that is gone."""

    code = "mail.job_needed"

    def __init__(self) -> None:
        super().__init__("Say which job the note is for.", field="job_uuid")


class Quarantined(Struct, frozen=True, kw_only=True):
    """A letter in quarantine. `job_uuid` and `job_reference`: the job that its address was for."""

    uuid: UUID
    received_at: datetime
    reason: str
    sender: str
    subject: str
    authentication: str
    size_bytes: int
    job_uuid: UUID | None
    job_reference: str | None


class OpenedLetter(Struct, frozen=True, kw_only=True):
    """A letter in quarantine, as far as it can be read: its text, plain, and the names of its files."""

    about: Quarantined
    text: str | None
    file_names: tuple[str, ...]


class BlockedAddress(Struct, frozen=True, kw_only=True):
    """Somebody whose letters are thrown away."""

    email: str
    blocked_at: datetime


async def list_quarantined(work: Work, *, limit: int, offset: int) -> tuple[list[Quarantined], int]:
    """List what is in quarantine, newest first, and how much that is."""
    newest = _letters(work).order_by(QuarantinedMail.received_at.desc(), QuarantinedMail.id.desc())
    rows = await work.session.execute(newest.limit(limit).offset(offset))
    counted = select(func.count()).select_from(QuarantinedMail).outerjoin(Job, Job.id == QuarantinedMail.job_id)
    total = await work.session.scalar(counted.where(_seen_by(work)))
    return [_view(work, row) for row in rows], total or 0


async def open_letter(work: Work, uuid: UUID) -> OpenedLetter:
    """Read a letter in quarantine.

    Raises:
        LetterNotFound: Absent, or of a job that is hidden from the actor.
    """
    about, raw = await find_letter(work, uuid)
    try:
        letter = await asyncio.to_thread(read_letter, raw)  # one takes a second of a processor at worst
    except UnreadableLetter:
        return OpenedLetter(about=about, text=None, file_names=())
    names = (*(file.given_name for file in letter.files), *letter.left_out)
    return OpenedLetter(about=about, text=letter.text, file_names=tuple(map(display_name, names)))


async def find_letter(work: Work, uuid: UUID) -> tuple[Quarantined, bytes]:
    """Find a letter in quarantine, and all of it.

    Raises:
        LetterNotFound: Absent, or of a job that is hidden from the actor.
    """
    found = (await work.session.execute(_letters(work, QuarantinedMail.raw_sealed).where(_is(uuid)))).one_or_none()
    if found is None:
        raise LetterNotFound(uuid)
    return _view(work, found), _open(work, uuid, "raw", found.raw_sealed).encode("latin-1")


async def take_as_note(
    work: Work, uuid: UUID, letter: Letter, files: TakenFiles, *, job: JobReference | None
) -> NoteIds:
    """Write a note of what a letter in quarantine says; it leaves the quarantine.

    The note is the actor's, and says who sent the letter as far as that is known: nobody can say that for sure.

    Args:
        work: The open transaction.
        uuid: Which letter.
        letter: What it says.
        files: Its files, in the store.
        job: Which job the note is for; `None` for the one that its address was for.

    Raises:
        LetterNotFound: Absent, or somebody was faster.
        JobNeeded: Nothing says which job it is for.
        JobNotFound: Absent, or hidden from the actor; the rest as `write_note`.
    """
    named = await _remove(work, uuid, "accepted")
    wanted = named if job is None else job
    if wanted is None:
        raise JobNeeded
    text = f"By e-mail from {letter.sender or 'somebody'}:\n\n{text_with(letter, files.refused)}"
    return await write_note(work, wanted, NoteDraft(text=text, form="text", source="email"), files.kept)


async def discard(work: Work, uuid: UUID) -> None:
    """Throw a letter away.

    Raises:
        LetterNotFound: Absent, or of a job that is hidden from the actor.
    """
    await _remove(work, uuid, "deleted")


async def block_sender(work: Work, uuid: UUID) -> str:
    """Throw a letter away, and from now on whatever its sender sends; returns the address.

    Raises:
        LetterNotFound: Absent, or of a job that is hidden from the actor.
        LetterNamesNoSender: It has none, or more than one.
    """
    about, _ = await find_letter(work, uuid)
    if not about.sender:
        raise LetterNamesNoSender
    blocked = upsert(BlockedSender).values(email=about.sender, blocked_by_id=work.actor.person_id)
    await work.session.execute(blocked.on_conflict_do_nothing())
    await _remove(work, uuid, "blocked")
    return about.sender


async def list_blocked(work: Work) -> list[BlockedAddress]:
    """List whose letters are thrown away, by address."""
    rows = await work.session.execute(
        select(BlockedSender.email, BlockedSender.blocked_at).order_by(BlockedSender.email)
    )
    return [BlockedAddress(email=row.email, blocked_at=row.blocked_at) for row in rows]


async def unblock(work: Work, email: str) -> None:
    """Take letters of an address in again.

    Raises:
        SenderNotBlocked: It is not blocked.
    """
    gone = delete(BlockedSender).where(BlockedSender.email == email.lower()).returning(BlockedSender.email)
    if (await work.session.scalars(gone)).one_or_none() is None:
        raise SenderNotBlocked


async def _remove(work: Work, uuid: UUID, action: str) -> int | None:
    """Take a letter out of the quarantine; returns its job's id. Of two at once the second finds it gone."""
    await find_letter(work, uuid)
    gone = delete(QuarantinedMail).where(_is(uuid)).returning(QuarantinedMail.id, QuarantinedMail.job_id)
    row = (await work.session.execute(gone)).one_or_none()
    if row is None:
        raise LetterNotFound(uuid)
    work.record(Event(entity="quarantined_mail", action=action, entity_id=row.id, entity_uuid=uuid))
    return row.job_id  # type: ignore[no-any-return]


def _letters(work: Work, *more: Any) -> Select[Any]:  # noqa: ANN401 (columns of any type)
    columns = (
        *(QuarantinedMail.uuid, QuarantinedMail.received_at, QuarantinedMail.reason, QuarantinedMail.sender_sealed),
        *(QuarantinedMail.subject_sealed, QuarantinedMail.authentication, QuarantinedMail.size_bytes),
        *(Job.uuid.label("job_uuid"), Job.reference.label("job_reference"), *more),
    )
    return select(*columns).outerjoin(Job, Job.id == QuarantinedMail.job_id).where(_seen_by(work))


def _seen_by(work: Work) -> ColumnElement[bool] | TextClause:
    """Staff see all of it; others what is of jobs that they see."""
    actor = work.actor
    return true() if actor.account_type is AccountType.STAFF else (Job.id.is_not(None)) & visible_to(actor)


def _is(uuid: UUID) -> ColumnElement[bool]:
    return QuarantinedMail.uuid == uuid


def _view(work: Work, row: Any) -> Quarantined:  # noqa: ANN401
    return Quarantined(
        uuid=row.uuid,
        received_at=row.received_at,
        reason=row.reason,
        sender=_open(work, row.uuid, "sender", row.sender_sealed),
        subject=_open(work, row.uuid, "subject", row.subject_sealed),
        authentication=row.authentication,
        size_bytes=row.size_bytes,
        job_uuid=row.job_uuid,
        job_reference=row.job_reference,
    )


def _open(work: Work, uuid: UUID, name: str, sealed: str) -> str:
    return work.keys.open(sealed, record=uuid, field=f"quarantined_mails.{name}")
