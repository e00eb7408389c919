"""What becomes of a letter that came in for one address: a note, or none. Rules, and the rows that tell of it.

The token in the address is the only key; everything in the letter is a hint at most. What a program wrote makes no
note, whatever it is addressed to, and is never answered: so nothing here can go round in circles.
"""

import hashlib
from datetime import timedelta
from typing import Final, Literal, TypeAlias
from uuid import uuid4

from msgspec import Struct
from sqlalchemy import LargeBinary, bindparam, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.jobs.models import JobContact
from firstfix.domain.messaging.inbound_letters import Letter
from firstfix.domain.messaging.inbound_models import BlockedSender, InboundMail, MailAttempt, QuarantinedMail
from firstfix.domain.messaging.models import ReplyAddress
from firstfix.domain.messaging.replies import ReplyTo
from firstfix.domain.notes.models import CaseNote
from firstfix.domain.places.models import Contact
from firstfix.domain.work import Work
from firstfix.kit.sealing import KeyRing
from firstfix.kit.secrets import hash_secret

Outcome: TypeAlias = Literal["note", "quarantined", "ignored", "bounced"]
Reason: TypeAlias = Literal[
    "", "authentication", "author", "automatic", "blocked", "bounce", "empty", "flood", "over", "poison", "refused",
    "sender", "unknown", "unreadable",
]  # fmt: skip
"""Why a letter made no note; `quarantine.py` says it for people."""

Names: TypeAlias = tuple[int | None, int | None]
"""The job and the note of an address, by their ids, as far as there still are such."""

MOST_ATTEMPTS: Final = 3
"""What was begun so often and never ended is parked: whatever it does to us, the others go on."""
NOTES_AN_HOUR_OF_SENDER: Final = 100
NOTES_AN_HOUR_OF_JOB: Final = 50
STRAYS_AN_HOUR_OF_SENDER: Final = 100
QUARANTINE_MAILS: Final = 1_000
QUARANTINE_BYTES: Final = 128 << 20
KEPT: Final = timedelta(days=30)
_KNOWN = timedelta(days=120)
_HOUR = timedelta(hours=1)
_CERTAIN = frozenset({"report", "auto-submitted", "return-path", "own"})
"""By these a program says for sure that it wrote a letter. The other signs stand on some that people wrote, too."""

_QUARANTINE = QuarantinedMail.metadata.tables[QuarantinedMail.__tablename__]
_FIND_FORMER = text("SELECT job_id, case_note_id FROM find_former_address(:token_hash)").bindparams(
    bindparam("token_hash", type_=LargeBinary)
)


class QuarantineFull(Exception):
    """No more letters can be kept that make no note: whoever has this one is to send it later."""


class Place(Struct, frozen=True):
    """Where in a mailbox a letter lies."""

    mailbox: str
    uid_validity: int
    uid: int


class Arrival(Struct, frozen=True, kw_only=True):
    """A letter that came for one address.

    Args:
        raw: All of it.
        recipient: The address, in lower case.
        message_hash: The letter's, by which it is known again.
        place: Where it lay, if that was a mailbox.
        letter: What it says; `None` where it cannot be read.
    """

    raw: bytes
    recipient: str
    message_hash: bytes
    place: Place | None
    letter: Letter | None

    @property
    def recipient_hash(self) -> bytes:
        """The address, as it is written down: a token is a secret."""
        return hash_secret(self.recipient)

    @property
    def sender_hash(self) -> bytes | None:
        """Who says to have sent it, as it is written down."""
        sender = None if self.letter is None else self.letter.sender
        return None if sender is None else hash_secret(sender)


class Verdict(Struct, frozen=True):
    """What becomes of a letter."""

    outcome: Outcome
    reason: Reason = ""


