"""Gates as they were decided, and recalls."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0021"
down_revision = "0020"


def _thing(table: str) -> tuple[Any, ...]:
    """Give what every thing with an id of its own has."""
    return (
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
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


def _belongs_to(table: str, column: str, to: str, *, on_delete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{to}.organisation_id", f"{to}.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
        ondelete=on_delete,
    )


def upgrade() -> None:
    op.create_table(
        "gate_decisions",
        *_thing("gate_decisions"),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("status_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_approved", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.UniqueConstraint(
            "organisation_id", "job_id", "asked_at", name=op.f("uq_gate_decisions_organisation_id_job_id_asked_at")
        ),
        _belongs_to("gate_decisions", "job_id", "jobs", on_delete="CASCADE"),
        _belongs_to("gate_decisions", "status_id", "statuses"),
        _belongs_to("gate_decisions", "asked_by_id", "people"),
        _belongs_to("gate_decisions", "decided_by_id", "people"),
    )
    op.create_table(
        "recalls",
        *_thing("recalls"),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raised_by_id", sa.BigInteger(), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status_before_id", sa.BigInteger(), nullable=False),
        sa.Column("completed_before_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        _belongs_to("recalls", "job_id", "jobs", on_delete="CASCADE"),
        _belongs_to("recalls", "raised_by_id", "people"),
        _belongs_to("recalls", "status_before_id", "statuses"),
        _belongs_to("recalls", "closed_by_id", "people"),
        sa.CheckConstraint("outcome in ('standard', 'cancel')", name=op.f("ck_recalls_outcome")),
        sa.CheckConstraint("(closed_at is null) = (outcome is null)", name=op.f("ck_recalls_closed")),
    )
    op.create_index("ix_recalls_job", "recalls", ["organisation_id", "job_id", "raised_at"])
    op.create_index(
        "uq_recalls_open",
        "recalls",
        ["organisation_id", "job_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.add_column("jobs", sa.Column("gate_asked_at", sa.DateTime(timezone=True), nullable=True))
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0021_gates_and_recalls.sql", app_role=context.config.attributes["app_role"]))
    op.create_check_constraint(
        op.f("ck_jobs_gate"), "jobs", "num_nulls(gate_status, gate_wanted_status_id, gate_asked_at) in (0, 3)"
    )
    op.create_check_constraint(op.f("ck_jobs_recall"), "jobs", "not is_recall or stage <> 5")
    op.create_check_constraint(
        op.f("ck_statuses_recall"), "statuses", "not is_recall or (stage <= 2 and not requires_approval)"
    )
    op.create_index(
        "uq_statuses_recall", "statuses", ["organisation_id"], unique=True, postgresql_where=sa.text("is_recall")
    )
