"""Asking for a change of a job's field, and deciding it: once, by somebody else."""

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert

from firstfix.domain.access.queries import PermissionMissing
from firstfix.domain.approvals.amendable import (
    FIELDS,
    check_value,
    fields_of,
    is_amendable,
    read_fields,
    read_value,
    visible_amendments_sql,
    write_value,
)
from firstfix.domain.approvals.errors import (
    AmendmentDecided,
    AmendmentImpossible,
    AmendmentNotFound,
    AmendmentPending,
    FieldMovedOn,
    FieldNotYours,
    JobNotAmendable,
    OwnAmendment,
)
from firstfix.domain.approvals.models import Amendment
from firstfix.domain.approvals.views import Value
from firstfix.domain.errors import Invalid, NotFound, ValueRefused
from firstfix.domain.jobs.commands import update_job
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.policies import visible_to
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.rules import check_text
from firstfix.domain.jobs.views import JobChanges, JobReference
from firstfix.domain.people.permissions import AMEND_REQUESTS, MANAGEMENT_AUTHORITY
from firstfix.domain.work import Event, Work

Decision = Literal["approved", "rejected"]


async def request_amendment(work: Work, job: JobReference, *, field_name: str, value: Value, reason: str) -> int:
    """Ask for a change of a field; return the request's id.

    Args:
        work: The open transaction.
        job: Whose field.
        field_name: Its core name, one of `FIELDS`.
        value: What it should become.
        reason: Why, for whoever decides.

    Raises:
        FieldNotYours: The actor may not ask for a change of this one.
        ValueOutOfRange: No job can have the value; `ValueRefused`: nor this field.
        JobNotFound: Absent, or hidden from the actor.
        JobNotAmendable: It is archived or cancelled.
        AmendmentPending: Another change of the field waits.
    """
    field = FIELDS[field_name]
    if field_name not in fields_of(work.actor.account_type):
        raise FieldNotYours
    check_value(field, value)
    check_text("reason", reason)
    found = await get_visible_job(work, job, for_update=True)
    shown = (await read_fields(work, found))[field_name]
    if field.kind == "choice" and all(value != option.id for option in shown.options):
        raise ValueRefused("There is no such choice.", field="requested_value")
    if not is_amendable(found):
        raise JobNotAmendable
    values = {
        "job_id": found.id,
        "field_name": field_name,
        "current_value": write_value(shown.current),
        "requested_value": write_value(value),
        "reason": reason,
        "requested_by_id": work.actor.person_id,
    }
    added = insert(Amendment).values(values)
    waits = added.on_conflict_do_nothing(
        index_elements=["organisation_id", "job_id", "field_name"], index_where=text("status = 'pending'")
    )
    amendment: Amendment | None = await work.session.scalar(waits.returning(Amendment))
    if amendment is None:
        raise AmendmentPending
    told = {**values, "job": found.reference}
    del told["job_id"]
    _record(work, amendment, found, "requested", {name: (None, given) for name, given in told.items()})
    return amendment.id


async def decide_amendment(
    work: Work, amendment: int | UUID, *, decision: Decision, decision_note: str | None = None
) -> int:
    """Decide a request that waits; return its id. Approved, it is written by the command that every update is.

    Args:
        work: The open transaction.
        amendment: Which one.
        decision: What becomes of it.
        decision_note: What the decider has to say.

    Raises:
        PermissionMissing: The actor has no management authority.
        AmendmentNotFound: Absent, or hidden from the actor; or the job is.
        OwnAmendment: The actor has asked for it.
        AmendmentDecided: It waits no more.
        FieldMovedOn: The job shows something else in the field than when it was asked for.
        AmendmentImpossible: The job, as it has become, does not take the value.
        Conflict: See `update_job`: `JobArchived`, `FieldFrozen` and others.
    """
    if not all(work.actor.may(key) for key in (AMEND_REQUESTS, MANAGEMENT_AUTHORITY)):
        raise PermissionMissing
    check_text("decision_note", decision_note)
    found = await _find_visible(work, amendment)
    if found is None:
        raise AmendmentNotFound(amendment)
    if found.requested_by_id == work.actor.person_id:
        raise OwnAmendment
    try:
        # First the job, as everywhere: so two decisions, or a decision and an update, come one after the other.
        job = await get_visible_job(work, found.job_id, for_update=True)
    except JobNotFound as error:
        raise AmendmentNotFound(amendment) from error
    decided = {
        "status": decision,
        "decided_by_id": work.actor.person_id,
        "decided_at": work.now,
        "decision_note": decision_note,
    }
    waiting = update(Amendment).where(Amendment.id == found.id, Amendment.status == "pending").values(decided)
    if await work.session.scalar(waiting.returning(Amendment.id)) is None:
        raise AmendmentDecided
    if decision == "approved":
        await _write_value(work, job, found)
    told: dict[str, tuple[Any, Any]] = {
        "status": ("pending", decision),
        "field_name": (None, found.field_name),
        "requested_value": (found.current_value, found.requested_value),
        "requested_by_id": (None, found.requested_by_id),
        "decided_by_id": (None, work.actor.person_id),
        "decision_note": (None, decision_note),
    }
    _record(work, found, job, decision, told)
    return found.id


async def get_amendment_id(work: Work, uuid: UUID) -> int:
    """Find the id of a request that the actor sees.

    Raises:
        AmendmentNotFound: Absent, or hidden from the actor; or the job is.
    """
    found = await _find_visible(work, uuid)
    if found is None:
        raise AmendmentNotFound(uuid)
    return found.id


async def _find_visible(work: Work, amendment: int | UUID) -> Amendment | None:
    is_seen = text(visible_amendments_sql(work.actor.account_type, person=":actor_person_id"))
    if ":actor_person_id" in is_seen.text:
        is_seen = is_seen.bindparams(bindparam("actor_person_id", work.actor.person_id, type_=BigInteger))
    named = Amendment.uuid == amendment if isinstance(amendment, UUID) else Amendment.id == amendment
    joined = select(Amendment).join(Job, Job.id == Amendment.job_id).where(named, visible_to(work.actor), is_seen)
    return await work.session.scalar(joined)


async def _write_value(work: Work, job: Job, amendment: Amendment) -> None:
    """Write what was asked for, unless the job has come to show something else, or no longer takes it."""
    shown = (await read_fields(work, job))[amendment.field_name]
    if write_value(shown.current) != amendment.current_value:
        raise FieldMovedOn
    asked: dict[str, Any] = {amendment.field_name: read_value(FIELDS[amendment.field_name], amendment.requested_value)}
    try:
        await update_job(work, job.id, JobChanges(**asked), on_authority=True)
    except (Invalid, NotFound) as refusal:
        # The request was good when it was made: it is the state that is in the way now.
        raise AmendmentImpossible(refusal.message) from refusal


def _record(work: Work, amendment: Amendment, job: Job, action: str, changes: dict[str, tuple[Any, Any]]) -> None:
    work.record(
        Event(
            entity="amendment",
            action=action,
            entity_id=amendment.id,
            entity_uuid=amendment.uuid,
            label=job.reference,
            changes={name: pair for name, pair in changes.items() if pair[0] != pair[1]},
        )
    )