async def begin_attempt(session: AsyncSession, raw: bytes) -> int:
    """Count that a letter is about to be taken in; returns how often that was begun. Committed before it is."""
    begun = upsert(MailAttempt).values(content_hash=_hash(raw), attempts=1)
    counted = begun.on_conflict_do_update(
        index_elements=["content_hash"], set_={"attempts": MailAttempt.attempts + 1, "last_at": func.now()}
    )
    return (await session.scalars(counted.returning(MailAttempt.attempts))).one()


async def end_attempt(session: AsyncSession, raw: bytes) -> None:
    """Forget how often it was begun: it has ended, or failed for reasons that are not in the letter."""
    await session.execute(delete(MailAttempt).where(MailAttempt.content_hash == _hash(raw)))


async def find_outcome(session: AsyncSession, arrival: Arrival) -> Outcome | None:
    """Tell what became of the same letter before: it made a note, or it lay in the same place."""
    message, place = InboundMail.message_hash == arrival.message_hash, arrival.place
    is_same = (InboundMail.outcome == "note") & message
    if place is not None:
        is_there = (
            (InboundMail.mailbox == place.mailbox)
            & (InboundMail.uid_validity == place.uid_validity)
            & (InboundMail.uid == place.uid)
        )
        is_same = is_same | is_there
    found = select(InboundMail.outcome).where(InboundMail.recipient_hash == arrival.recipient_hash, is_same)
    outcome: Outcome | None = await session.scalar(found.limit(1))
    return outcome


async def find_former_address(session: AsyncSession, token: str) -> Names | None:
    """Find job and note of an address that lets nobody in any more, and work for its organisation from now on."""
    row = (await session.execute(_FIND_FORMER, {"token_hash": hash_secret(token)})).one_or_none()
    return None if row is None else (row.job_id, row.case_note_id)


async def judge(session: AsyncSession, letter: Letter | None, reply_to: ReplyTo | None, *, was_ours: bool) -> Verdict:
    """Say what becomes of a letter.

    Args:
        session: A transaction that works for the organisation of the address, if there is one.
        letter: What it says; `None` where it cannot be read.
        reply_to: Whose reply the address lets in; `None` where it lets in nobody's.
        was_ours: Whether it did once.
    """
    if letter is not None and letter.automatic in _CERTAIN:
        return Verdict("ignored", "automatic")
    if letter is not None and letter.sender is not None and await _is_blocked(session, letter.sender):
        return Verdict("ignored", "blocked")
    if reply_to is None:
        return Verdict("quarantined", "over" if was_ours else "unknown")
    if letter is None:
        return Verdict("quarantined", "unreadable")
    reason = _doubt(letter, reply_to)
    if not reason and await _is_flood(session, hash_secret(reply_to.email.lower()), reply_to.job_id):
        reason = "flood"
    return Verdict("quarantined", reason) if reason else Verdict("note")


async def keep_address(work: Work, reply_to: ReplyTo) -> bool:
    """Lock an address until the end of the transaction; tells whether it still lets its recipient in.

    Whether a person still sees the job is asked where the note is written; a contact has to be on it.
    """
    still = select(ReplyAddress.id).where(
        ReplyAddress.id == reply_to.id, ReplyAddress.ended_at.is_(None), ReplyAddress.expires_at > func.now()
    )
    if await work.session.scalar(still.with_for_update(read=True)) is None:
        return False
    if reply_to.contact_id is None:
        return True
    on_job = (
        select(Contact.id)
        .join(JobContact, JobContact.contact_id == Contact.id)
        .where(Contact.id == reply_to.contact_id, Contact.archived_at.is_(None), JobContact.job_id == reply_to.job_id)
    )
    return await work.session.scalar(on_job) is not None


