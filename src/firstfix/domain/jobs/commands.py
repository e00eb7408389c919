"""Making, changing and deleting jobs. Every change records one event."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET
from sqlalchemy import bindparam, delete, func, select, update

from firstfix.domain.access.queries import PermissionMissing
from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.custom_fields.values import PATH as CUSTOM_FIELDS
from firstfix.domain.jobs import changing, dependencies, labor, members, rules, slots, tasks
from firstfix.domain.jobs import crew as crews
from firstfix.domain.jobs.errors import (
    FieldFrozen,
    JobArchived,
    JobChangedMeanwhile,
    JobClosed,
    JobInvoiced,
    JobOnDevice,
)
from firstfix.domain.jobs.events import job_event
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.references import (
    AGENT,
    CONTACTS,
    CREW,
    JOB_TYPE,
    LOCATION,
    STATUS,
    find_references,
    get_defaults,
)
from firstfix.domain.jobs.rules import Schedule, ScheduleChanges, Stamps
from firstfix.domain.jobs.task_rows import TaskState, get_tasks, save_tasks
from firstfix.domain.jobs.views import JobChanges, JobDraft, JobIds, JobReference, JobUpdate, PlannedSlot
from firstfix.domain.people.permissions import DELETE_CLOSED_JOBS
from firstfix.domain.work import Work
from firstfix.kit.statements import send

_JOBS = Job.metadata.tables[Job.__tablename__]
# Made once, as plain statements: what the ORM would do for each row is not needed, and costs more than the row.
_UPDATE = update(_JOBS).where(_JOBS.c.id == bindparam("job_id"))
_DELETE = delete(_JOBS).where(_JOBS.c.id == bindparam("job_id"))
_ANSWER = (
    update(_JOBS)
    .where(_JOBS.c.id == bindparam("job_id"), _JOBS.c.responded_at.is_(None))
    .values(responded_at=bindparam("at"))
)
_INSERT = """
WITH job AS (
    INSERT INTO jobs ({columns}) VALUES ({values}) ON CONFLICT (organisation_id, reference) DO NOTHING RETURNING id
    {members}
)
SELECT id FROM job
"""
_FROZEN_AT_CLOSED = ("invoice_no", "quote_no", "contractor_budget", "client_budget", "vat_percentage")


async def create_job(work: Work, draft: JobDraft) -> JobIds:
    """Make a job, with its number, its first time slot and everything that a draft leaves to defaults.

    Raises:
        ReferenceNotFound: Something that the draft names is absent or hidden.
        ReferenceArchived: It is archived; `BranchDisabled` for a branch.
        StatusNotForNewJob: The status is of a later stage, or needs approval.
        AssigneeNotInCrew: A task is given to somebody else.
        AssigneesOff: A task is given to anybody, and True-Crew is off.
        NoLookup: The organisation has no branch, status, priority or type to fall back on.
        WorksEndBeforeStart: The dates contradict each other.
        ValueOutOfRange: An amount, duration, date or text that no job can have.
        WindowEndsBeforeStart: The time window does.
        DependencyTaken: See `dependencies.plan_links`; likewise `DependencyCycle`, `WindowWithDependencies`.
        ValueRefused: A custom field does not take its value.
    """
    changing.check_values(draft)
    rules.check_window(draft.window_starts_at, draft.window_ends_at)
    await tasks.check_assignees(work, changing.paths_of_tasks(draft.tasks))
    await dependencies.hold_dependencies(work, draft)
    links = await dependencies.plan_links(work, draft)
    named_in_tasks = tasks.named_in_tasks(tasks.pair_new_tasks(draft.tasks))
    named_in_labor = labor.named_in_labor(draft.labor)
    findings = await find_references(work, (*changing.named_in(draft), *named_in_tasks, *named_in_labor))
    fields = await changing.find_named_fields(work, draft, draft.tasks)
    field_values = fields.merge("Job", {}, draft.custom_fields)
    await labor.check_taxes(work, draft.labor)
    chosen = {
        role.column: None if reference is None else findings.use(role, reference)
        for role in changing.ROLES
        for reference in (getattr(draft, role.field),)
    }
    lead_id = chosen["lead_id"]
    crew = rules.crew_with_lead(lead_id, (findings.use(CREW, member) for member in draft.crew))
    contacts = tuple(dict.fromkeys(findings.use(CONTACTS, contact) for contact in draft.contacts))
    planned_tasks = await tasks.plan_new_tasks(work, draft.tasks, findings=findings, fields=fields, crew=crew)
    planned_labor = labor.plan_labor(draft.labor, findings)
    agent = None if draft.agent is None else findings.get(AGENT, draft.agent)
    defaults = await get_defaults(
        work,
        branch_id=chosen["branch_id"],
        likely_branch_ids=(
            None if agent is None else agent.branch_id,
            findings.get(LOCATION, draft.location).branch_id,
        ),
        has_lead=lead_id is not None,
    )
    status = defaults.status if draft.status is None else findings.get(STATUS, draft.status)
    rules.check_new_status(status.stage, requires_approval=status.requires_approval)
    job_type = defaults.job_type if draft.job_type is None else findings.get(JOB_TYPE, draft.job_type)
    schedule = rules.plan(
        Schedule(),
        ScheduleChanges(
            starts_at=UNSET if draft.scheduled_at is None else draft.scheduled_at.replace(microsecond=0),
            starts_on=UNSET if draft.works_start_on is None else draft.works_start_on,
            ends_on=draft.works_end_on,
            day_part=changing.find_day_part(findings, draft.time_range),
        ),
        zone=defaults.zone,
    )
    stamps = rules.stamp(Stamps(None, None), None, status.stage, work.now)
    values = {
        **{name: getattr(draft, name) for name in changing.PLAIN},
        **{
            f"{name}_sealed": work.keys.find_seal(getattr(draft, name), record=defaults.uuid, field=f"jobs.{name}")
            for name in changing.SEALED
        },
        **chosen,
        "uuid": defaults.uuid,
        "title": rules.title_of(draft.description, job_type.name) if draft.title is None else draft.title,
        "branch_id": defaults.branch_id,
        "status_id": status.id,
        "stage": status.stage,
        "priority_id": chosen["priority_id"] or defaults.priority_id,
        "job_type_id": job_type.id,
        "created_by_id": work.actor.person_id,
        "field_values": field_values,
        "scheduled_at": schedule.starts_at,
        "works_end_on": schedule.ends_on,
        "scheduled_state": changing.TENTATIVE if lead_id is None else changing.DISPATCHED,
        "vat_percentage": defaults.vat_percentage if draft.vat_percentage is None else draft.vat_percentage,
        "started_at": stamps.started_at,
        "created_at": work.now,
        "updated_at": work.now,
        "window_starts_at": draft.window_starts_at,
        "window_ends_at": draft.window_ends_at,
        "notification_delta": draft.notification_delta,
        "notification_minutes": None
        if draft.notification_delta is None
        else rules.notification_minutes(draft.notification_delta, defaults.notification_unit),
        **links.values,
    }
    job_id, values["reference"] = await _insert(
        work, values, number=defaults.number, prefix=defaults.job_prefix, crew=crew, contacts=contacts
    )
    await save_tasks(work, job_id, (), planned_tasks)
    await labor.add_labor(work, job_id, planned_labor)
    ids = JobIds(id=job_id, uuid=defaults.uuid, reference=values["reference"])
    await dependencies.write_links(work, ids, links)
    told = {
        **values,
        "crew_ids": crew or None,
        "contact_ids": contacts or None,
        "tasks": planned_tasks or None,
        "labor": planned_labor or None,
        **links.told(links.after),
        CUSTOM_FIELDS: fields.told({}, field_values)[1],
    }
    work.record(job_event(ids, "created", after=told))
    return ids


async def update_job(
    work: Work,
    job: JobReference,
    changes: JobChanges,
    *,
    expected_updated_at: datetime | None = None,
    only_off_device: bool = False,
    is_restoring: bool = False,
    on_authority: bool = False,
) -> JobUpdate:
    """Change a job. What it shows already is no change: nothing is written and nothing recorded.

    A status that requires approval is not taken: the gate opens and the job stays where it is.

    Args:
        work: The open transaction.
        job: Which one.
        changes: What to change.
        expected_updated_at: What the caller has read; another value refuses the update.
        only_off_device: Refuse while the job is on a mobile device, as the field API does.
        is_restoring: The changes put back what was: start, part of the day and end are taken just as they are given,
            and the history calls it so.
        on_authority: Somebody may decide on this change, and has: they need no right to manage jobs.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        PermissionMissing: Without the right to manage jobs only a status can be changed, within the work's own stages.
        JobChangedMeanwhile: It is not as the caller has read it.
        JobArchived: It no longer changes.
        JobOnDevice: It is active, and `only_off_device`.
        FieldFrozen: The job is closed.
        ApprovalPending: The status waits for approval.
        JobInvoiced: By the change of status it would not be completed any more.
        MoveNotAllowed: The stages do not allow the change of status.
        JobRecalled: It would be archived with its recall open.
        CrewFixed: The crew changes only while the job is scheduled.
        CrewWithoutLead: The crew that is given lacks the lead.
        TaskNotFound: The job has no such task; `ItemNotFound`: nor the task such an item.
        AssigneeNotInCrew: A task is given to somebody else.
        AssigneesOff: A task is given to anybody, and True-Crew is off.
        DependencyTaken: See `dependencies.plan_links`; likewise `DependencyCycle`, `WindowWithDependencies`.
        WindowEndsBeforeStart: The time window would.
        NotInCrew: Somebody is planned into a time slot who is not of the crew.
        PlanningFixed: The planning changes only while the job is scheduled.
        NobodyToDispatchTo: The job would go out without a lead.
        ValueRefused: A custom field does not take its value.
    """
    if not on_authority and not changing.may_update(work, changes):
        raise PermissionMissing
    changing.check_values(changes)
    await tasks.check_assignees(work, changing.paths_of_tasks(changes.tasks or ()))
    await dependencies.hold_dependencies(work, changes)
    current = await _lock_for_update(work, job, expected_updated_at, only_off_device=only_off_device)
    had_tasks: tuple[TaskState, ...] = ()
    fresh: list[UUID] = []
    if changes.tasks is not UNSET or changes.crew is not UNSET:
        had_tasks, fresh = await get_tasks(work, current.id, changes.tasks or ())
    pairs = tasks.pair_tasks(changes.tasks or (), had_tasks)
    findings = await find_references(work, (*changing.named_in(changes), *tasks.named_in_tasks(pairs)))
    fields = await changing.find_named_fields(work, changes, changes.tasks or (), current.field_values)
    people = await members.get_members(work, current.id)
    edit = changing.Edit(work, current, changes, findings, people, is_restoring=is_restoring)
    await edit.take_fields()
    edit.take_custom_fields(fields)
    is_approval_required = edit.take_status()
    crew = edit.take_crew()
    edit.take_planning()
    contacts = edit.take_contacts()
    await edit.take_schedule()
    await edit.take_deferral()
    if changes.tasks is UNSET:
        planned_tasks = tasks.keep_to_crew(had_tasks, crew)
    else:
        planned_tasks = tasks.Planner(findings, fields, crew, fresh).plan_list(pairs)
    links = await edit.take_links()
    values = edit.changed_values
    had_slots, planned_slots = await edit.take_slots(crew)
    _refuse_frozen(current, values)

    ids = JobIds(id=current.id, uuid=current.uuid, reference=current.reference)
    is_crew_changed = set(crew) != set(people.crew)
    has_moved = (contacts, planned_tasks, planned_slots) != (people.contacts, had_tasks, had_slots)
    if not values and not is_crew_changed and not links.changed and not has_moved:
        return JobUpdate(ids=ids, is_changed=False, is_approval_required=is_approval_required)

    values["updated_at"] = changing.moment_of_change(work, current)
    before = {column: getattr(current, column) for column in values}
    await work.session.execute(_UPDATE, {"job_id": current.id, **values})
    await _let_follow(work, current, values, crew=crew, planned=planned_slots)
    if is_crew_changed or "lead_id" in values:
        await members.set_crew(work, current.id, crew)
    if contacts != people.contacts:
        await members.set_contacts(work, current.id, contacts)
    await save_tasks(work, current.id, had_tasks, planned_tasks)
    await dependencies.write_links(work, ids, links)
    tasks_before, tasks_after = tasks.changed_tasks(had_tasks, planned_tasks)
    before |= {
        "crew_ids": people.crew,
        "contact_ids": people.contacts,
        "tasks": tasks_before,
        **links.told(links.before),
        "slots": had_slots,
        CUSTOM_FIELDS: edit.told_values[0],
    }
    after = values | {
        "crew_ids": crew if is_crew_changed else people.crew,
        "contact_ids": contacts,
        "tasks": tasks_after,
        **links.told(links.after),
        "slots": planned_slots,
        CUSTOM_FIELDS: edit.told_values[1],
    }
    work.record(job_event(ids, "restored" if is_restoring else "updated", before=before, after=after))
    return JobUpdate(ids=ids, is_changed=True, is_approval_required=is_approval_required)


async def save_progress(work: Work, job: Job, values: dict[str, Any], *, told: Mapping[str, tuple[Any, Any]]) -> None:
    """Write columns of a locked job that something else than an update changes, and record one event.

    Args:
        work: The open transaction.
        job: As it was read under the lock.
        values: What its columns come to.
        told: What else the event tells: old and new values.
    """
    changed = {column: value for column, value in values.items() if getattr(job, column) != value}
    changed["updated_at"] = changing.moment_of_change(work, job)
    before = {column: getattr(job, column) for column in changed}
    await work.session.execute(_UPDATE, {"job_id": job.id, **changed})
    before |= {name: pair[0] for name, pair in told.items()}
    after = changed | {name: pair[1] for name, pair in told.items()}
    ids = JobIds(id=job.id, uuid=job.uuid, reference=job.reference)
    work.record(job_event(ids, "updated", before=before, after=after))


async def mark_responded(work: Work, job_id: int) -> None:
    """Note that staff or a contractor have answered to a job that the work has locked; only the first time counts.

    What a command of jobs moves to stage assigned or later is answered by that. This is for a first note.
    """
    await work.session.execute(_ANSWER, {"job_id": job_id, "at": work.now})


async def set_invoice(work: Work, jobs: Sequence[Job], *, invoice: UUID | None, number: str) -> None:
    """Put jobs on an invoice, or let them go from it; what hangs on that is up to whoever invoices. One event each.

    Args:
        work: The open transaction.
        jobs: As they were read under the lock.
        invoice: The invoice's uuid; `None` lets them go.
        number: The number of the one or the other, as the events tell it.

    Raises:
        JobInvoiced: One of them stands on an invoice already.
    """
    if not jobs:
        return
    is_free = _JOBS.c.invoice_uuid.is_(None)
    changed = await work.session.execute(
        update(_JOBS)
        .where(_JOBS.c.id.in_([job.id for job in jobs]), is_free if invoice is not None else ~is_free)
        .values(invoice_uuid=invoice, updated_at=func.greatest(work.now, _JOBS.c.updated_at + timedelta(seconds=1)))
        .returning(_JOBS.c.id)
    )
    if len(changed.all()) < len(jobs):
        raise JobInvoiced
    for job in jobs:
        ids = JobIds(id=job.id, uuid=job.uuid, reference=job.reference)
        before, after = (None, number) if invoice is not None else (number, None)
        work.record(job_event(ids, "updated", before={"invoice": before}, after={"invoice": after}))


async def delete_job(work: Work, job: JobReference, *, only_off_device: bool = False) -> JobIds:
    """Delete a job with all that hangs on it. The event stays as its tombstone.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        JobOnDevice: It is active, and `only_off_device`.
        JobClosed: It is closed or archived, and the actor lacks the permission for those.
        JobInvoiced: It stands on an invoice.
    """
    current = await get_visible_job(work, job, for_update=True)
    if only_off_device:
        refuse_on_device(current)
    if current.invoice_uuid is not None:
        raise JobInvoiced
    if current.stage in (Stage.CLOSED, Stage.ARCHIVED) and not work.actor.may(DELETE_CLOSED_JOBS):
        raise JobClosed
    ids = JobIds(id=current.id, uuid=current.uuid, reference=current.reference)
    await dependencies.part_from_neighbours(work, ids, current)
    await work.session.execute(_DELETE, {"job_id": current.id})
    work.record(job_event(ids, "deleted"))
    return ids


def refuse_on_device(job: Job) -> None:
    """Refuse a write that a job on a mobile device does not take.

    Raises:
        JobOnDevice: The job is active.
    """
    if rules.is_on_device(Stage(job.stage)):
        raise JobOnDevice


async def _lock_for_update(
    work: Work, job: JobReference, expected_updated_at: datetime | None, *, only_off_device: bool
) -> Job:
    """Lock a job, and refuse one that takes no update; see `update_job`."""
    current = await get_visible_job(work, job, for_update=True)
    if expected_updated_at is not None and expected_updated_at != current.updated_at:
        raise JobChangedMeanwhile
    if current.stage == Stage.ARCHIVED:
        raise JobArchived
    if only_off_device:
        refuse_on_device(current)
    return current


async def _insert(
    work: Work,
    values: Mapping[str, Any],
    *,
    number: int,
    prefix: str,
    crew: Sequence[int],
    contacts: Sequence[int],
) -> tuple[int, str]:
    """Write a new job under the next reference that is free, with its members; return its id and reference.

    The unique constraint is the referee. Past the first try the number lies beyond all that are in use, so only twins
    that do the same at the same time can be in the way again.
    """
    members_sql = members.new_members_sql(
        has_crew=bool(crew), has_contacts=bool(contacts), has_slot=values["scheduled_at"] is not None
    )
    row = {**values, "field_values": msgspec.json.encode(values["field_values"]).decode()}
    while True:
        row |= {"number": number, "reference": f"{prefix}{number}"}
        made = await send(
            work.session,
            _insert_statement(tuple(row), members_sql),
            {
                **row,
                "crew": crew,
                "contacts": contacts,
                "slot_starts_at": row["scheduled_at"],
                "slot_minutes": row["estimated_minutes"] or 0,
            },
        )
        if made:
            return made[0].id, row["reference"]
        number = (await work.session.execute(select(func.next_free_job_number()))).scalar_one()


@lru_cache(maxsize=64)
def _insert_statement(columns: tuple[str, ...], members_sql: str) -> str:
    return _INSERT.format(
        columns=", ".join(columns), values=", ".join(f"%({column})s" for column in columns), members=members_sql
    )


def _refuse_frozen(job: Job, values: dict[str, Any]) -> None:
    """Refuse changes of amounts and invoice data that a closed job does not take."""
    frozen = next((column for column in _FROZEN_AT_CLOSED if column in values), None)
    if frozen is not None and job.stage == Stage.CLOSED:
        raise FieldFrozen(frozen)


async def _let_follow(
    work: Work, before: Job, values: dict[str, Any], *, crew: tuple[int, ...], planned: Sequence[PlannedSlot] | None
) -> None:
    """Let slots and crew follow their job; slots that were planned are set instead."""
    if planned is None:
        await _change_slots(work, before, values, crew=crew)
    else:
        await slots.set_slots(work, before.id, planned)
    await crews.follow(work, before.id, Stage(before.stage), Stage(values.get("stage", before.stage)))


async def _change_slots(work: Work, before: Job, values: dict[str, Any], *, crew: tuple[int, ...]) -> None:
    """Let the slots follow start, length and lead of their job."""
    starts_at = values.get("scheduled_at", before.scheduled_at)
    minutes = values.get("estimated_minutes", before.estimated_minutes) or 0
    if before.scheduled_at is None:
        if starts_at is not None:
            await members.add_slot(work, before.id, starts_at=starts_at, minutes=minutes, crew=crew)
        return
    if starts_at is None:
        await members.drop_slots(work, before.id)
        return
    if starts_at != before.scheduled_at:
        await members.move_slots(work, before.id, by=starts_at - before.scheduled_at)
    if "estimated_minutes" in values:
        await members.resize_only_slot(work, before.id, minutes=minutes)
    if values.get("lead_id") is not None:
        await members.replace_lead_in_slots(work, before, new_lead_id=values["lead_id"])
