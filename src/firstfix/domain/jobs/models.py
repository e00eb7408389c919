"""Tables of jobs."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import (
    WHOLE_SECOND_NOW,
    FieldValues,
    Money,
    OrganisationOwned,
    OrganisationTable,
    UnitPrice,
    belongs_to,
    field_values_index,
    organisation_index,
)

TOTAL_AMOUNT = "round(contractor_budget * (1 + vat_percentage / 100), 2)"
STATE_OF_STAGE = "CASE WHEN stage <= 1 THEN 0 WHEN stage = 2 THEN 1 WHEN stage <= 5 THEN 2 ELSE 3 END"
DISPATCH_DUE_AT = (
    "CASE WHEN stage <= 1 THEN (scheduled_at AT TIME ZONE 'UTC' - make_interval(mins => notification_minutes))"
    " AT TIME ZONE 'UTC' END"
)
NEVER = "'9999-12-31T00:00:00Z'"
"""SQL of a moment that does not come, and that programs can hold: they cannot hold infinity."""
BREACHED_FROM = (
    f"CASE WHEN stage < 6 THEN CASE WHEN clock_stopped_at <= resolution_due_at THEN {NEVER}"
    " ELSE resolution_due_at END END"
)
OVERDUE_FROM = (
    "CASE WHEN stage < 6 AND resolution_due_at IS NOT NULL THEN least("
    f"CASE WHEN coalesce(responded_at, clock_stopped_at) <= response_due_at THEN {NEVER} ELSE response_due_at END,"
    f" CASE WHEN stage < 3 THEN works_due_at END, {NEVER}) END"
)
ALARM_AT = (
    "CASE WHEN clock_stopped_at IS NULL THEN CASE alarms_raised"
    " WHEN 0 THEN coalesce(warning_due_at, resolution_due_at) WHEN 1 THEN resolution_due_at END END"
)


class Job(OrganisationTable):
    """One job, which the field API and the manage API both show.

    `stage` is that of its status, kept beside it so that lists filter without a join, and held to it by a key; only
    the commands of this feature write either. `state` is what the crew calls that stage (`MainState`). `gate_*` tell
    of the last status that required approval: whether it waits, which one was wanted, who asked and when; the next
    change of status clears them. `is_recall` says that it has an open recall. A job with a `notification_delta` is
    deferred; `dispatch_due_at` is when it is dispatched, while it is scheduled and has a date. `predecessor_id` is the
    job that comes before; the one that comes after has this one there. `invoice_uuid` is that of the one invoice that
    the job stands on; until it goes, the job stays completed.

    What is promised about it (`domain/sla`) is kept up by a trigger, whoever writes: until when somebody answers and
    until when it is done, when somebody did, since when the clock stands (paused, or done) and how much working time it
    has stood before, when the day is over on which works should end, and how many of the two alarms were raised. From
    these PostgreSQL works out from when on the job counts as overdue and as breached, and when the next alarm is due.

    Values that end in `_sealed` are opened with the job's uuid and their field's name.
    """

    __tablename__ = "jobs"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        UniqueConstraint("organisation_id", "reference"),
        belongs_to("branch_id", "branches"),
        # With the stage: no job is at another stage than its status, whoever changes either at the same moment.
        ForeignKeyConstraint(
            ["organisation_id", "status_id", "stage"], ["statuses.organisation_id", "statuses.id", "statuses.stage"]
        ),
        belongs_to("gate_wanted_status_id", "statuses"),
        belongs_to("priority_id", "priorities"),
        belongs_to("job_type_id", "job_types"),
        belongs_to("location_id", "locations"),
        belongs_to("asset_id", "assets", on_delete="SET NULL"),
        belongs_to("lead_id", "people"),
        belongs_to("agent_id", "people"),
        belongs_to("contractor_id", "people"),
        belongs_to("created_by_id", "people"),
        belongs_to("gate_asked_by_id", "people"),
        belongs_to("payment_status_id", "payment_statuses"),
        belongs_to("time_range_id", "time_ranges"),
        belongs_to("predecessor_id", "jobs", on_delete="SET NULL"),
        # By its uuid, so that a job is read without a look at its invoice.
        ForeignKeyConstraint(["organisation_id", "invoice_uuid"], ["invoices.organisation_id", "invoices.uuid"]),
        CheckConstraint("invoice_uuid is null or stage between 3 and 5", name="invoiced"),
        CheckConstraint("stage between 0 and 6", name="stage"),
        CheckConstraint("scheduled_state between 0 and 2", name="scheduled_state"),
        CheckConstraint("vat_percentage between 0 and 100", name="vat_percentage"),
        CheckConstraint("client_budget >= 0 and contractor_budget >= 0", name="budgets"),
        CheckConstraint("estimated_minutes >= 0", name="estimated_minutes"),
        CheckConstraint("gate_status in ('pending', 'approved', 'rejected')", name="gate_status"),
        CheckConstraint("num_nulls(gate_status, gate_wanted_status_id, gate_asked_at) in (0, 3)", name="gate"),
        CheckConstraint("not is_recall or stage <> 5", name="recall"),
        CheckConstraint("predecessor_id <> id", name="predecessor"),
        CheckConstraint("(notification_delta IS NULL) = (notification_minutes IS NULL)", name="deferral"),
        CheckConstraint("notification_minutes between 0 and 527040", name="notification_minutes"),
        CheckConstraint("window_ends_at >= window_starts_at", name="window"),
        CheckConstraint("alarms_raised between 0 and 2", name="alarms_raised"),
        organisation_index(text("created_at DESC"), text("id DESC"), name="ix_jobs_created_at"),
        organisation_index("status_id", text("created_at DESC"), text("id DESC"), name="ix_jobs_status"),
        organisation_index("branch_id", text("created_at DESC"), text("id DESC"), name="ix_jobs_branch"),
        organisation_index(
            "branch_id", "status_id", text("created_at DESC"), text("id DESC"), name="ix_jobs_branch_status"
        ),
        organisation_index("priority_id", text("created_at DESC"), text("id DESC"), name="ix_jobs_priority"),
        organisation_index("job_type_id", text("created_at DESC"), text("id DESC"), name="ix_jobs_job_type"),
        organisation_index("agent_id", text("created_at DESC"), text("id DESC"), name="ix_jobs_agent"),
        organisation_index("contractor_id", text("created_at DESC"), text("id DESC"), name="ix_jobs_contractor"),
        organisation_index("created_by_id", text("created_at DESC"), text("id DESC"), name="ix_jobs_created_by"),
        organisation_index("location_id", text("created_at DESC"), text("id DESC"), name="ix_jobs_location"),
        organisation_index(text("scheduled_at DESC"), text("id DESC"), name="ix_jobs_scheduled_at"),
        organisation_index("stage", text("scheduled_at DESC"), text("id DESC"), name="ix_jobs_stage_scheduled_at"),
        organisation_index("state", text("created_at DESC"), text("id DESC"), name="ix_jobs_state"),
        organisation_index("state", text("scheduled_at DESC"), text("id DESC"), name="ix_jobs_state_scheduled_at"),
        organisation_index("lead_id", text("created_at DESC"), text("id DESC"), name="ix_jobs_lead"),
        organisation_index("lead_id", text("scheduled_at DESC"), text("id DESC"), name="ix_jobs_lead_scheduled_at"),
        organisation_index(text("updated_at DESC"), text("id DESC"), name="ix_jobs_updated_at"),
        organisation_index("number", "id", name="ix_jobs_number"),
        *(
            Index(
                name,
                "organisation_id",
                text("created_at DESC"),
                text("id DESC"),
                postgresql_where=text(condition),
            )
            for name, condition in (
                ("ix_jobs_undated", "scheduled_at IS NULL"),
                ("ix_jobs_photos", "photos_count > 0"),
                ("ix_jobs_documents", "documents_count > 0"),
            )
        ),
        Index(
            "uq_jobs_predecessor",
            "organisation_id",
            "predecessor_id",
            unique=True,
            postgresql_where=text("predecessor_id IS NOT NULL"),
        ),
        Index("ix_jobs_recalls", "organisation_id", "branch_id", postgresql_where=text("is_recall")),
        Index(
            "ix_jobs_open",
            "organisation_id",
            "branch_id",
            "job_type_id",
            "contractor_id",
            postgresql_where=text("stage <= 2"),
        ),
        Index(
            "ix_jobs_works_end",
            "organisation_id",
            "works_end_on",
            "scheduled_at",
            postgresql_where=text("works_end_on IS NOT NULL"),
        ),
        Index("ix_jobs_due", "dispatch_due_at", "id", postgresql_where=text("dispatch_due_at IS NOT NULL")),
        Index("ix_jobs_alarm", "alarm_at", "id", postgresql_where=text("alarm_at IS NOT NULL")),
        Index(
            "ix_jobs_breached",
            "organisation_id",
            "branch_id",
            "breached_from",
            "overdue_from",
            postgresql_where=text("breached_from IS NOT NULL"),
        ),
        Index(
            "ix_jobs_overdue",
            "organisation_id",
            "branch_id",
            "overdue_from",
            "breached_from",
            postgresql_where=text(f"overdue_from < {NEVER}"),
        ),
        Index(
            "ix_jobs_invoice",
            "organisation_id",
            "invoice_uuid",
            postgresql_where=text("invoice_uuid IS NOT NULL"),
        ),
        field_values_index("jobs"),
    )

    number: Mapped[int]
    reference: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")

    branch_id: Mapped[int]
    status_id: Mapped[int]
    stage: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[int] = mapped_column(SmallInteger, Computed(STATE_OF_STAGE, persisted=True))
    substate: Mapped[int | None] = mapped_column(SmallInteger)
    gate_status: Mapped[str | None]
    gate_wanted_status_id: Mapped[int | None]
    gate_asked_by_id: Mapped[int | None]
    gate_asked_at: Mapped[datetime | None]
    is_recall: Mapped[bool] = mapped_column(server_default=text("false"))
    priority_id: Mapped[int]
    job_type_id: Mapped[int]
    location_id: Mapped[int]
    asset_id: Mapped[int | None]

    lead_id: Mapped[int | None]
    agent_id: Mapped[int | None]
    contractor_id: Mapped[int | None]
    created_by_id: Mapped[int | None]

    scheduled_at: Mapped[datetime | None]
    scheduled_state: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    estimated_minutes: Mapped[int | None] = mapped_column(Integer)
    works_end_on: Mapped[date | None] = mapped_column(Date)
    time_range_id: Mapped[int | None]
    notification_delta: Mapped[int | None] = mapped_column(Integer)
    notification_minutes: Mapped[int | None] = mapped_column(Integer)
    dispatch_due_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), Computed(DISPATCH_DUE_AT, persisted=True)
    )
    predecessor_id: Mapped[int | None]
    window_starts_at: Mapped[datetime | None]
    window_ends_at: Mapped[datetime | None]

    client_budget: Mapped[Decimal | None] = mapped_column(Money)
    contractor_budget: Mapped[Decimal | None] = mapped_column(Money)
    vat_percentage: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    total_amount: Mapped[Decimal | None] = mapped_column(Numeric(16, 2), Computed(TOTAL_AMOUNT, persisted=True))
    payment_status_id: Mapped[int | None]
    invoice_uuid: Mapped[UUID | None]
    invoice_no: Mapped[str | None]
    quote_no: Mapped[str | None]
    works_order_ref: Mapped[str | None]

    access_details_sealed: Mapped[str | None]
    private_contact_name_sealed: Mapped[str | None]
    private_contact_email_sealed: Mapped[str | None]

    photos_count: Mapped[int] = mapped_column(Integer, server_default="0")
    documents_count: Mapped[int] = mapped_column(Integer, server_default="0")
    field_values: Mapped[FieldValues]

    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]

    response_due_at: Mapped[datetime | None]
    responded_at: Mapped[datetime | None]
    resolution_due_at: Mapped[datetime | None]
    warning_due_at: Mapped[datetime | None]
    works_due_at: Mapped[datetime | None]
    clock_stopped_at: Mapped[datetime | None]
    paused_seconds: Mapped[int] = mapped_column(server_default="0")
    alarms_raised: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    overdue_from: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), Computed(OVERDUE_FROM, persisted=True)
    )
    breached_from: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), Computed(BREACHED_FROM, persisted=True)
    )
    alarm_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), Computed(ALARM_AT, persisted=True))

    updated_at: Mapped[datetime] = mapped_column(server_default=text(WHOLE_SECOND_NOW))


class Dispatch(OrganisationOwned):
    """What a job was called while it was deferred. Kept for ever, also when the job is gone, and never changed.

    Its key is the referee: no deferred job is dispatched twice. `due_at` is null for one that was due at no time,
    `dispatched_by_id` for one that the worker dispatched.
    """

    __tablename__ = "dispatches"
    __table_args__ = (
        UniqueConstraint("organisation_id", "job_id"),
        belongs_to("job_id", "jobs", on_delete="SET NULL"),
        belongs_to("dispatched_by_id", "people"),
        organisation_index("deferred_reference", name="ix_dispatches_deferred_reference"),
    )

    deferred_uuid: Mapped[UUID] = mapped_column(primary_key=True)
    deferred_reference: Mapped[str]
    job_id: Mapped[int | None]
    job_uuid: Mapped[UUID]
    due_at: Mapped[datetime | None]
    dispatched_by_id: Mapped[int | None]
    dispatched_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class JobWords(OrganisationOwned):
    """The words that a search finds a job by: those of its reference, title and description.

    Apart from the job, because a search looks at a row for each job that it finds, and because a job changes far more
    often than its words do. A trigger keeps it in step.
    """

    __tablename__ = "job_words"
    __table_args__ = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        Index("ix_job_words_words", "words", postgresql_using="gin"),
    )

    job_id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int]
    created_at: Mapped[datetime]
    words: Mapped[Any] = mapped_column(TSVECTOR)


class JobContact(OrganisationOwned):
    """A contact of a job, in order: the first is the field API's `contact`, all are `tenants_ids`."""

    __tablename__ = "job_contacts"
    __table_args__ = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("contact_id", "contacts"),
        organisation_index("contact_id", "job_id", name="ix_job_contacts_contact"),
    )

    job_id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer)


