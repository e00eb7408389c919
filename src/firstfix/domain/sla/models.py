"""Tables of policies and of the time that they are counted in."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Date, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import OrganisationOwned, OrganisationTable, belongs_to


class SlaPolicy(OrganisationTable):
    """How soon somebody answers to jobs of a priority, and how soon they are done, in minutes of working time.

    One without a branch is for all of them, one without a job type for all types. Of those that fit a job the branch's
    own comes first, then that of the job's type. `warning_minutes` before a job's deadline there is word of it.
    """

    __tablename__ = "sla_policies"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("branch_id", "branches", on_delete="CASCADE"),
        belongs_to("priority_id", "priorities", on_delete="CASCADE"),
        belongs_to("job_type_id", "job_types", on_delete="CASCADE"),
        UniqueConstraint(
            "organisation_id",
            "priority_id",
            "branch_id",
            "job_type_id",
            name="uq_sla_policies_scope",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("response_minutes between 1 and 129600", name="response_minutes"),
        CheckConstraint("resolution_minutes between 1 and 129600", name="resolution_minutes"),
        CheckConstraint("warning_minutes between 1 and resolution_minutes", name="warning_minutes"),
    )

    branch_id: Mapped[int | None]
    priority_id: Mapped[int]
    job_type_id: Mapped[int | None]
    response_minutes: Mapped[int] = mapped_column(Integer)
    resolution_minutes: Mapped[int] = mapped_column(Integer)
    warning_minutes: Mapped[int | None] = mapped_column(Integer)


class WorkingWeek(OrganisationTable):
    """When an organisation works, or one of its branches, in the branch's local time.

    `hours` is a list of `[weekday, start, end]`: Monday is 0, times are minutes from midnight, an end of 1440 is the
    end of the day. A branch's is null where it keeps the organisation's hours; so is `holiday_country` where it keeps
    the organisation's public holidays. An organisation without a country has none.
    """

    __tablename__ = "working_weeks"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("branch_id", "branches", on_delete="CASCADE"),
        UniqueConstraint(
            "organisation_id", "branch_id", name="uq_working_weeks_branch", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("branch_id is not null or hours is not null", name="hours"),
        CheckConstraint("holiday_subdivision is null or holiday_country is not null", name="holiday_country"),
    )

    branch_id: Mapped[int | None]
    hours: Mapped[list[list[int]] | None] = mapped_column(JSONB(none_as_null=True))
    holiday_country: Mapped[str | None]
    holiday_subdivision: Mapped[str | None]


class DayOff(OrganisationTable):
    """A day on which nobody of the organisation works, beside the public holidays."""

    __tablename__ = "days_off"
    table_constraints: ClassVar[tuple[Any, ...]] = (UniqueConstraint("organisation_id", "day"),)

    day: Mapped[date] = mapped_column(Date)
    name: Mapped[str]


class WorkingSpan(OrganisationOwned):
    """A stretch of working time of a branch, worked out from its week and its holidays.

    `seconds_before` is how much working time the branch's calendar has before it. So both ways of counting, from a
    moment to a moment and from a moment so many minutes on, are a look at one or two rows.
    """

    __tablename__ = "working_spans"
    __table_args__ = (
        belongs_to("branch_id", "branches", on_delete="CASCADE"),
        CheckConstraint("ends_at > starts_at", name="order"),
        UniqueConstraint("organisation_id", "branch_id", "seconds_before"),
    )

    branch_id: Mapped[int] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]
    seconds_before: Mapped[int]


class SlaRefresh(OrganisationOwned):
    """What the worker has yet to do for an organisation because its policies, hours or holidays changed.

    Triggers put it here. `is_calendar_due`: the calendars are to be worked out anew first. `after_job_id`: the open
    jobs after this one are to be looked at; -1 where that has not begun, null where none are.
    """

    __tablename__ = "sla_refreshes"

    is_calendar_due: Mapped[bool] = mapped_column(server_default=text("false"))
    after_job_id: Mapped[int | None]
