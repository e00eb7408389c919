"""Recalling completed jobs, and ending recalls."""

from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from firstfix.api.manage.bodies import invalid_parameter
from firstfix.api.manage.job_names import JobName, find_reference
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Reply
from firstfix.domain.people.permissions import COMPLETE_RECALLS, MANAGE_RECALLS
from firstfix.domain.recalls.commands import close_recall, raise_recall
from firstfix.domain.recalls.views import Outcome, RecallChange, RecallView
from firstfix.domain.work import Work


class RecallEdit(JobName, kw_only=True):
    """Whether the job is to be in recall: 1 with a reason, 0 with how the recall ends."""

    is_recall: bool
    reason: str | None = None
    completion_type: Outcome | None = None


class RecallState(Struct):
    """A job's latest recall, and whether it is open."""

    job_uuid: UUID
    is_recall: bool
    recall: RecallView


class Recalled(Struct):
    """What came of it. With `approval_required` the job waits for the status that would end the recall."""

    success: bool
    data: RecallState
    message: str
    approval_required: bool | UnsetType = UNSET


@operation("POST", "/api/jobs/recall", key=MANAGE_RECALLS, operation_id="recallJob", reply=Recalled)
async def recall(work: Work, data: RecallEdit) -> Reply:
    """Recall a completed job, or end its recall."""
    reason = (data.reason or "").strip()
    if data.is_recall and not reason:
        raise invalid_parameter("reason")
    if not data.is_recall and data.completion_type is None:
        raise invalid_parameter("completion_type")
    job = await find_reference(work, data, usual="job_uuid")
    if data.completion_type is None or data.is_recall:
        return _reply(await raise_recall(work, job, reason=reason), "Job recalled")
    ended = "Recall completed" if data.completion_type == "standard" else "Recall cancelled"
    return _reply(await close_recall(work, job, outcome=data.completion_type), ended)


@operation(
    "POST",
    "/api/jobs/mark-recall-completed",
    key=COMPLETE_RECALLS,
    operation_id="markRecallCompleted",
    reply=Recalled,
)
async def mark_recall_completed(work: Work, data: JobName) -> Reply:
    """End the recall of a job whose work is done."""
    job = await find_reference(work, data, usual="job_uuid")
    return _reply(await close_recall(work, job, outcome="standard"), "Recall completed")


def _reply(change: RecallChange, message: str) -> Reply:
    if change.is_approval_required:
        message = "The recall is completed once its status is approved"
    return Reply(
        data=RecallState(change.job_uuid, change.is_open, change.recall),
        message=message,
        top={"approval_required": True} if change.is_approval_required else {},
    )