class JobCrewMember(OrganisationOwned):
    """A person of a job's crew, in order; the lead is one of them. `state` is how far they are (`CrewState`)."""

    __tablename__ = "job_crew"
    __table_args__ = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("person_id", "people"),
        CheckConstraint("state between 0 and 4", name="state"),
        organisation_index("person_id", "job_id", name="ix_job_crew_person"),
    )

    job_id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    state: Mapped[int] = mapped_column(SmallInteger, server_default="0")


class WorkedHours(OrganisationTable):
    """A stretch of time that somebody travelled for a job, or worked on it. Without an end it goes on.

    Nobody is in two places at once, on whatever jobs: the exclusion constraint is the referee. The stretches stay when
    somebody leaves the crew.
    """

    __tablename__ = "worked_hours"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("person_id", "people"),
        CheckConstraint("ends_at >= starts_at", name="order"),
        CheckConstraint("pause_reason is null or ends_at is not null", name="pause_reason"),
        CheckConstraint(
            "(start_latitude is null) = (start_longitude is null) and (end_latitude is null) = (end_longitude is null)",
            name="positions",
        ),
        ExcludeConstraint(
            (text("int8range(organisation_id, organisation_id, '[]')"), "&&"),
            (text("int8range(person_id, person_id, '[]')"), "&&"),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            name="ex_worked_hours_person",
        ),
        organisation_index("job_id", "person_id", "starts_at", name="ix_worked_hours_job"),
        organisation_index("person_id", "starts_at", name="ix_worked_hours_person"),
    )

    job_id: Mapped[int]
    person_id: Mapped[int]
    is_travel: Mapped[bool]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    start_latitude: Mapped[float | None] = mapped_column(Double)
    start_longitude: Mapped[float | None] = mapped_column(Double)
    end_latitude: Mapped[float | None] = mapped_column(Double)
    end_longitude: Mapped[float | None] = mapped_column(Double)
    pause_reason: Mapped[str | None]


