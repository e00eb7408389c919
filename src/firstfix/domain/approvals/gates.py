"""Deciding whether a job may move to a status that needs approval."""

from typing import Any

from sqlalchemy import insert

from firstfix.domain.access.queries import PermissionMissing
from firstfix.domain.approvals.gate_errors import NoGatePending, OwnGate
from firstfix.domain.approvals.gate_models import GateDecision
from firstfix.domain.jobs.changing import check_move, moment_of_change, moved_to
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.moves import get_status, save_move
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.rules import check_text
from firstfix.domain.jobs.views import JobIds, JobReference
from firstfix.domain.people.permissions import MANAGE_JOBS, MANAGEMENT_AUTHORITY
from firstfix.domain.work import Work

_PENDING = "pending"


async def decide_gate(work: Work, job: JobReference, *, is_approved: bool, notes: str | None = None) -> JobIds:
    """Approve the status that was asked for, and move the job there, or reject it: then the job stays as it is.

    Either is final, and one event tells it. Whoever asked may ask again.

    Args:
        work: The open transaction.
        job: Which one.
        is_approved: The decision.
        notes: What the actor has to say about it.

    Raises:
        ValueOutOfRange: Notes that PostgreSQL cannot keep.
        PermissionMissing: The actor may not manage jobs, or has no management authority.
        JobNotFound: Absent, or hidden from the actor.
        NoGatePending: Nothing waits for approval, or no longer.
        OwnGate: The actor has asked for it.
        JobInvoiced: It has been invoiced since, and would not be completed any more.
        JobRecalled: It would be archived with its recall open.
        MoveNotAllowed: The stages have changed since, and no longer allow the move.
    """
    if not (work.actor.may(MANAGE_JOBS) and work.actor.may(MANAGEMENT_AUTHORITY)):
        raise PermissionMissing
    check_text("notes", notes)
    current = await get_visible_job(work, job, for_update=True)
    if current.gate_status != _PENDING or current.gate_wanted_status_id is None:
        raise NoGatePending
    if work.actor.person_id is not None and work.actor.person_id == current.gate_asked_by_id:
        raise OwnGate
    values = await _move(work, current, current.gate_wanted_status_id) if is_approved else {}
    values |= {
        "gate_status": "approved" if is_approved else "rejected",
        **{
            column: getattr(current, column)
            for column in ("gate_wanted_status_id", "gate_asked_by_id", "gate_asked_at")
        },
    }
    decided_at = moment_of_change(work, current)
    notes = (notes or "").strip()
    await work.session.execute(
        insert(GateDecision).values(
            job_id=current.id,
            status_id=current.gate_wanted_status_id,
            asked_by_id=current.gate_asked_by_id,
            asked_at=current.gate_asked_at,
            decided_by_id=work.actor.person_id,
            decided_at=decided_at,
            is_approved=is_approved,
            notes=notes,
        )
    )
    await save_move(work, current, values, told={"gate_notes": (None, notes or None)})
    return JobIds(id=current.id, uuid=current.uuid, reference=current.reference)


async def _move(work: Work, job: Job, status_id: int) -> dict[str, Any]:
    """Give the columns of a job that comes to the status that was asked for, if that is still possible.

    Whether whoever asked may move it there was settled when they asked: nothing has moved the job since.
    """
    target = await get_status(work, status_id)
    check_move(job, target, may_reopen=True, is_approved=True)
    return moved_to(job, target, at=work.now)
