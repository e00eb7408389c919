"""How a crew moves its job through its states. Every change records one event."""

from datetime import datetime
from typing import Any

from firstfix.domain.access.queries import PermissionMissing
from firstfix.domain.catalogue.stages import STATE_OF_STAGE, MainState, Stage
from firstfix.domain.jobs import crew as crews
from firstfix.domain.jobs.changing import move_to
from firstfix.domain.jobs.commands import save_progress, update_job
from firstfix.domain.jobs.crew import CrewState, Member, Position
from firstfix.domain.jobs.errors import NotInCrew
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.references import get_first_status
from firstfix.domain.jobs.views import JobChanges, JobIds, JobReference, JobUpdate, Reference
from firstfix.domain.people.permissions import MANAGE_JOBS
from firstfix.domain.scheduling import rules
from firstfix.domain.scheduling.errors import NotDispatchedYet, NotToBeWorked, OutOfOrder, WorkingElsewhere
from firstfix.domain.scheduling.views import CrewMove, Step
from firstfix.domain.work import Work


async def move_crew_member(
    work: Work,
    job: JobReference,
    *,
    person: Reference,
    step: Step,
    at: datetime | None = None,
    position: Position | None = None,
    reason: str | None = None,
) -> CrewMove:
    """Let somebody of a job's crew travel, arrive, pause, resume or complete. What they did already is no change.

    Their hours follow: what they did until then ends, and travel or work begins. The job follows too: who is first to
    set out takes it to the first status of stage in progress, and when the crew is done it comes to the first of stage
    complete. Where such a status needs approval its gate opens, and the job stays in its state.

    Args:
        work: The open transaction.
        job: Which one.
        person: Who; an actor who may not manage jobs moves nobody but themselves.
        step: What they do.
        at: When it happened; by default now.
        position: Where they were.
        reason: Why they pause; no other step has one.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        PermissionMissing: It is not the actor's own work.
        NotInCrew: The person is absent, or not in this job's crew.
        NotDispatchedYet: The job is deferred.
        NotToBeWorked: It is over.
        StepNotAllowed: It cannot follow on how far they are.
        WorkingElsewhere: They are under way with another job.
        OutOfOrder: `at` lies before something that is known of them.
        ApprovalPending: Another change of status waits.
        PauseNeedsReason: A pause without one; `ReasonWithoutPause`: a reason without one.
        ValueOutOfRange: A time, place or text that cannot be.
    """
    rules.check_step(step, at=at, now=work.now, position=position, reason=reason)
    current = await get_visible_job(work, job, for_update=True)
    person_id = await crews.lock_member(work, current.id, person)
    if not work.actor.may(MANAGE_JOBS) and (person_id is None or person_id != work.actor.person_id):
        raise PermissionMissing
    crew = await crews.get_crew(work, current.id)
    member = next((member for member in crew if member.person_id == person_id), None)
    if member is None:
        raise NotInCrew("person")
    if STATE_OF_STAGE[Stage(current.stage)] not in (MainState.SCHEDULED, MainState.ACTIVE):
        if step is Step.COMPLETE and member.state is CrewState.COMPLETED:
            return CrewMove(state=member.state, is_changed=False, is_approval_required=False)
        raise NotToBeWorked
    if current.notification_delta is not None:
        raise NotDispatchedYet
    state = rules.next_state(member.state, step, was_travelling=member.was_travelling)
    if state is member.state:
        return CrewMove(state=state, is_changed=False, is_approval_required=False)
    moment = _moment_of(work, member, state, at)
    states = {other.person_id: other.state for other in crew} | {member.person_id: state}
    values, is_approval_required = await _lead_to(work, current, states, crew, moment)
    if is_approval_required and STATE_OF_STAGE[Stage(current.stage)] is MainState.SCHEDULED:
        # Nobody sets out before it is approved; that it was asked for is told once.
        if values:
            await save_progress(work, current, values, told={})
        return CrewMove(state=member.state, is_changed=bool(values), is_approval_required=True)
    if values.get("stage", current.stage) == Stage.IN_PROGRESS:
        values["substate"] = rules.substate_of(states)
    reason = None if reason is None else reason.strip()
    await crews.save_state(work, current.id, member.person_id, state, at=moment, position=position, reason=reason)
    told = {
        "crew_member_id": (None, member.person_id),
        "crew_state": (member.state.wire_name, state.wire_name),
        "pause_reason": (None, reason),
    }
    await save_progress(work, current, values, told=told)
    return CrewMove(state=state, is_changed=True, is_approval_required=is_approval_required)


async def cancel_job(work: Work, job: JobReference) -> JobUpdate:
    """Call a job off: it comes to the first status of stage cancelled, and whatever its crew does ends now.

    A cancelled job stays as it is.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        PermissionMissing: The actor may not manage jobs.
        MoveNotAllowed: It is closed or archived.
        ApprovalPending: A change of status waits.
        JobArchived: It no longer changes.
    """
    if not work.actor.may(MANAGE_JOBS):
        raise PermissionMissing
    current = await get_visible_job(work, job, for_update=True)
    if current.stage == Stage.CANCELLED:
        ids = JobIds(id=current.id, uuid=current.uuid, reference=current.reference)
        return JobUpdate(ids=ids, is_changed=False, is_approval_required=False)
    status = await get_first_status(work, Stage.CANCELLED)
    return await update_job(work, current.id, JobChanges(status=status.id))


def _moment_of(work: Work, member: Member, state: CrewState, at: datetime | None) -> datetime:
    """Tell when somebody came to a state: after all that is known of them, or of this job where no hours begin.

    Who did not say when has just done it. A work that began earlier may come second to the lock: then its own time lies
    before what the other has written.
    """
    known_until = member.known_here_until
    if crews.begins_hours(state):
        known_until = member.known_until
        if member.is_busy_elsewhere:
            raise WorkingElsewhere
    if at is None:
        return max(work.now, known_until or work.now)
    moment = at.replace(microsecond=0)
    if known_until is not None and moment < known_until:
        raise OutOfOrder
    return moment


async def _lead_to(
    work: Work, job: Job, states: dict[int, CrewState], crew: list[Member], moment: datetime
) -> tuple[dict[str, Any], bool]:
    """Give the columns that follow from how far a crew is, and whether the status it leads to waits for approval."""
    if STATE_OF_STAGE[Stage(job.stage)] is MainState.SCHEDULED:
        stage = Stage.IN_PROGRESS
    elif rules.is_work_done(states, lead_id=job.lead_id):
        stage = Stage.COMPLETE
        # What was done may be told late, and not in its order: the job is complete when the last of them was done.
        moment = max(moment, job.started_at or moment, *(member.known_here_until or moment for member in crew))
    else:
        return {}, False
    status = await get_first_status(work, stage)
    if job.gate_status == "pending" and job.gate_wanted_status_id == status.id:
        return {}, True
    values = move_to(work, job, status, at=moment)
    return values, status.requires_approval
