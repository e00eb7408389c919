"""Sending what is in the outbox: claiming a mail by a lease, writing the letter, noting what came of it.

Three short transactions, with the mail server between the second and the third. Who loses their lease notes nothing.
"""

import random
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Interval, bindparam, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.messaging.facts import find_event, find_job_for, find_recipient
from firstfix.domain.messaging.letters import BadAddress, Letter, Sender, compose
from firstfix.domain.messaging.models import OutboxMail
from firstfix.domain.messaging.ports import Delivered, Delivery, Refused, Unreachable
from firstfix.domain.messaging.telling import ASSIGNMENT_NOTIFIED, MailKind
from firstfix.domain.work import Work

LEASE: Final = timedelta(minutes=3)
"""Longer than anything that is done under it may take."""
TRIES_FOR: Final = timedelta(hours=24)
STALE_AFTER: Final = timedelta(days=7)
"""What waited for a mail server for so long tells nobody anything any more."""
_PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
_JITTER: Final = 0.2
_LONGEST_ANSWER: Final = 500

Reason = Literal["no_access", "switched_off", "too_old", "bad_address", "refused", "gave_up", "unreadable", "bounced"]
"""Why a mail is withheld, or dead."""

_CLAIM = text("SELECT * FROM claim_due_mail(:lease_lasts)").bindparams(bindparam("lease_lasts", type_=Interval))
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


class Envelope(Struct, frozen=True, kw_only=True):
    """A mail that is ready to go, the address that it goes to and the one that it returns to."""

    message: EmailMessage
    to: str
    return_path: str


class Withheld(Struct, frozen=True):
    """A mail that is not to be sent, and why."""

    reason: Reason
    is_dead: bool = False


async def claim_mail(session: AsyncSession) -> Claimed | None:
    """Lease the mail that has been due for longest, of any organisation. The lease counts from the commit on.

    Args:
        session: A transaction that works for nobody yet.
    """
    row = (await session.execute(_CLAIM, {"lease_lasts": LEASE})).mappings().one_or_none()
    if row is None:
        return None
    return Claimed(**{**row, "kind": MailKind(row["kind"])})


async def release_lost_mail(session: AsyncSession) -> int:
    """Let mail wait again whose lease ran out, where nothing sends it."""
    return await session.scalar(_RELEASE) or 0


async def write_letter(work: Work, mail: Claimed, sender: Sender) -> Envelope | Withheld:
    """Write a letter with what is so now, if its reader may still read it and wants to."""
    if mail.at - mail.created_at > STALE_AFTER and mail.attempts == 1:
        return Withheld("too_old")
    recipient = await find_recipient(work, kind=mail.recipient_kind, id=mail.recipient_id)
    job = None if recipient is None else await find_job_for(work, recipient, mail.job_id)
    event = await find_event(work, mail.event_id)
    if recipient is None or job is None or event is None:
        return Withheld("no_access")
    is_asked_for = event.action == ASSIGNMENT_NOTIFIED
    if not is_asked_for and mail.kind in recipient.mails_off | job.mails_off:
        return Withheld("switched_off")
    letter = Letter(kind=mail.kind, recipient=recipient, job=job, event=event, message_id=mail.message_id, at=mail.at)
    try:
        message = compose(letter, sender)
    except BadAddress:
        return Withheld("bad_address", is_dead=True)
    to = message["To"].addresses[0].addr_spec
    return_path = sender.address
    if sender.reply_domain is not None:
        return_path = f"bounce+{mail.uuid.hex}@{sender.reply_domain}"
    return Envelope(message=message, to=to, return_path=return_path)


async def settle(work: Work, mail: Claimed, outcome: Delivery | Withheld, *, to: str | None = None) -> bool:
    """Note what came of a mail, and when it is tried again.

    Returns:
        Whether the lease was still ours; if not, nothing is noted.
    """
    values = _values_of(mail, outcome, now=work.now)
    noted = (
        update(OutboxMail)
        .where(
            OutboxMail.event_id == mail.event_id,
            OutboxMail.recipient_kind == mail.recipient_kind,
            OutboxMail.recipient_id == mail.recipient_id,
            OutboxMail.state == "sending",
            OutboxMail.lease == mail.lease,
        )
        .values(**values, **({} if to is None else {"email": to}))
        .returning(OutboxMail.uuid)
    )
    return await work.session.scalar(noted) is not None


def next_pause(attempts: int, *, chance: float) -> timedelta:
    """Tell how long to wait after so many attempts; `chance`, from 0 to 1, spreads what failed at once."""
    pause = _PAUSES[min(attempts, len(_PAUSES)) - 1]
    return pause * (1 + _JITTER * (2 * chance - 1))


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
