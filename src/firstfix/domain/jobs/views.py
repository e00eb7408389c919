"""What goes into the commands of jobs and what comes out of them."""

from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from firstfix.domain.custom_fields.views import Given

Reference: TypeAlias = int | UUID
"""A thing of the organisation, by id or uuid."""
JobReference: TypeAlias = int | UUID | str
"""A job by id, by uuid (a text of 32 hex digits too), or by its reference, such as `J598`."""


class ItemEdit(Struct, frozen=True, kw_only=True):
    """An item of a task on a job: unset leaves as it is, or takes the default where the item is new.

    Args:
        uuid: Of an item that the task has; `None`: a new one. In a new task it says nothing.
        item: The catalogue's. A new item names it; another one brings its own prices.
        quantity: At most three decimals. `None`, and by default: 1.
        unit_cost: At most four decimals, as `unit_price`. `None`, and by default: the catalogue's.
    """

    uuid: UUID | None = None
    item: Reference | UnsetType = UNSET
    quantity: Decimal | UnsetType | None = UNSET
    unit_cost: Decimal | UnsetType | None = UNSET
    unit_price: Decimal | UnsetType | None = UNSET


class TaskEdit(Struct, frozen=True, kw_only=True):
    """A task on a job: unset leaves as it is, or takes the default where the task is new.

    Args:
        uuid: Of a task that the job has; `None`: a new one. A command on one task does not look at it.
        task: The catalogue's. A new task names it; another one brings its own prices.
        assignee: One of the crew; only where the organisation works with True-Crew.
        unit_cost: At most four decimals, as `unit_price`. `None`, and by default: the catalogue's.
        items: All of them, in order.
        custom_fields: All values that the task holds then.
    """

    uuid: UUID | None = None
    task: Reference | UnsetType = UNSET
    asset: Reference | UnsetType | None = UNSET
    assignee: Reference | UnsetType | None = UNSET
    note: str | UnsetType = UNSET
    unit_cost: Decimal | UnsetType | None = UNSET
    unit_price: Decimal | UnsetType | None = UNSET
    is_done: bool | UnsetType = UNSET
    items: tuple[ItemEdit, ...] | UnsetType = UNSET
    custom_fields: Given | UnsetType = UNSET


class TaxName(Struct, frozen=True):
    """A tax of the organisation."""

    name: str
    group: str


class AdHocRate(Struct, frozen=True, kw_only=True):
    """What an hour of work costs and is charged at, for one line of labor. Amounts have at most four decimals."""

    name: str
    rate: Decimal
    cost: Decimal = Decimal(0)
    is_taxable: bool = False
    taxes: tuple[TaxName, ...] = ()
    gl_account: str | None = None


class LaborDraft(Struct, frozen=True, kw_only=True):
    """Somebody's minutes on a job, at a rate of the organisation that applies to them or at one of its own."""

    person: Reference
    rate: Reference | AdHocRate
    minutes: int = 0


class PlannedSlot(Struct, frozen=True, kw_only=True):
    """A stretch of planned work, and who is planned into it.

    Args:
        uuid: Of the slot that stays; `None` makes a new one.
        crew: Ids of members of the job's crew, in order; the lead comes first by itself.
    """

    starts_at: datetime
    minutes: int
    crew: tuple[int, ...] = ()
    uuid: UUID | None = None


class JobDraft(Struct, frozen=True, kw_only=True):
    """A job to be made. `None` stands for the organisation's default where there is one, else for nothing.

    Args:
        title: By default the first line of the description, else the type's name.
        branch: By default the agent's, the location's, the actor's own, the organisation's first.
        status: By default the first of stage assigned with a lead, else of stage new.
        contacts: In order; the first is the field API's `contact`.
        crew: In order; the lead joins it, first.
        scheduled_at: When the work starts. It wins over `works_start_on`, which is a date in the branch's zone.
        time_range: The part of the day; it gives `works_start_on` its time.
        estimated_minutes: Also the length of the job's first time slot.
        vat_percentage: 0 to 100, at most two decimals.
        client_budget: Includes VAT. Like `contractor_budget` not negative, at most two decimals.
        predecessor: The job that comes before, as `successor` is the one after.
        window_starts_at: The earliest time to begin; `window_ends_at` is the latest to be done. Not with dependencies.
        notification_delta: Defers the job: so long before its start it is dispatched, in the organisation's unit.
    """

    location: Reference
    title: str | None = None
    description: str = ""
    branch: Reference | None = None
    status: Reference | None = None
    priority: Reference | None = None
    job_type: Reference | None = None
    asset: Reference | None = None
    contacts: tuple[Reference, ...] = ()
    lead: Reference | None = None
    crew: tuple[Reference, ...] = ()
    agent: Reference | None = None
    contractor: Reference | None = None
    scheduled_at: datetime | None = None
    works_start_on: date | None = None
    works_end_on: date | None = None
    time_range: Reference | None = None
    estimated_minutes: int | None = None
    client_budget: Decimal | None = None
    contractor_budget: Decimal | None = None
    vat_percentage: Decimal | None = None
    payment_status: Reference | None = None
    invoice_no: str | None = None
    quote_no: str | None = None
    works_order_ref: str | None = None
    access_details: str | None = None
    private_contact_name: str | None = None
    private_contact_email: str | None = None
    tasks: tuple[TaskEdit, ...] = ()
    labor: tuple[LaborDraft, ...] = ()
    predecessor: UUID | None = None
    successor: UUID | None = None
    window_starts_at: datetime | None = None
    window_ends_at: datetime | None = None
    notification_delta: int | None = None
    custom_fields: Given = None