class TimeSlot(OrganisationTable):
    """A stretch of planned work on a job."""

    __tablename__ = "time_slots"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        CheckConstraint("minutes >= 0", name="minutes"),
        organisation_index("job_id", "starts_at", name="ix_time_slots_job"),
        organisation_index("starts_at", name="ix_time_slots_starts_at"),
    )

    job_id: Mapped[int]
    starts_at: Mapped[datetime]
    minutes: Mapped[int] = mapped_column(Integer)


class TimeSlotPerson(OrganisationOwned):
    """A person planned into a time slot, in order: the lead first."""

    __tablename__ = "time_slot_people"
    __table_args__ = (
        belongs_to("time_slot_id", "time_slots", on_delete="CASCADE"),
        belongs_to("person_id", "people"),
        organisation_index("person_id", "time_slot_id", name="ix_time_slot_people_person"),
    )

    time_slot_id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer)


class JobTask(OrganisationTable):
    """A task on a job, in order. Its prices are its own: the catalogue's may change later.

    The assignee is one of the crew, and is nobody once they leave it.
    """

    __tablename__ = "job_tasks"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("catalogue_task_id", "catalogue_tasks"),
        belongs_to("asset_id", "assets", on_delete="SET NULL"),
        ForeignKeyConstraint(
            ["organisation_id", "job_id", "assignee_id"],
            ["job_crew.organisation_id", "job_crew.job_id", "job_crew.person_id"],
            ondelete="SET NULL (assignee_id)",
        ),
        organisation_index("job_id", "position", name="ix_job_tasks_job"),
        organisation_index("catalogue_task_id", name="ix_job_tasks_catalogue_task"),
        Index("ix_job_tasks_asset", "organisation_id", "asset_id", postgresql_where=text("asset_id IS NOT NULL")),
        field_values_index("job_tasks"),
    )

    job_id: Mapped[int]
    position: Mapped[int] = mapped_column(Integer)
    catalogue_task_id: Mapped[int]
    asset_id: Mapped[int | None]
    assignee_id: Mapped[int | None]
    note: Mapped[str] = mapped_column(server_default="")
    unit_cost: Mapped[Decimal] = mapped_column(UnitPrice)
    unit_price: Mapped[Decimal] = mapped_column(UnitPrice)
    is_done: Mapped[bool] = mapped_column(server_default=text("false"))
    field_values: Mapped[FieldValues]


