"""`POST /api/jobs/approval-gate`: deciding whether a job may move to a status that needs approval."""

from typing import Final, Literal

from msgspec import Struct

from firstfix.api.exchange import RawJson
from firstfix.api.manage.bodies import invalid_parameter
from firstfix.api.manage.job_names import JobName, find_reference
from firstfix.api.manage.job_object import JobObject, changed_job, open_sealed
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Reply
from firstfix.api.problems import BadRequest
from firstfix.api.work_reads import read_in
from firstfix.domain.approvals.gates import decide_gate
from firstfix.domain.people.permissions import MANAGE_JOBS, MANAGEMENT_AUTHORITY
from firstfix.domain.work import Work

PATH: Final = "/api/jobs/approval-gate"
Decision = Literal["approve", "reject"]


class GateDecision(JobName, kw_only=True):
    """Which job, and what is decided; `decision` may be left out where `action` says it."""

    decision: Decision | None = None
    notes: str | None = None


class GateDecided(Struct):
    """The job afterwards: in the status that it waited for, or in the one that it has."""

    success: Literal[True]
    data: JobObject
    message: str


@operation("POST", PATH, key=MANAGEMENT_AUTHORITY, also=(MANAGE_JOBS,), operation_id="decideGate", reply=GateDecided)
async def decide(work: Work, data: GateDecision) -> Reply:
    """Approve or reject the status that a job waits for."""
    if data.decision is None:
        raise invalid_parameter("decision")
    return await _decide(work, data, data.decision)


@operation(
    "POST",
    PATH,
    action="approve",
    key=MANAGEMENT_AUTHORITY,
    also=(MANAGE_JOBS,),
    operation_id="approveGate",
    reply=GateDecided,
)
async def approve(work: Work, data: GateDecision) -> Reply:
    """Approve the status that a job waits for."""
    return await _decide(work, data, "approve")


@operation(
    "POST",
    PATH,
    action="reject",
    key=MANAGEMENT_AUTHORITY,
    also=(MANAGE_JOBS,),
    operation_id="rejectGate",
    reply=GateDecided,
)
async def reject(work: Work, data: GateDecision) -> Reply:
    """Reject the status that a job waits for."""
    return await _decide(work, data, "reject")


async def _decide(work: Work, data: GateDecision, decision: Decision) -> Reply:
    if data.decision not in (None, decision):
        raise BadRequest("action and decision say different things.", field="decision")
    job = await find_reference(work, data, usual="job_uuid")
    decided = await decide_gate(work, job, is_approved=decision == "approve", notes=data.notes)
    (objects,) = await read_in(work, changed_job, {"job_id": decided.id}) or ("[]",)
    message = "Status approved" if decision == "approve" else "Status rejected"
    return Reply(data=RawJson(open_sealed(objects, work.keys)[1:-1]), message=message)