class JobChanges(Struct, frozen=True, kw_only=True):
    """Changes to a job: unset leaves as it is, `None` clears. A value that a job shows already is no change.

    Args:
        job_type: `None`: the organisation's default type.
        vat_percentage: `None`: the organisation's rate.
        contacts: All contacts, in order; it wins over `first_contact`.
        first_contact: Takes the place of the first contact; `None` removes that one.
        lead: Joins the crew; the earlier lead stays in it.
        crew: The whole crew. It must hold the lead, unless the lead changes at the same time: then that one joins.
        scheduled_at: `None`, like `works_start_on=None`, takes the job out of the calendar.
        works_start_on: Keeps the local time of day that the job has.
        time_range: Moves the start to the range's own.
        tasks: The whole list, in order: those that it does not name go.
        predecessor: Setting it, or `successor`, wipes the time windows of both jobs.
        window_starts_at: Like `window_ends_at`, refused on a job with dependencies.
        slots: All time slots; the job's start is that of the first. It wins over `scheduled_at`.
        scheduled_state: How far the planning is: 0 tentative, 1 confirmed, 2 dispatched.
        notification_delta: Of a deferred job; `None` makes it an ordinary one. Any other job ignores it.
        custom_fields: Values of the fields that it names; `None` for one removes it.
    """

    location: Reference | UnsetType = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    branch: Reference | UnsetType = UNSET
    status: Reference | UnsetType = UNSET
    priority: Reference | UnsetType = UNSET
    job_type: Reference | UnsetType | None = UNSET
    asset: Reference | UnsetType | None = UNSET
    contacts: tuple[Reference, ...] | UnsetType = UNSET
    first_contact: Reference | UnsetType | None = UNSET
    lead: Reference | UnsetType | None = UNSET
    crew: tuple[Reference, ...] | UnsetType = UNSET
    agent: Reference | UnsetType | None = UNSET
    contractor: Reference | UnsetType | None = UNSET
    scheduled_at: datetime | UnsetType | None = UNSET
    works_start_on: date | UnsetType | None = UNSET
    works_end_on: date | UnsetType | None = UNSET
    time_range: Reference | UnsetType | None = UNSET
    slots: tuple[PlannedSlot, ...] | UnsetType = UNSET
    scheduled_state: int | UnsetType = UNSET
    estimated_minutes: int | UnsetType | None = UNSET
    client_budget: Decimal | UnsetType | None = UNSET
    contractor_budget: Decimal | UnsetType | None = UNSET
    vat_percentage: Decimal | UnsetType | None = UNSET
    payment_status: Reference | UnsetType | None = UNSET
    invoice_no: str | UnsetType | None = UNSET
    quote_no: str | UnsetType | None = UNSET
    works_order_ref: str | UnsetType | None = UNSET
    access_details: str | UnsetType | None = UNSET
    private_contact_name: str | UnsetType | None = UNSET
    private_contact_email: str | UnsetType | None = UNSET
    tasks: tuple[TaskEdit, ...] | UnsetType = UNSET
    predecessor: UUID | UnsetType | None = UNSET
    successor: UUID | UnsetType | None = UNSET
    window_starts_at: datetime | UnsetType | None = UNSET
    window_ends_at: datetime | UnsetType | None = UNSET
    notification_delta: int | UnsetType | None = UNSET
    custom_fields: Given | UnsetType = UNSET


class JobIds(Struct, frozen=True, kw_only=True):
    """The three names of a job."""

    id: int
    uuid: UUID
    reference: str


class TaskName(Struct, frozen=True):
    """A task of a job: its id, and what the catalogue calls it."""

    id: int
    name: str


class JobUpdate(Struct, frozen=True, kw_only=True):
    """What came of an update.

    Args:
        is_changed: Whether anything was written.
        is_approval_required: Whether the status waits for approval and stayed as it was.
    """

    ids: JobIds
    is_changed: bool
    is_approval_required: bool
