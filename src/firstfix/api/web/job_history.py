"""What happened to a job, in words for people."""

from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from firstfix.api.web.job_detail import SCHEDULED_STATES
from firstfix.api.web.job_rows import READ_JOBS, SUBSTATES, Instant, uuid_of
from firstfix.api.web.operations import operation
from firstfix.domain.history.views import Change
from firstfix.domain.jobs.past import list_job_commits
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.work import Source, Work


class HistoryPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of a history: at most `limit` commits, only those `before` one."""

    before: UUID | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class FieldChange(Struct, kw_only=True):
    """A field that changed: names stand in place of ids, amounts are decimals, times are instants."""

    field: str
    label: str
    before: Any = msgspec.field(name="from")
    after: Any = msgspec.field(name="to")


class JobCommit(Struct, kw_only=True):
    """One change of a job. Nobody's (`by_name` is null) are the system's own."""

    id: UUID
    at: Instant
    by_name: str | None
    source: Source
    action: str
    changes: list[FieldChange]


class JobHistory(Struct, kw_only=True):
    """Commits, newest first; `more` tells whether earlier ones follow."""

    commits: list[JobCommit]
    more: bool


@operation("GET", "/web/jobs/{uuid:str}/history", key=READ_JOBS, operation_id="listJobHistory")
async def list_job_history(work: Work, uuid: str, query: HistoryPage) -> JobHistory:
    """List what changed on a job, newest first."""
    job = await get_visible_job(work, uuid_of(uuid))
    past = await list_job_commits(
        work, job.id, limit=query.limit + 1, before=None if query.before is UNSET else query.before
    )
    return JobHistory(
        commits=[
            JobCommit(
                id=commit.id,
                at=commit.at,
                by_name=commit.by_name,
                source=cast("Source", commit.source),
                action=commit.action,
                changes=[_told(change) for change in commit.changes],
            )
            for commit in past.commits[: query.limit]
        ],
        more=len(past.commits) > query.limit,
    )


_LABELS = {
    "status_id": "Status",
    "gate_wanted_status_id": "Status asked for",
    "gate_asked_by_id": "Approval asked by",
    "gate_status": "Approval",
    "gate_notes": "Notes on the decision",
    "substate": "Crew",
    "job_type_id": "Type",
    "location_id": "Address",
    "contact_ids": "Contacts",
    "crew_ids": "Crew",
    "crew_member_id": "Crew member",
    "crew_state": "Their work",
    "pause_reason": "Reason for the pause",
    "slots": "Time slots",
    "case_notes": "Case notes",
    "pre_signature": "Signature before the work",
    "signature": "Signature after the work",
    "lead_id": "Lead engineer",
    "created_by_id": "Made by",
    "is_recall": "Recall",
    "recall_reason": "Reason for the recall",
    "recall_outcome": "End of the recall",
    "scheduled_at": "Works start",
    "works_end_on": "Works end",
    "scheduled_state": "Planning",
    "notification_delta": "Deferred by",
    "late_seconds": "Dispatched late by (seconds)",
    "predecessor": "Comes after",
    "successor": "Comes before",
    "window_starts_at": "Not before",
    "window_ends_at": "Deadline",
    "time_range_id": "Part of the day",
    "vat_percentage": "VAT",
    "invoice_no": "Invoice number",
    "quote_no": "Quote number",
    "works_order_ref": "Works order",
    "private_contact_email": "Private contact e-mail",
    "started_at": "Work began",
    "completed_at": "Work completed",
}
"""What people call a field, where its own name would not do."""

_SIGNATURES = ("pre_signature", "signature")
_NAMES_OF_NUMBERS = {"substate": SUBSTATES, "scheduled_state": SCHEDULED_STATES}


def _told(change: Change) -> FieldChange:
    return FieldChange(
        field=change.field,
        label=change.label
        or _LABELS.get(change.field)
        or change.field.removesuffix("_id").replace("_", " ").capitalize(),
        before=_value_told(change.field, change.before, change.name_before),
        after=_value_told(change.field, change.after, change.name_after),
    )


def _value_told(name: str, value: object, shown: object) -> object:
    if isinstance(value, int) and name in _NAMES_OF_NUMBERS:
        return _NAMES_OF_NUMBERS[name][value]
    if name == "slots" and isinstance(value, list):
        return [slot["starts_at"] for slot in value]
    if name == "case_notes" and isinstance(value, list):
        return ["pinned note" if note["is_pinned"] else "note" for note in value]
    if name in _SIGNATURES and value is not None:
        return "signed"
    return value if shown is UNSET else shown
