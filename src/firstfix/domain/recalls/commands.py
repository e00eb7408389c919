"""Recalling jobs, and ending recalls. Each is one event of the job."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from firstfix.domain.catalogue.stages import STATE_OF_STAGE, MainState, Stage
from firstfix.domain.jobs.changing import check_move, moved_to, open_gate
from firstfix.domain.jobs.errors import ApprovalPending
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.moves import get_status, save_move
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.rules import check_text
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.recalls.errors import (
    InvoicedJobRecalled,
    NotRecalled,
    NotToBeRecalled,
    RecalledAlready,
    RecallNeedsReason,
)
from firstfix.domain.recalls.models import Recall
from firstfix.domain.recalls.queries import find_open_recall, get_completed_status, get_recall, get_recall_status
from firstfix.domain.recalls.views import Outcome, RecallChange
from firstfix.domain.work import Work

_RECALLED_FROM = (Stage.COMPLETE, Stage.CLOSED)


async def raise_recall(work: Work, job: JobReference, *, reason: str) -> RecallChange:
    """Recall a completed job: it comes to the organisation's status for that, and the work begins anew.

    Raises:
        RecallNeedsReason: The reason is blank; `ValueOutOfRange`: PostgreSQL cannot keep it.
        JobNotFound: Absent, or hidden from the actor.
        RecalledAlready: It has an open recall.
        NotToBeRecalled: It is neither complete nor closed.
        InvoicedJobRecalled: It stands on an invoice.
        ApprovalPending: A change of status waits for approval.
        NoRecallStatus: The organisation has no status for it.
    """
    check_text("reason", reason)
    if not reason.strip():
        raise RecallNeedsReason
    current = await get_visible_job(work, job, for_update=True)
    if current.is_recall:
        raise RecalledAlready
    if current.stage not in _RECALLED_FROM:
        raise NotToBeRecalled
    if current.invoice_uuid is not None:
        raise InvoicedJobRecalled
    status = await get_recall_status(work)
    check_move(current, status, may_reopen=True)
    raised = insert(Recall).values(
        job_id=current.id,
        reason=reason.strip(),
        raised_by_id=work.actor.person_id,
        raised_at=work.now,
        status_before_id=current.status_id,
        completed_before_at=current.completed_at,
    )
    recall_id = await work.session.scalar(raised.on_conflict_do_nothing().returning(Recall.id))
    if recall_id is None:
        raise RecalledAlready
    values = moved_to(current, status, at=work.now) | {"is_recall": True}
    await save_move(work, current, values, told={"recall_reason": (None, reason.strip())})
    return RecallChange(job_uuid=current.uuid, recall=await get_recall(work, recall_id))


async def close_recall(work: Work, job: JobReference, *, outcome: Outcome) -> RecallChange:
    """End the recall of a job.

    Done (`standard`), the job comes back to stage complete, unless its crew or the office has brought it there before.
    Where each status of that stage needs approval, the gate opens, and the recall stays open until the job has passed
    it. Called off (`cancel`), the job comes back to the status that it was recalled from, as if it had not been.

    Args:
        work: The open transaction.
        job: Which one.
        outcome: How it ends.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        NotRecalled: It has no open recall, or no longer.
        ApprovalPending: The job would move, and another change of status waits for approval.
        NoLookup: The organisation has no status of stage complete.
    """
    current = await get_visible_job(work, job, for_update=True)
    recall = await find_open_recall(work, current.id)
    if recall is None:
        raise NotRecalled
    values = await (_complete(work, current, recall) if outcome == "standard" else _go_back(work, current, recall))
    is_approval_required = values.get("gate_status") == "pending"
    told: dict[str, tuple[Any, Any]] = {}
    if not is_approval_required:
        values["is_recall"] = False
        told["recall_outcome"] = (None, outcome)
        closed = {"closed_at": work.now, "closed_by_id": work.actor.person_id, "outcome": outcome}
        await work.session.execute(update(Recall).where(Recall.id == recall.id).values(closed))
    await save_move(work, current, values, told=told)
    return RecallChange(
        job_uuid=current.uuid,
        recall=await get_recall(work, recall.id),
        is_approval_required=is_approval_required,
    )


async def _complete(work: Work, job: Job, recall: Recall) -> dict[str, Any]:
    """Give the columns of a job whose recall is done: completed now, if it is not yet, or waiting for approval."""
    if STATE_OF_STAGE[Stage(job.stage)] is MainState.COMPLETED:
        return {}
    target = await get_completed_status(work, before=recall.status_before_id)
    check_move(job, target, may_reopen=True)
    return open_gate(work, job, target) if target.requires_approval else moved_to(job, target, at=work.now)


async def _go_back(work: Work, job: Job, recall: Recall) -> dict[str, Any]:
    """Give the columns of a job that was recalled for nothing: where it was, and complete since it was then.

    What a status asks for otherwise, the job has had before.
    """
    if job.status_id == recall.status_before_id:
        return {}
    if job.gate_status == "pending":
        raise ApprovalPending
    values = moved_to(job, await get_status(work, recall.status_before_id), at=work.now)
    if job.completed_at is None and recall.completed_before_at is not None:
        values["completed_at"] = recall.completed_before_at
    return values