class JobTaskItem(OrganisationTable):
    """A part that a task on a job takes, in order, with prices of its own."""

    __tablename__ = "job_task_items"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("job_task_id", "job_tasks", on_delete="CASCADE"),
        belongs_to("catalogue_item_id", "catalogue_items"),
        CheckConstraint("quantity >= 0", name="quantity"),
        organisation_index("job_task_id", "position", name="ix_job_task_items_task"),
        organisation_index("catalogue_item_id", name="ix_job_task_items_catalogue_item"),
    )

    job_task_id: Mapped[int]
    position: Mapped[int] = mapped_column(Integer)
    catalogue_item_id: Mapped[int]
    quantity: Mapped[Decimal] = mapped_column(Numeric(15, 3))
    unit_cost: Mapped[Decimal] = mapped_column(UnitPrice)
    unit_price: Mapped[Decimal] = mapped_column(UnitPrice)


class JobLabor(OrganisationTable):
    """Somebody's minutes on a job, in order, at a rate for an hour.

    The rate's values are copied: they stay when the organisation's rate changes or goes. `taxes` is a list of
    `{"name", "group"}`.
    """

    __tablename__ = "job_labor"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("person_id", "people"),
        belongs_to("labor_rate_id", "labor_rates", on_delete="SET NULL"),
        CheckConstraint("minutes >= 0", name="minutes"),
        organisation_index("job_id", "position", name="ix_job_labor_job"),
        organisation_index("person_id", name="ix_job_labor_person"),
        Index(
            "ix_job_labor_rate",
            "organisation_id",
            "labor_rate_id",
            postgresql_where=text("labor_rate_id IS NOT NULL"),
        ),
    )

    job_id: Mapped[int]
    position: Mapped[int] = mapped_column(Integer)
    person_id: Mapped[int]
    minutes: Mapped[int] = mapped_column(Integer)
    labor_rate_id: Mapped[int | None]
    name: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(UnitPrice)
    cost: Mapped[Decimal] = mapped_column(UnitPrice)
    is_taxable: Mapped[bool]
    taxes: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"))
    gl_account: Mapped[str | None]


class JobCount(OrganisationOwned):
    """How many jobs a group has: kept counts and the changes not yet folded into them, to be summed.

    A trigger on `jobs` writes a row of +1 or -1 in the transaction of the change; the worker folds them.
    """

    __tablename__ = "job_counts"
    __table_args__ = (organisation_index("branch_id", "status_id", name="ix_job_counts_group"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    branch_id: Mapped[int]
    status_id: Mapped[int]
    is_deferred: Mapped[bool]
    is_dated: Mapped[bool]
    jobs_count: Mapped[int]
