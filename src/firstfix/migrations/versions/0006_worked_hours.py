"""Worked hours: how far each of a crew is, and the stretches of time that they travelled and worked."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("job_crew", sa.Column("state", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("ck_job_crew_state"), "job_crew", "state between 0 and 4")
    op.create_table(
        "worked_hours",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("is_travel", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("start_latitude", sa.Double(), nullable=True),
        sa.Column("start_longitude", sa.Double(), nullable=True),
        sa.Column("end_latitude", sa.Double(), nullable=True),
        sa.Column("end_longitude", sa.Double(), nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_worked_hours_order")),
        sa.CheckConstraint("pause_reason is null or ends_at is not null", name=op.f("ck_worked_hours_pause_reason")),
        sa.CheckConstraint(
            "(start_latitude is null) = (start_longitude is null) and (end_latitude is null) = (end_longitude is null)",
            name=op.f("ck_worked_hours_positions"),
        ),
        ExcludeConstraint(
            (sa.text("int8range(organisation_id, organisation_id, '[]')"), "&&"),
            (sa.text("int8range(person_id, person_id, '[]')"), "&&"),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            name="ex_worked_hours_person",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_id"],
            ["jobs.organisation_id", "jobs.id"],
            name=op.f("fk_worked_hours_organisation_id_job_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_worked_hours_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_worked_hours")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_worked_hours_organisation_id_uuid")),
    )
    op.create_index("ix_worked_hours_job", "worked_hours", ["organisation_id", "job_id", "person_id", "starts_at"])
    op.create_index("ix_worked_hours_person", "worked_hours", ["organisation_id", "person_id", "starts_at"])
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0006_worked_hours.sql", app_role=context.config.attributes["app_role"]))
