"""Tables of lookups and of the price book."""

from datetime import datetime, time
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, Integer, Numeric, SmallInteger, Time, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import (
    FieldValues,
    OrganisationOwned,
    OrganisationTable,
    UnitPrice,
    belongs_to,
    field_values_index,
    organisation_index,
)


class Status(OrganisationTable):
    """A status of the organisation's own; its stage is what the rules look at (`stages.Stage`).

    One at most `is_recall`: it is what recalled jobs come to. A job that has stood in it for `reminder_hours` is
    reminded of, once.
    """

    __tablename__ = "statuses"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        UniqueConstraint("organisation_id", "name"),
        UniqueConstraint("organisation_id", "id", "stage"),
        CheckConstraint("stage between 0 and 6", name="stage"),
        CheckConstraint("not is_recall or (stage <= 2 and not requires_approval)", name="recall"),
        CheckConstraint("reminder_hours between 1 and 8784", name="reminder_hours"),
        organisation_index("stage", "position", name="ix_statuses_stage"),
        Index("uq_statuses_recall", "organisation_id", unique=True, postgresql_where=text("is_recall")),
    )

    name: Mapped[str]
    stage: Mapped[int] = mapped_column(SmallInteger)
    position: Mapped[int] = mapped_column(Integer)
    colour: Mapped[str] = mapped_column(server_default="grey")
    requires_approval: Mapped[bool] = mapped_column(server_default=text("false"))
    pauses_sla: Mapped[bool] = mapped_column(server_default=text("false"))
    is_recall: Mapped[bool] = mapped_column(server_default=text("false"))
    reminder_hours: Mapped[int | None] = mapped_column(Integer)


class Priority(OrganisationTable):
    """How urgent a job is. Rank 1 is the most urgent; one is the default of jobs that name none."""

    __tablename__ = "priorities"
    table_constraints: ClassVar[tuple[Any, ...]] = (UniqueConstraint("organisation_id", "name"),)

    name: Mapped[str]
    rank: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    colour: Mapped[str] = mapped_column(server_default="grey")
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))


class JobType(OrganisationTable):
    """A trade or kind of work."""

    __tablename__ = "job_types"
    table_constraints: ClassVar[tuple[Any, ...]] = (UniqueConstraint("organisation_id", "name"),)

    name: Mapped[str]
    position: Mapped[int] = mapped_column(Integer)
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    archived_at: Mapped[datetime | None]


class DocumentType(OrganisationTable):
    """What documents are filed under. Its key, made of its first name, is a part of permission keys and stays."""

    __tablename__ = "document_types"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        UniqueConstraint("organisation_id", "name"),
        UniqueConstraint("organisation_id", "key"),
        CheckConstraint("key ~ '^[a-z0-9_]{1,40}$'", name="key"),
    )

    name: Mapped[str]
    key: Mapped[str]
    position: Mapped[int] = mapped_column(Integer)


class PaymentStatus(OrganisationTable):
    """How far a job is paid."""

    __tablename__ = "payment_statuses"
    table_constraints: ClassVar[tuple[Any, ...]] = (UniqueConstraint("organisation_id", "name"),)

    name: Mapped[str]
    position: Mapped[int] = mapped_column(Integer)


class TimeRange(OrganisationTable):
    """A part of the day that work is booked into, in the branch's local time."""

    __tablename__ = "time_ranges"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        UniqueConstraint("organisation_id", "name"),
        CheckConstraint("start_time < end_time", name="start_before_end"),
    )

    name: Mapped[str]
    position: Mapped[int] = mapped_column(Integer)
    start_time: Mapped[time] = mapped_column(Time)
    end_time: Mapped[time] = mapped_column(Time)


class CatalogueTask(OrganisationTable):
    """A task of the price book. Its price always follows its cost and markup."""

    __tablename__ = "catalogue_tasks"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("tax1_id", "taxes"),
        belongs_to("tax2_id", "taxes"),
        CheckConstraint("markup_type in ('fixed', 'percent')", name="markup_type"),
        organisation_index("name", "id", name="ix_catalogue_tasks_name"),
        field_values_index("catalogue_tasks"),
    )

    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    estimated_minutes: Mapped[int | None] = mapped_column(Integer)
    is_mandatory: Mapped[bool] = mapped_column(server_default=text("false"))
    unit_cost: Mapped[Decimal] = mapped_column(UnitPrice, server_default="0")
    unit_price: Mapped[Decimal] = mapped_column(UnitPrice, server_default="0")
    markup_type: Mapped[str] = mapped_column(server_default="fixed")
    markup_value: Mapped[Decimal] = mapped_column(UnitPrice, server_default="0")
    tax1_id: Mapped[int | None]
    tax2_id: Mapped[int | None]
    is_taxable: Mapped[bool] = mapped_column(server_default=text("false"))
    gl_account: Mapped[str | None]
    archived_at: Mapped[datetime | None]
    field_values: Mapped[FieldValues]


