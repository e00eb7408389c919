"""The parts of an update: each works out what one group of changes comes to, and refuses what the rules forbid."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from msgspec import UNSET

from firstfix.domain.access.queries import PermissionMissing
from firstfix.domain.catalogue.stages import STATE_OF_STAGE, Stage
from firstfix.domain.custom_fields.values import Fields, find_fields
from firstfix.domain.custom_fields.views import EntityClass
from firstfix.domain.jobs import labor, rules, slots, tasks
from firstfix.domain.jobs.dependencies import Links, plan_links
from firstfix.domain.jobs.errors import CrewFixed, CrewWithoutLead, NobodyToDispatchTo, PlanningFixed, ValueOutOfRange
from firstfix.domain.jobs.members import Members
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.policies import WITHOUT_CLIENT_BUDGET
from firstfix.domain.jobs.references import (
    AGENT,
    ASSET,
    BRANCH,
    CONTACTS,
    CONTRACTOR,
    CREW,
    JOB_TYPE,
    LEAD,
    LOCATION,
    PAYMENT_STATUS,
    PRIORITY,
    STATUS,
    TIME_RANGE,
    Findings,
    Found,
    Role,
    get_calendar,
    get_default_job_type,
    get_default_vat,
    get_notification_unit,
)
from firstfix.domain.jobs.rules import DayPart, Schedule, ScheduleChanges, Stamps
from firstfix.domain.jobs.views import JobChanges, JobDraft, PlannedSlot, Reference, TaskEdit
from firstfix.domain.people.permissions import CHANGE_BRANCH, MANAGE_JOBS, PROGRESS_JOBS, REOPEN_JOBS
from firstfix.domain.work import Work

TENTATIVE, DISPATCHED = 0, 2
"""Of `scheduled_state`; 1, confirmed, is set by planners only."""

PLAIN = (
    "title",
    "description",
    "estimated_minutes",
    "client_budget",
    "contractor_budget",
    "invoice_no",
    "quote_no",
    "works_order_ref",
)
SEALED = ("access_details", "private_contact_name", "private_contact_email")
SIMPLE_ROLES = (LOCATION, ASSET, PRIORITY, AGENT, CONTRACTOR, PAYMENT_STATUS)
"""What a job refers to without any rule but that it can be referred to."""
ROLES = (*SIMPLE_ROLES, LEAD, BRANCH, STATUS, JOB_TYPE, TIME_RANGE)

_TEXTS = ("title", "description", "invoice_no", "quote_no", "works_order_ref", *SEALED)
_AMOUNTS = ("client_budget", "contractor_budget")
_DAYS = ("scheduled_at", "works_start_on", "works_end_on", "window_starts_at", "window_ends_at")
_WINDOW = ("window_starts_at", "window_ends_at")
_PROGRESS_STAGES = (Stage.ASSIGNED, Stage.IN_PROGRESS, Stage.COMPLETE)


def check_values(given: JobDraft | JobChanges) -> None:
    """Refuse values that no job can have.

    Raises:
        ValueOutOfRange: The first of them.
    """
    for names, check in (
        (_TEXTS, rules.check_text),
        (("title",), rules.check_title),
        (_AMOUNTS, rules.check_money),
        (("vat_percentage",), rules.check_vat),
        (("estimated_minutes",), rules.check_minutes),
        (_DAYS, rules.check_day),
    ):
        for name in names:
            value = getattr(given, name)
            if value is not UNSET:
                check(name, value)
    if given.tasks is not UNSET:
        tasks.check_tasks(given.tasks)
    if isinstance(given, JobDraft):
        labor.check_labor(given.labor)
    else:
        slots.check_slots(given.slots)
        if given.scheduled_state is not UNSET and not TENTATIVE <= given.scheduled_state <= DISPATCHED:
            raise ValueOutOfRange("There is no such state of planning.", field="scheduled_state")


def paths_of_tasks(edits: Iterable[TaskEdit]) -> dict[str, TaskEdit]:
    """Give each task of a list by what stands before the names of its fields in a refusal."""
    return {tasks.path_in_list(index): edit for index, edit in enumerate(edits)}


def named_in(given: JobDraft | JobChanges) -> Iterator[tuple[Role, Reference]]:
    """List everything that a command refers to."""
    for role in ROLES:
        reference = getattr(given, role.field)
        if reference is not UNSET and reference is not None:
            yield role, reference
    if given.crew is not UNSET:
        yield from ((CREW, member) for member in given.crew)
    if given.contacts is not UNSET:
        yield from ((CONTACTS, contact) for contact in given.contacts)
    if isinstance(given, JobChanges) and given.first_contact is not UNSET and given.first_contact is not None:
        yield CONTACTS, given.first_contact


async def find_named_fields(
    work: Work, given: JobDraft | JobChanges, edits: Iterable[TaskEdit], held: Iterable[str] = ()
) -> Fields:
    """Find the custom fields that a command names for the job and its tasks. One statement, or none.

    Args:
        work: The open transaction.
        given: The command.
        edits: The tasks that it names.
        held: Ids of the fields that the job holds values in.
    """
    is_cleared = isinstance(given, JobChanges) and given.custom_fields is None
    named: dict[EntityClass, Iterable[str]] = {"Job": given.custom_fields or (), "Task": tasks.fields_in_tasks(edits)}
    return await find_fields(work, named, ids=held if is_cleared else ())


def may_update(work: Work, changes: JobChanges) -> bool:
    """Tell whether the actor may ask for such changes at all: who may not manage jobs names a status and no more."""
    if work.actor.may(MANAGE_JOBS):
        return True
    named = [name for name in JobChanges.__struct_fields__ if getattr(changes, name) is not UNSET]
    return work.actor.may(PROGRESS_JOBS) and named == ["status"]


def find_day_part(findings: Findings, time_range: Reference | None) -> DayPart | None:
    """Return the part of the day that a command names."""
    if time_range is None:
        return None
    found = findings.get(TIME_RANGE, time_range)
    return DayPart(found.id, found.start_time, found.end_time)


def moment_of_change(work: Work, job: Job) -> datetime:
    """Give the time to note with a change: one second at least after the last, so that changes can be told apart."""
    return max(work.now, job.updated_at + timedelta(seconds=1))


def move_to(work: Work, job: Job, target: Found, *, at: datetime) -> dict[str, Any]:
    """Give the columns of a job that moves to a status at some time, or opens the gate of one that needs approval.

    Raises:
        ApprovalPending: Another change of status waits.
        JobInvoiced: It would not be completed any more.
        MoveNotAllowed: The stages do not allow it.
        JobRecalled: It would be archived with its recall open.
    """
    check_move(job, target, may_reopen=work.actor.may(REOPEN_JOBS))
    return open_gate(work, job, target) if target.requires_approval else moved_to(job, target, at=at)


def check_move(job: Job, target: Found, *, may_reopen: bool, is_approved: bool = False) -> None:
    """Refuse a change of status that the job, its stages, its invoice or its recall do not allow.

    Args:
        job: As it was read under the lock.
        target: Where it would go.
        may_reopen: Whether it may go back.
        is_approved: Whether this is the change that waits for approval, and gets it.

    Raises:
        ApprovalPending: See `move_to`; likewise all others.
    """
    rules.check_move(
        Stage(job.stage),
        target.stage,
        is_gate_pending=job.gate_status == "pending" and not is_approved,
        is_invoiced=job.invoice_uuid is not None,
        is_recall=job.is_recall,
        may_reopen=may_reopen,
    )


def open_gate(work: Work, job: Job, target: Found) -> dict[str, Any]:
    """Give the columns of a job that waits for approval to move to a status, asked for by the actor."""
    return {
        "gate_status": "pending",
        "gate_wanted_status_id": target.id,
        "gate_asked_by_id": work.actor.person_id,
        "gate_asked_at": moment_of_change(work, job),
    }


def moved_to(job: Job, target: Found, *, at: datetime) -> dict[str, Any]:
    """Give the columns of a job that moves to a status at some time; whether it may is asked before."""
    origin = Stage(job.stage)
    stamps = rules.stamp(Stamps(job.started_at, job.completed_at), origin, target.stage, at)
    values = {
        "status_id": target.id,
        "stage": int(target.stage),
        **dict.fromkeys(("gate_status", "gate_wanted_status_id", "gate_asked_by_id", "gate_asked_at")),
        "started_at": stamps.started_at,
        "completed_at": stamps.completed_at,
    }
    if STATE_OF_STAGE[target.stage] is not STATE_OF_STAGE[origin]:
        values["substate"] = None
    return values


class Edit:
    """One update of one job: what the changes come to, as new values of columns.

    Each method works out one group of changes and refuses what the rules forbid. `values` may hold what the job has
    already; only `changed_values` are to be written. `told_values` are those of custom fields, as the history tells
    them.
    """

    def __init__(
        self,
        work: Work,
        job: Job,
        changes: JobChanges,
        findings: Findings,
        people: Members,
        *,
        is_restoring: bool = False,
    ) -> None:
        self.is_restoring = is_restoring
        self.work = work
        self.job = job
        self.changes = changes
        self.findings = findings
        self.people = people
        self.values: dict[str, Any] = {}
        self.told_values: tuple[dict[str, Any] | None, dict[str, Any] | None] = (None, None)

    @property
    def changed_values(self) -> dict[str, Any]:
        """The values that differ from the job's."""
        return {column: value for column, value in self.values.items() if getattr(self.job, column) != value}

    async def take_fields(self) -> None:
        """Take over what no other change bears on.

        Raises:
            PermissionMissing: The job would go to another branch, and the actor may not hand it over.
        """
        self.take_plain()
        self.take_sealed()
        self.take_branch()
        await self.take_defaulted()

    def take_plain(self) -> None:
        """Take over what has no rule of its own.

        Who is not shown the client's budget does not write it: what they send back as they have read it clears none.
        """
        unseen = "client_budget" if self.work.actor.account_type in WITHOUT_CLIENT_BUDGET else None
        for name in PLAIN:
            value = getattr(self.changes, name)
            if value is not UNSET and name != unseen:
                self.values[name] = value
        for role in SIMPLE_ROLES:
            reference = getattr(self.changes, role.field)
            if reference is not UNSET:
                self.values[role.column] = None if reference is None else self._use(role, reference)

    def take_sealed(self) -> None:
        """Seal anew what differs from what is sealed."""
        for name in SEALED:
            value, sealed = getattr(self.changes, name), getattr(self.job, f"{name}_sealed")
            record, field = self.job.uuid, f"jobs.{name}"
            if value is not UNSET and value != self.work.keys.find_open(sealed, record=record, field=field):
                self.values[f"{name}_sealed"] = self.work.keys.find_seal(value, record=record, field=field)

    def take_custom_fields(self, fields: Fields) -> None:
        """Work out what the job will hold in custom fields.

        Raises:
            ValueRefused: A field does not take its value.
        """
        if self.changes.custom_fields is not UNSET:
            held = self.job.field_values
            self.values["field_values"] = fields.merge("Job", held, self.changes.custom_fields)
            self.told_values = fields.told(held, self.values["field_values"])

    async def take_defaulted(self) -> None:
        """Take over what falls back on the organisation's default when it is cleared."""
        rate, job_type = self.changes.vat_percentage, self.changes.job_type
        if rate is None:
            rate = await get_default_vat(self.work)
        if rate is not UNSET:
            self.values["vat_percentage"] = rate
        if job_type is None:
            self.values["job_type_id"] = await get_default_job_type(self.work)
        elif job_type is not UNSET:
            self.values["job_type_id"] = self._use(JOB_TYPE, job_type)

    def take_branch(self) -> None:
        """Hand the job to another branch.

        Raises:
            PermissionMissing: The actor may not.
        """
        if self.changes.branch is UNSET:
            return
        self.values["branch_id"] = self._use(BRANCH, self.changes.branch)
        if "branch_id" in self.changed_values and not self.work.actor.may(CHANGE_BRANCH):
            raise PermissionMissing

    def take_status(self) -> bool:
        """Move to a status, or open the gate where it requires approval.

        Returns:
            Whether the status waits for approval now.

        Raises:
            PermissionMissing: Who may not manage jobs names a status outside the stages of the work itself.
            ApprovalPending: Another change of status waits.
            JobInvoiced: It would not be completed any more.
            MoveNotAllowed: The stages do not allow it.
        """
        job, values = self.job, self.values
        if self.changes.status is UNSET:
            return False
        target = self.findings.get(STATUS, self.changes.status)
        if not self.work.actor.may(MANAGE_JOBS) and target.stage not in _PROGRESS_STAGES:
            raise PermissionMissing
        if target.id == job.status_id:
            return False
        values |= move_to(self.work, job, target, at=self.work.now)
        return target.requires_approval

    def take_crew(self) -> tuple[int, ...]:
        """Work out lead and crew, the lead first.

        Raises:
            CrewFixed: Somebody would join or leave, and the job is past scheduled.
            CrewWithoutLead: The given crew lacks the lead, who stays the same.
        """
        job, before = self.job, self.people.crew
        known = (job.lead_id, *before)
        lead_id = job.lead_id
        if self.changes.lead is None:
            lead_id = None
        elif self.changes.lead is not UNSET:
            lead_id = self.findings.use(LEAD, self.changes.lead, known=known)
        crew = before
        if self.changes.crew is not UNSET:
            crew = tuple(self.findings.use(CREW, member, known=known) for member in self.changes.crew)
            if lead_id is not None and lead_id == job.lead_id and lead_id not in crew:
                raise CrewWithoutLead
        crew = rules.crew_with_lead(lead_id, crew)
        if set(crew) != set(before) and not rules.is_scheduled(Stage(job.stage)):
            raise CrewFixed("lead" if self.changes.crew is UNSET else "crew")
        if lead_id != job.lead_id:
            self.values["lead_id"] = lead_id
            self.values["scheduled_state"] = TENTATIVE if lead_id is None else DISPATCHED
        return crew

    def take_planning(self) -> None:
        """Take over how far the planning is.

        Raises:
            PlanningFixed: The work has begun, or is over.
            NobodyToDispatchTo: The job would go out without a lead.
        """
        wanted = self.changes.scheduled_state
        if wanted is UNSET or wanted == self.values.get("scheduled_state", self.job.scheduled_state):
            return
        if not rules.is_scheduled(Stage(self.job.stage)):
            raise PlanningFixed
        if wanted == DISPATCHED and self.values.get("lead_id", self.job.lead_id) is None:
            raise NobodyToDispatchTo
        self.values["scheduled_state"] = wanted

    async def take_slots(
        self, crew: tuple[int, ...]
    ) -> tuple[tuple[PlannedSlot, ...] | None, tuple[PlannedSlot, ...] | None]:
        """Work out the time slots, as they are and as they will be; `None` where nothing is said of them.

        Raises:
            ReferenceNotFound: A slot that should stay is not the job's.
            NotInCrew: Somebody is planned who is not of the crew.
        """
        if self.changes.slots is UNSET:
            return None, None
        before = await slots.get_slots(self.work, self.job.id)
        lead_id = self.values.get("lead_id", self.job.lead_id)
        return before, slots.plan_slots(before, self.changes.slots, crew=crew, lead_id=lead_id)

    def take_contacts(self) -> tuple[int, ...]:
        """Work out the contacts, in order and each once."""
        after = before = self.people.contacts
        if self.changes.contacts is not UNSET:
            after = tuple(self.findings.use(CONTACTS, contact, known=before) for contact in self.changes.contacts)
        elif self.changes.first_contact is None:
            after = before[1:]
        elif self.changes.first_contact is not UNSET:
            after = (self.findings.use(CONTACTS, self.changes.first_contact, known=before), *before[1:])
        return tuple(dict.fromkeys(after))

    async def take_schedule(self) -> None:
        """Work out start, part of the day and end.

        Raises:
            WorksEndBeforeStart: The end that was set would lie before the start.
        """
        job, changes = self.job, self.changes
        starts_at = changes.scheduled_at
        if changes.slots is not UNSET:
            starts_at = min((slot.starts_at for slot in changes.slots), default=None)
        if starts_at is not UNSET and starts_at is not None:
            starts_at = starts_at.replace(microsecond=0)
        given = ScheduleChanges(
            starts_at=UNSET if starts_at == job.scheduled_at else starts_at,
            starts_on=changes.works_start_on,
            ends_on=changes.works_end_on,
            day_part=UNSET if changes.time_range is UNSET else find_day_part(self.findings, changes.time_range),
        )
        if given == ScheduleChanges():
            return
        calendar = await get_calendar(self.work, self.values.get("branch_id", job.branch_id))
        current = Schedule(
            starts_at=job.scheduled_at,
            day_part=next((part for part in calendar.day_parts if part.id == job.time_range_id), None),
            ends_on=job.works_end_on,
        )
        if self.is_restoring:
            planned = rules.set_schedule(current, given, zone=calendar.zone)
        else:
            planned = rules.plan(
                current,
                given,
                zone=calendar.zone,
                day_parts=calendar.day_parts,
                last_slot_ends_at=self.people.last_slot_ends_at,
            )
        self.values["scheduled_at"] = planned.starts_at
        self.values["time_range_id"] = planned.day_part and planned.day_part.id
        self.values["works_end_on"] = planned.ends_on

    async def take_links(self) -> Links:
        """Take over the time window, and work out the dependencies.

        Raises:
            WindowEndsBeforeStart: The window would end before it starts.
            DependencyTaken: See `dependencies.plan_links`; likewise `DependencyCycle`, `WindowWithDependencies`.
        """
        given = {name: getattr(self.changes, name) for name in _WINDOW}
        window = {name: getattr(self.job, name) if value is UNSET else value for name, value in given.items()}
        rules.check_window(*window.values())
        links = await plan_links(self.work, self.changes, job=self.job)
        self.values |= window | links.values
        return links

    async def take_deferral(self) -> None:
        """Let a job that waits be dispatched at another time, or not at all. No other job looks at it.

        Raises:
            ValueOutOfRange: It would wait for less than no time, or for more than a year.
        """
        delta = self.changes.notification_delta
        if delta is UNSET or self.job.notification_delta is None or delta == self.job.notification_delta:
            return
        self.values["notification_delta"] = delta
        self.values["notification_minutes"] = (
            None if delta is None else rules.notification_minutes(delta, await get_notification_unit(self.work))
        )

    def _use(self, role: Role, reference: Reference) -> int:
        return self.findings.use(role, reference, known=(getattr(self.job, role.column),))
