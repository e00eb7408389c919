"""Putting mail into the outbox, in the transaction of the change: one statement for all that a work has recorded.

It is the one that writes the events, and comes first in it: those hold the lock that puts an organisation's commits in
a line, and nobody in the line waits for this.
"""

from typing import Any, Final

import msgspec
from msgspec import Struct

from firstfix.domain.history.commands import event_writer, write_events
from firstfix.domain.messaging.telling import ASSIGNMENT_NOTIFIED, MailKind, Told, is_move, tell
from firstfix.domain.work import AccountType, Event, Work

OUTBOX_CHANNEL: Final = "firstfix_outbox"
"""Where the worker hears of mail that somebody waits for. Of the rest it hears by looking, every second: a word from
PostgreSQL takes a lock of the whole database until the commit."""
_AWAITED: Final = frozenset({MailKind.CASE_NOTE})

_WRITE_WITH_MAIL = event_writer(
    "queue_mail(%(count)s, %(told)s, %(actor_id)s::bigint, %(moved)s, %(domain)s, %(is_awaited)s)"
)


class _Telling(Struct, frozen=True):
    """One party that is told of one event; `number` is the event's place, `rank` what counts first."""

    number: int
    rank: int
    kind: str
    party: str
    job_id: int | None
    case_note_id: int | None
    author_contact_id: int | None
    is_asked_for: bool


async def write_events_and_mail(work: Work, *, domain: str) -> None:
    """Write what the work has recorded, and queue mail to whoever is to be told. One statement, or none.

    Args:
        work: The open transaction.
        domain: What the names of mails end in.
    """
    by_staff = work.actor.person_id is not None and work.actor.account_type is AccountType.STAFF
    told = [
        _telling(number, rank, event, one)
        for number, event in enumerate(work.events, start=1)
        for rank, one in enumerate(tell(event, by_staff=by_staff))
    ]
    moved = [event.entity_id for event in work.events if is_move(event)]
    if not told and not moved:
        await write_events(work)
        return
    parameters: dict[str, Any] = {
        "count": len(work.events),
        "told": msgspec.json.encode(told).decode(),
        "moved": moved,
        "domain": domain,
        "is_awaited": any(one.is_asked_for or one.kind in _AWAITED for one in told),
    }
    await write_events(work, _WRITE_WITH_MAIL, parameters)


def _telling(number: int, rank: int, event: Event, told: Told) -> _Telling:
    is_note = event.entity == "case_note"
    return _Telling(
        number=number,
        rank=rank,
        kind=told.kind,
        party=told.party,
        job_id=None if is_note else event.entity_id,
        case_note_id=event.entity_id if is_note else None,
        author_contact_id=event.changes.get("written_by_contact_id", (None, None))[1],
        is_asked_for=event.action == ASSIGNMENT_NOTIFIED,
    )
