"""Tasks, items and labor of jobs; whom a labor rate applies to, and its taxes."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0003"
down_revision = "0002"


def _organisation() -> sa.Column[int]:
    return sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False)


def _thing() -> list[sa.Column[Any]]:
    return [
        _organisation(),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
    ]


def _created_at() -> sa.Column[Any]:
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.text("date_trunc('second', now())"), nullable=False
    )


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f(f"uq_{table}_organisation_id_uuid")),
    ]


def _belongs_to(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id", column],
        [f"{target}.organisation_id", f"{target}.id"],
        name=op.f(f"fk_{table}_organisation_id_{column}"),
        ondelete=ondelete,
    )


def _price(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Numeric(precision=16, scale=4), nullable=False)


def upgrade() -> None:
    for table, column, target, rule in (
        ("labor_rate_people", "person_id", "people", "CASCADE"),
        ("labor_rate_taxes", "tax_id", "taxes", None),
    ):
        op.create_table(
            table,
            _organisation(),
            sa.Column("labor_rate_id", sa.BigInteger(), nullable=False),
            sa.Column(column, sa.BigInteger(), nullable=False),
            _belongs_to(table, "labor_rate_id", "labor_rates", "CASCADE"),
            _belongs_to(table, column, target, rule),
            sa.PrimaryKeyConstraint("organisation_id", "labor_rate_id", column, name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_{column.removesuffix('_id')}", table, ["organisation_id", column])

    op.create_table(
        "job_tasks",
        *_thing(),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("catalogue_task_id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=True),
        sa.Column("assignee_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        _price("unit_cost"),
        _price("unit_price"),
        sa.Column("is_done", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _created_at(),
        _belongs_to("job_tasks", "job_id", "jobs", "CASCADE"),
        _belongs_to("job_tasks", "catalogue_task_id", "catalogue_tasks"),
        _belongs_to("job_tasks", "asset_id", "assets", "SET NULL (asset_id)"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_id", "assignee_id"],
            ["job_crew.organisation_id", "job_crew.job_id", "job_crew.person_id"],
            name=op.f("fk_job_tasks_organisation_id_job_id_assignee_id"),
            ondelete="SET NULL (assignee_id)",
        ),
        *_keys("job_tasks"),
    )
    op.create_index("ix_job_tasks_job", "job_tasks", ["organisation_id", "job_id", "position"])
    op.create_index("ix_job_tasks_catalogue_task", "job_tasks", ["organisation_id", "catalogue_task_id"])
    op.create_index(
        "ix_job_tasks_asset",
        "job_tasks",
        ["organisation_id", "asset_id"],
        postgresql_where=sa.text("asset_id IS NOT NULL"),
    )

    op.create_table(
        "job_task_items",
        *_thing(),
        sa.Column("job_task_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("catalogue_item_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=15, scale=3), nullable=False),
        _price("unit_cost"),
        _price("unit_price"),
        _created_at(),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_job_task_items_quantity")),
        _belongs_to("job_task_items", "job_task_id", "job_tasks", "CASCADE"),
        _belongs_to("job_task_items", "catalogue_item_id", "catalogue_items"),
        *_keys("job_task_items"),
    )
    op.create_index("ix_job_task_items_task", "job_task_items", ["organisation_id", "job_task_id", "position"])
    op.create_index("ix_job_task_items_catalogue_item", "job_task_items", ["organisation_id", "catalogue_item_id"])

    op.create_table(
        "job_labor",
        *_thing(),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("labor_rate_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        _price("rate"),
        _price("cost"),
        sa.Column("is_taxable", sa.Boolean(), nullable=False),
        sa.Column("taxes", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("gl_account", sa.Text(), nullable=True),
        _created_at(),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_job_labor_minutes")),
        _belongs_to("job_labor", "job_id", "jobs", "CASCADE"),
        _belongs_to("job_labor", "person_id", "people"),
        _belongs_to("job_labor", "labor_rate_id", "labor_rates", "SET NULL (labor_rate_id)"),
        *_keys("job_labor"),
    )
    op.create_index("ix_job_labor_job", "job_labor", ["organisation_id", "job_id", "position"])
    op.create_index("ix_job_labor_person", "job_labor", ["organisation_id", "person_id"])
    op.create_index(
        "ix_job_labor_rate",
        "job_labor",
        ["organisation_id", "labor_rate_id"],
        postgresql_where=sa.text("labor_rate_id IS NOT NULL"),
    )

    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0003_job_tasks.sql", app_role=context.config.attributes["app_role"]))
