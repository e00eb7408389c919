"""What is promised about jobs: policies, working time, deadlines."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import JSONB

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0019"
down_revision = "0018"

NEVER = "'9999-12-31T00:00:00Z'"
OVERDUE_FROM = f"""
CASE WHEN stage < 6 AND resolution_due_at IS NOT NULL THEN least(
CASE WHEN coalesce(responded_at, clock_stopped_at) <= response_due_at THEN {NEVER} ELSE response_due_at END,
CASE WHEN stage < 3 THEN works_due_at END, {NEVER}) END
"""
BREACHED_FROM = f"""
CASE WHEN stage < 6 THEN CASE WHEN clock_stopped_at <= resolution_due_at THEN {NEVER} ELSE resolution_due_at END END
"""
ALARM_AT = """
CASE WHEN clock_stopped_at IS NULL THEN CASE alarms_raised
WHEN 0 THEN coalesce(warning_due_at, resolution_due_at) WHEN 1 THEN resolution_due_at END END
"""


def _owned() -> sa.Column[Any]:
    return sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False)


def _thing(table: str) -> tuple[Any, ...]:
    """Give what every thing with an id of its own has."""
    return (
        _owned(),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f(f"uq_{table}_organisation_id_uuid")),
    )


def _goes_with(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{to}.organisation_id", f"{to}.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "sla_policies",
        *_thing("sla_policies"),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("priority_id", sa.BigInteger(), nullable=False),
        sa.Column("job_type_id", sa.BigInteger(), nullable=True),
        sa.Column("response_minutes", sa.Integer(), nullable=False),
        sa.Column("resolution_minutes", sa.Integer(), nullable=False),
        sa.Column("warning_minutes", sa.Integer(), nullable=True),
        _goes_with("sla_policies", "branch_id", "branches"),
        _goes_with("sla_policies", "priority_id", "priorities"),
        _goes_with("sla_policies", "job_type_id", "job_types"),
        sa.UniqueConstraint(
            "organisation_id",
            "priority_id",
            "branch_id",
            "job_type_id",
            name="uq_sla_policies_scope",
            postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint("response_minutes between 1 and 129600", name=op.f("ck_sla_policies_response_minutes")),
        sa.CheckConstraint("resolution_minutes between 1 and 129600", name=op.f("ck_sla_policies_resolution_minutes")),
        sa.CheckConstraint(
            "warning_minutes between 1 and resolution_minutes", name=op.f("ck_sla_policies_warning_minutes")
        ),
    )
    op.create_table(
        "working_weeks",
        *_thing("working_weeks"),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("hours", JSONB(none_as_null=True), nullable=True),
        sa.Column("holiday_country", sa.Text(), nullable=True),
        sa.Column("holiday_subdivision", sa.Text(), nullable=True),
        _goes_with("working_weeks", "branch_id", "branches"),
        sa.UniqueConstraint(
            "organisation_id", "branch_id", name="uq_working_weeks_branch", postgresql_nulls_not_distinct=True
        ),
        sa.CheckConstraint("branch_id is not null or hours is not null", name=op.f("ck_working_weeks_hours")),
        sa.CheckConstraint(
            "holiday_subdivision is null or holiday_country is not null", name=op.f("ck_working_weeks_holiday_country")
        ),
    )
    op.create_table(
        "days_off",
        *_thing("days_off"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.UniqueConstraint("organisation_id", "day", name=op.f("uq_days_off_organisation_id_day")),
    )
    op.create_table(
        "working_spans",
        _owned(),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds_before", sa.BigInteger(), nullable=False),
        _goes_with("working_spans", "branch_id", "branches"),
        sa.PrimaryKeyConstraint("organisation_id", "branch_id", "starts_at", name=op.f("pk_working_spans")),
        sa.UniqueConstraint(
            "organisation_id",
            "branch_id",
            "seconds_before",
            name=op.f("uq_working_spans_organisation_id_branch_id_seconds_before"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_working_spans_order")),
    )
    op.create_table(
        "sla_refreshes",
        _owned(),
        sa.Column("is_calendar_due", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("after_job_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_sla_refreshes")),
    )
    _add_deadlines()
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0019_sla.sql", app_role=context.config.attributes["app_role"]))


def _add_deadlines() -> None:
    """Let jobs have deadlines. What the jobs of before did is told from what is known of them."""
    instant = sa.DateTime(timezone=True)
    for name in (
        "response_due_at",
        "responded_at",
        "resolution_due_at",
        "warning_due_at",
        "works_due_at",
        "clock_stopped_at",
    ):
        op.add_column("jobs", sa.Column(name, instant, nullable=True))
    op.add_column("jobs", sa.Column("paused_seconds", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("alarms_raised", sa.SmallInteger(), server_default="0", nullable=False))
    op.execute("""
        UPDATE jobs SET
            responded_at = CASE WHEN stage BETWEEN 1 AND 5 THEN coalesce(started_at, completed_at, updated_at) END,
            clock_stopped_at = CASE WHEN stage >= 3 THEN coalesce(completed_at, updated_at) END
        WHERE stage > 0
    """)
    for name, expression in (
        ("overdue_from", OVERDUE_FROM),
        ("breached_from", BREACHED_FROM),
        ("alarm_at", ALARM_AT),
    ):
        op.add_column("jobs", sa.Column(name, instant, sa.Computed(expression, persisted=True), nullable=True))
    op.create_check_constraint(op.f("ck_jobs_alarms_raised"), "jobs", "alarms_raised between 0 and 2")
    op.create_index("ix_jobs_alarm", "jobs", ["alarm_at", "id"], postgresql_where=sa.text("alarm_at IS NOT NULL"))
    op.create_index(
        "ix_jobs_breached",
        "jobs",
        ["organisation_id", "branch_id", "breached_from", "overdue_from"],
        postgresql_where=sa.text("breached_from IS NOT NULL"),
    )
    op.create_index(
        "ix_jobs_overdue",
        "jobs",
        ["organisation_id", "branch_id", "overdue_from", "breached_from"],
        postgresql_where=sa.text(f"overdue_from < {NEVER}"),
    )