class CatalogueItem(OrganisationTable):
    """A part or product of the price book. Its price is what was set, else follows its cost and markup."""

    __tablename__ = "catalogue_items"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("tax1_id", "taxes"),
        belongs_to("tax2_id", "taxes"),
        CheckConstraint("markup_type in ('fixed', 'percent')", name="markup_type"),
        organisation_index("name", "id", name="ix_catalogue_items_name"),
        organisation_index("part_number", "id", name="ix_catalogue_items_part_number"),
        field_values_index("catalogue_items"),
    )

    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    part_number: Mapped[str | None]
    is_tracked_on_van: Mapped[bool] = mapped_column(server_default=text("false"))
    unit_cost: Mapped[Decimal] = mapped_column(UnitPrice, server_default="0")
    unit_price: Mapped[Decimal] = mapped_column(UnitPrice, server_default="0")
    markup_type: Mapped[str] = mapped_column(server_default="fixed")
    markup_value: Mapped[Decimal] = mapped_column(UnitPrice, server_default="0")
    tax1_id: Mapped[int | None]
    tax2_id: Mapped[int | None]
    is_taxable: Mapped[bool] = mapped_column(server_default=text("false"))
    gl_account: Mapped[str | None]
    archived_at: Mapped[datetime | None]
    field_values: Mapped[FieldValues]


class LaborRate(OrganisationTable):
    """What an hour of work costs and is charged at."""

    __tablename__ = "labor_rates"
    table_constraints: ClassVar[tuple[Any, ...]] = (UniqueConstraint("organisation_id", "name"),)

    name: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(UnitPrice)
    cost: Mapped[Decimal] = mapped_column(UnitPrice, server_default="0")
    is_taxable: Mapped[bool] = mapped_column(server_default=text("false"))
    gl_account: Mapped[str | None]


class Tax(OrganisationTable):
    """A tax by name and group, in percent."""

    __tablename__ = "taxes"
    table_constraints: ClassVar[tuple[Any, ...]] = (UniqueConstraint("organisation_id", "name", "group_name"),)

    name: Mapped[str]
    group_name: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(Numeric(7, 4))


class Skill(OrganisationTable):
    """What somebody must be able to do for a kind of work."""

    __tablename__ = "skills"
    table_constraints: ClassVar[tuple[Any, ...]] = (UniqueConstraint("organisation_id", "name"),)

    name: Mapped[str]


class JobTypeSkill(OrganisationOwned):
    """A skill that a job type asks for."""

    __tablename__ = "job_type_skills"
    __table_args__ = (
        belongs_to("job_type_id", "job_types", on_delete="CASCADE"),
        belongs_to("skill_id", "skills"),
        organisation_index("skill_id", name="ix_job_type_skills_skill"),
    )

    job_type_id: Mapped[int] = mapped_column(primary_key=True)
    skill_id: Mapped[int] = mapped_column(primary_key=True)


class LaborRatePerson(OrganisationOwned):
    """Somebody whom a labor rate applies to; one without any applies to everybody."""

    __tablename__ = "labor_rate_people"
    __table_args__ = (
        belongs_to("labor_rate_id", "labor_rates", on_delete="CASCADE"),
        belongs_to("person_id", "people", on_delete="CASCADE"),
        organisation_index("person_id", name="ix_labor_rate_people_person"),
    )

    labor_rate_id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)


class LaborRateTax(OrganisationOwned):
    """A tax on labor at a rate."""

    __tablename__ = "labor_rate_taxes"
    __table_args__ = (
        belongs_to("labor_rate_id", "labor_rates", on_delete="CASCADE"),
        belongs_to("tax_id", "taxes"),
        organisation_index("tax_id", name="ix_labor_rate_taxes_tax"),
    )

    labor_rate_id: Mapped[int] = mapped_column(primary_key=True)
    tax_id: Mapped[int] = mapped_column(primary_key=True)
