"""Sending what is in the outbox: claiming a mail by a lease, writing the letter, noting what came of it.

Three short transactions, with the mail server between the second and the third. Who loses their lease notes nothing.
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, Interval, bindparam, case, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.messaging.facts import (
    CONTACT,
    PERSON,
    JobFacts,
    Recipient,
    find_event,
    find_job_for,
    find_note,
    find_recipient,
)
from firstfix.domain.messaging.letters import Letter, Sender, can_be_mailed
from firstfix.domain.messaging.models import OutboxMail
from firstfix.domain.messaging.ports import Delivered, Delivery, Refused, Unreachable
from firstfix.domain.messaging.replies import REPLY_PREFIX, make_reply_token
from firstfix.domain.messaging.telling import ASSIGNMENT_NOTIFIED, MailKind
from firstfix.domain.work import Work

LEASE: Final = timedelta(minutes=3)
"""Longer than anything that is done under it may take."""
TRIES_FOR: Final = timedelta(hours=24)
STALE_AFTER: Final = timedelta(days=7)
"""What waited for a mail server for so long tells nobody anything any more."""
MOST_ATTEMPTS: Final = 40
"""A day of trying has fewer: what was begun more often ends whoever begins it."""
_PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
_JITTER: Final = 0.2
_LONGEST_ANSWER: Final = 500

BOUNCE_PREFIX: Final = "bounce+"
"""What return paths begin with, before the uuid of the mail."""
Reason = Literal["no_access", "gone", "switched_off", "too_old", "bad_address", "refused", "gave_up", "bounced"]
"""Why a mail is withheld, or dead."""
_RETURNED: Final[Reason] = "bounced"

_CLAIM = text("SELECT * FROM claim_due_mail(:lease_lasts, :after, :passing_over)").bindparams(
    bindparam("lease_lasts", type_=Interval),
    bindparam("after", type_=BigInteger),
    bindparam("passing_over", type_=ARRAY(BigInteger)),
)
_FIND_RETURNED = text("SELECT find_returned_mail(:uuid)")
_RELEASE = text("SELECT release_lost_mail()")


class Claimed(Struct, frozen=True, kw_only=True):
    """A mail that we hold the lease of, from `at` on."""

    organisation_id: int
    event_id: UUID
    recipient_kind: int
    recipient_id: int
    uuid: UUID
    kind: MailKind
    job_id: int
    case_note_id: int | None
    message_id: str
    created_at: datetime
    lease: int
    attempts: int
    first_attempt_at: datetime
    at: datetime


class Withheld(Struct, frozen=True):
    """A mail that is not to be sent, and why."""

    reason: Reason
    is_dead: bool = False


async def claim_mail(session: AsyncSession, *, after: int = 0, passing_over: Sequence[int] = ()) -> Claimed | None:
    """Lease a mail: of the next organisation that has one due, the one that it has been for longest.

    Who asks each time with the last one's organisation serves all of them in turn. The lease counts from the commit on.

    Args:
        session: A transaction that works for nobody yet.
        after: The id of the organisation that was served last.
        passing_over: Ids of organisations not to serve now.
    """
    parameters = {"lease_lasts": LEASE, "after": after, "passing_over": list(passing_over)}
    row = (await session.execute(_CLAIM, parameters)).mappings().one_or_none()
    if row is None:
        return None
    return Claimed(**{**row, "kind": MailKind(row["kind"])})


async def release_lost_mail(session: AsyncSession) -> int:
    """Let mail wait again whose lease ran out, where nothing sends it."""
    return await session.scalar(_RELEASE) or 0


async def write_letter(work: Work, mail: Claimed, sender: Sender) -> Letter | Withheld:
    """Write a letter with what is so now, if its reader may still read it and wants to."""
    if (withheld := _withhold(mail)) is not None:
        return withheld
    recipient = await find_recipient(work, kind=mail.recipient_kind, id=mail.recipient_id)
    job = None if recipient is None else await find_job_for(work, recipient, mail.job_id)
    event = await find_event(work, mail.event_id)
    note = None if mail.case_note_id is None else await find_note(work, mail.case_note_id)
    if recipient is None or job is None:
        return Withheld("no_access")
    if event is None or (note is None and mail.case_note_id is not None):
        return Withheld("gone")
    is_asked_for = event.action == ASSIGNMENT_NOTIFIED
    if not is_asked_for and mail.kind in recipient.mails_off | job.mails_off:
        return Withheld("switched_off")
    if not can_be_mailed(recipient.email):
        return Withheld("bad_address", is_dead=True)
    return Letter(
        kind=mail.kind,
        recipient=recipient,
        job=job,
        event=event,
        note=note,
        message_id=mail.message_id,
        at=mail.at,
        reply_to=await _make_reply_address(work, mail, sender, recipient, job),
        return_path=_return_path(mail, sender),
    )


async def settle(work: Work, mail: Claimed, outcome: Delivery | Withheld, *, to: str | None = None) -> bool:
    """Note what came of a mail that went to an address, and when it is tried again. One that is back stays dead.

    Returns:
        Whether the lease was still ours; if not, nothing is noted.
    """
    has_returned = OutboxMail.reason == _RETURNED
    values = _values_of(mail, outcome, now=work.now)
    values |= {
        name: case((has_returned, getattr(OutboxMail, name)), else_=values[name])
        for name in ("state", "next_at", "reason")
    }
    noted = (
        update(OutboxMail)
        .where(
            OutboxMail.event_id == mail.event_id,
            OutboxMail.recipient_kind == mail.recipient_kind,
            OutboxMail.recipient_id == mail.recipient_id,
            (OutboxMail.state == "sending") | has_returned,
            OutboxMail.lease == mail.lease,
        )
        .values(**values, **({} if to is None else {"email": to}))
        .returning(OutboxMail.uuid)
    )
    return await work.session.scalar(noted) is not None


async def note_bounce(session: AsyncSession, mail: UUID) -> bool:
    """Note that a mail came back for good, though a server had taken it. It may be back before whoever sent it knows.

    What waits because somebody has asked for it again has not been tried since, and goes out.

    Args:
        session: A transaction that works for nobody yet; afterwards for the mail's organisation.
        mail: What its return path names, behind `BOUNCE_PREFIX`.

    Returns:
        Whether there is such a mail; if not, nothing is noted.
    """
    if await session.scalar(_FIND_RETURNED, {"uuid": mail}) is None:
        return False
    was_tried = (OutboxMail.state == "sent") | (OutboxMail.next_at.is_not(None) & (OutboxMail.attempts > 0))
    returned = update(OutboxMail).where(OutboxMail.uuid == mail, was_tried)
    await session.execute(returned.values(state="dead", next_at=None, reason=_RETURNED))
    return True


def next_pause(attempts: int, *, chance: float) -> timedelta:
    """Tell how long to wait after so many attempts; `chance`, from 0 to 1, spreads what failed at once."""
    pause = _PAUSES[min(attempts, len(_PAUSES)) - 1]
    return pause * (1 + _JITTER * (2 * chance - 1))


def _withhold(mail: Claimed) -> Withheld | None:
    """Tell why a mail is not begun again, whoever it is for; `None` where it is."""
    if mail.attempts > MOST_ATTEMPTS:
        return Withheld("gave_up", is_dead=True)
    if mail.at - mail.created_at > STALE_AFTER and mail.lease == 1:
        return Withheld("too_old")
    return None


async def _make_reply_address(
    work: Work, mail: Claimed, sender: Sender, recipient: Recipient, job: JobFacts
) -> str | None:
    if sender.reply_domain is None or mail.case_note_id is None or job.is_closed:
        return None
    token = await make_reply_token(
        work,
        job_id=mail.job_id,
        case_note_id=mail.case_note_id,
        person_id=recipient.id if recipient.kind == PERSON else None,
        contact_id=recipient.id if recipient.kind == CONTACT else None,
        email=recipient.email,
    )
    return None if token is None else f"{REPLY_PREFIX}{token}@{sender.reply_domain}"


def _return_path(mail: Claimed, sender: Sender) -> str:
    if sender.reply_domain is None:
        return sender.address
    return f"{BOUNCE_PREFIX}{mail.uuid.hex}@{sender.reply_domain}"


def _values_of(mail: Claimed, outcome: Delivery | Withheld, *, now: datetime) -> dict[str, object]:
    match outcome:
        case Delivered(answer):
            return {"state": "sent", "next_at": None, "sent_at": now, "answer": _short(answer), "reason": None}
        case Withheld(reason, is_dead):
            return {"state": "dead" if is_dead else "withheld", "next_at": None, "reason": reason}
        case Refused(answer, is_final=True):
            return {"state": "dead", "next_at": None, "answer": _short(answer), "reason": "refused"}
        case Refused(answer) | Unreachable(answer):
            next_at = now + next_pause(mail.attempts, chance=random.random())  # noqa: S311 (it spreads, and hides nothing)
            if next_at > mail.first_attempt_at + TRIES_FOR:
                return {"state": "dead", "next_at": None, "answer": _short(answer), "reason": "gave_up"}
            return {"state": "retry", "next_at": next_at, "answer": _short(answer), "reason": None}


def _short(answer: str) -> str:
    return answer.replace("\0", "")[:_LONGEST_ANSWER]
