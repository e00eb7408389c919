"""Which events tell whom: pure rules, from what an event says to kinds of mail and parties of its job."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from firstfix.domain.work import Event

Party = Literal["contractor", "lead", "agent", "tenant", "office"]
"""Who has to do with a job. `tenant`: its contacts. `office`: the staff who made it, else the administrators."""


class MailKind(StrEnum):
    """What mail tells of. Organisations and people switch kinds off by these names."""

    JOB_CREATED = "job_created"
    JOB_ASSIGNED = "job_assigned"
    JOB_UPDATED = "job_updated"
    CASE_NOTE = "case_note"
    JOB_RECALLED = "job_recalled"
    RECALL_COMPLETED = "recall_completed"
    RECALL_CANCELLED = "recall_cancelled"
    JOB_COMPLETED = "job_completed"
    STATUS_REMINDER = "status_reminder"
    SLA_WARNING = "sla_warning"


class Told(NamedTuple):
    """A party that is told something."""

    kind: MailKind
    party: Party


ASSIGNMENT_NOTIFIED: Final = "assignment_notified"
"""The action of a job's event by which somebody has its contractor told by hand."""
STATUS_REMINDED: Final = "status_reminded"
"""The action of a job's event that it still stands where it stood."""

NOTE_PARTIES: Final[tuple[Party, ...]] = ("contractor", "agent", "tenant")
"""To whom a note can be sent."""
_WORKERS: Final[tuple[Party, ...]] = ("contractor", "lead")
_EVERYBODY: Final[tuple[Party, ...]] = (*_WORKERS, "agent", "tenant", "office")
_APPOINTMENT: Final = frozenset({"scheduled_at", "works_end_on", "time_range_id", "window_starts_at", "window_ends_at"})
TELLING_FIELDS: Final = _APPOINTMENT | {
    "title",
    "description",
    "status_id",
    "priority_id",
    "job_type_id",
    "location_id",
    "contractor_id",
    "agent_id",
    "lead_id",
    "contact_ids",
    "access_details",
}
"""Core names of what is worth a mail to who works on a job. Amounts and planning details are not."""
_BY_ACTION: Final[dict[str, tuple[Told, ...]]] = {
    ASSIGNMENT_NOTIFIED: (Told(MailKind.JOB_ASSIGNED, "contractor"),),
    STATUS_REMINDED: tuple(Told(MailKind.STATUS_REMINDER, party) for party in (*_WORKERS, "agent", "office")),
    **dict.fromkeys(
        ("sla_warned", "sla_breached"),
        tuple(Told(MailKind.SLA_WARNING, party) for party in (*_WORKERS, "agent", "office")),
    ),
}
_NEW_JOB: Final = (
    *(Told(MailKind.JOB_ASSIGNED, party) for party in _WORKERS),
    *(Told(MailKind.JOB_CREATED, party) for party in ("agent", "tenant", "office")),
)
_NAMED_BY: Final[dict[Party, str]] = {
    "contractor": "contractor_id",
    "lead": "lead_id",
    "agent": "agent_id",
    "tenant": "contact_ids",
}
"""Which field of a new job names a party."""


def tell(event: Event, *, by_staff: bool = False) -> tuple[Told, ...]:
    """Tell who hears of an event, and as what. Who is twice among them hears of what comes first.

    Args:
        event: What happened.
        by_staff: Whether a member of staff did it: who makes a job is its office, and hears of nothing that they did.
    """
    if event.entity == "case_note":
        return _tell_of_note(event)
    if event.entity != "job":
        return ()
    match event.action:
        case "created":
            return tuple(_tell_of_new_job(event, by_staff=by_staff))
        case "dispatched":
            return _NEW_JOB
        case "updated" | "restored":
            return tuple(_tell_of_changes(event))
        case action:
            return _BY_ACTION.get(action, ())


def is_move(event: Event) -> bool:
    """Tell whether an event brings a job into a status: one that was deferred, its dispatch into the first."""
    if event.entity != "job" or event.action == "deleted":
        return False
    return "status_id" in event.changes or event.action == "dispatched"


def _tell_of_note(event: Event) -> tuple[Told, ...]:
    if event.action != "created" or not event.changes.get("sends_mail", (None, False))[1]:
        return ()
    chosen = event.changes.get("parties", (None, None))[1]
    return tuple(Told(MailKind.CASE_NOTE, party) for party in NOTE_PARTIES if chosen is None or party in chosen)


def _tell_of_new_job(event: Event, *, by_staff: bool) -> Iterator[Told]:
    """Tell who hears of a new job: those it names. Most name few, and who is not there need not be looked for."""
    if event.changes.get("notification_delta") is not None:
        return
    for told in _NEW_JOB:
        field = _NAMED_BY.get(told.party)
        if not by_staff if field is None else event.changes.get(field) is not None:
            yield told


def _tell_of_changes(event: Event) -> Iterator[Told]:
    changes = event.changes
    if "recall_reason" in changes:
        kind: MailKind | None = MailKind.JOB_RECALLED
    elif "recall_outcome" in changes:
        is_done = changes["recall_outcome"][1] == "standard"
        kind = MailKind.RECALL_COMPLETED if is_done else MailKind.RECALL_CANCELLED
    elif changes.get("completed_at", (None, None))[1] is not None:
        kind = MailKind.JOB_COMPLETED
    else:
        kind = None
    for party in _WORKERS:
        if changes.get(f"{party}_id", (None, None))[1] is not None:
            yield Told(MailKind.JOB_ASSIGNED, party)
    if kind is not None:
        yield from (Told(kind, party) for party in _EVERYBODY)
    elif not TELLING_FIELDS.isdisjoint(changes):
        yield from (Told(MailKind.JOB_UPDATED, party) for party in (*_WORKERS, "agent"))
        if not _APPOINTMENT.isdisjoint(changes):
            yield Told(MailKind.JOB_UPDATED, "tenant")