async def write_down(session: AsyncSession, arrival: Arrival, verdict: Verdict) -> bool:
    """Write down what becomes of a letter; tells whether this is the first time.

    The same letter at the same moment waits here until the first has ended.
    """
    place, letter = arrival.place, arrival.letter
    row = {
        "mailbox": None if place is None else place.mailbox,
        "uid_validity": None if place is None else place.uid_validity,
        "uid": None if place is None else place.uid,
        "recipient_hash": arrival.recipient_hash,
        "message_hash": arrival.message_hash,
        "sender_hash": arrival.sender_hash,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "authentication": "" if letter is None else letter.authentication,
    }
    written = await session.scalars(upsert(InboundMail).values(row).on_conflict_do_nothing().returning(InboundMail.id))
    return written.one_or_none() is not None


async def quarantine(
    session: AsyncSession, keys: KeyRing, arrival: Arrival, reason: Reason, *, names: Names | None
) -> None:
    """Keep a letter that made no note, for a person to look at.

    Args:
        session: A transaction that works for an organisation, or for none.
        keys: Seal it.
        arrival: The letter.
        reason: Why it made no note.
        names: The job and the note that its address is for, or was.

    Raises:
        QuarantineFull: There is no room for it, or too many came from the same sender.
    """
    usage = (await session.execute(text("SELECT mails_count, used_bytes FROM quarantine_usage()"))).one()
    size_bytes = len(arrival.raw)
    if usage.mails_count >= QUARANTINE_MAILS or usage.used_bytes + size_bytes > QUARANTINE_BYTES:
        raise QuarantineFull
    sender_hash = arrival.sender_hash
    if sender_hash is not None and await _count(session, sender_hash, "quarantined") > STRAYS_AN_HOUR_OF_SENDER:
        raise QuarantineFull
    letter, uuid = arrival.letter, uuid4()
    contents = {
        "sender": (letter and letter.sender) or "",
        "subject": letter.subject if letter else "",
        "raw": arrival.raw.decode("latin-1"),
    }
    job_id, case_note_id = names or (None, None)
    # Inline, without RETURNING: what is of no organisation may be written and not be read.
    await session.execute(
        insert(_QUARANTINE)
        .inline()
        .values(
            uuid=uuid,
            reason=reason,
            job_id=job_id,
            case_note_id=case_note_id,
            size_bytes=size_bytes,
            authentication=letter.authentication if letter else "",
            **{
                f"{name}_sealed": keys.seal(value, record=uuid, field=f"quarantined_mails.{name}")
                for name, value in contents.items()
            },
        )
    )


async def drop_old_mail(session: AsyncSession) -> int:
    """Drop what has been in quarantine for thirty days; returns how many."""
    return await session.scalar(select(func.drop_old_mail(KEPT, _KNOWN))) or 0


def _doubt(letter: Letter, reply_to: ReplyTo) -> Reason:
    """Tell why a letter makes no note, although its address lets somebody in; empty for no reason."""
    if letter.automatic is not None:
        return "automatic"
    if letter.sender != reply_to.email.lower():
        return "sender"
    if "dmarc=fail" in letter.authentication:
        return "authentication"
    return "" if letter.text or letter.files or letter.left_out else "empty"


async def _is_blocked(session: AsyncSession, sender: str) -> bool:
    return await session.scalar(select(BlockedSender.email).where(BlockedSender.email == sender)) is not None


async def _is_flood(session: AsyncSession, sender_hash: bytes, job_id: int) -> bool:
    """Tell whether so much comes from somebody, or to a job, that no person can be writing it."""
    if await _count(session, sender_hash, "note") >= NOTES_AN_HOUR_OF_SENDER:
        return True
    recent = select(func.count()).where(
        CaseNote.job_id == job_id, CaseNote.created_at > func.now() - _HOUR, CaseNote.source == "email"
    )
    return (await session.scalar(recent) or 0) >= NOTES_AN_HOUR_OF_JOB


async def _count(session: AsyncSession, sender_hash: bytes, outcome: Outcome) -> int:
    recent = select(func.count()).where(
        InboundMail.sender_hash == sender_hash,
        InboundMail.received_at > func.now() - _HOUR,
        InboundMail.outcome == outcome,
    )
    return await session.scalar(recent) or 0


def _hash(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()
