"""What is kept of promises."""

from typing import Final

from firstfix.domain.rows import Kind

POLICY: Final = Kind(
    name="sla_policy",
    entity="SlaPolicy",
    table="sla_policies",
    labels=(),
    required=("priority_id", "response_minutes", "resolution_minutes"),
    unique={"uq_sla_policies_scope": "priority_id"},
)
WORKING_WEEK: Final = Kind(
    name="working_week",
    entity="WorkingWeek",
    table="working_weeks",
    labels=(),
    required=(),
    unique={"uq_working_weeks_branch": "branch_id"},
)
DAY_OFF: Final = Kind(
    name="day_off",
    entity="DayOff",
    table="days_off",
    required=("day", "name"),
    unique={"uq_days_off_organisation_id_day": "day"},
)
