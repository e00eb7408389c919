"""Invoices of jobs."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import JSONB

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0013"
down_revision = "0012"

_ENTITIES = ("catalogue_task", "catalogue_item", "labor_rate")


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
        "invoices",
        *_thing("invoices"),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("internal_comment", sa.Text(), nullable=True),
        sa.Column("field_values", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.UniqueConstraint("organisation_id", "number", name=op.f("uq_invoices_organisation_id_number")),
        _belongs_to("invoices", "customer_id", "customers"),
        _belongs_to("invoices", "location_id", "locations"),
        sa.CheckConstraint("number ~ '^[0-9]{8}$'", name=op.f("ck_invoices_number")),
    )
    op.create_index("ix_invoices_created_at", "invoices", ["organisation_id", "created_at", "id"])
    op.create_index(
        "ix_invoices_field_values",
        "invoices",
        ["field_values", sa.text("jsonb_path_query_array(field_values, '$.keyvalue().key')")],
        postgresql_using="gin",
        postgresql_ops={"field_values": "jsonb_path_ops"},
        postgresql_where=sa.text("field_values <> '{}'"),
    )
    op.create_index("ix_invoices_customer", "invoices", ["organisation_id", "customer_id", "created_at", "id"])
    op.create_index("ix_invoices_location", "invoices", ["organisation_id", "location_id", "created_at", "id"])
    op.create_table(
        "invoice_lines",
        *_thing("invoice_lines"),
        sa.Column("invoice_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("quantity", sa.Numeric(15, 3), nullable=False),
        sa.Column("cost", sa.Numeric(16, 4), nullable=False),
        sa.Column("price", sa.Numeric(16, 4), nullable=False),
        sa.Column("gl_account", sa.Text(), nullable=True),
        sa.Column("taxes", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        *(sa.Column(f"{entity}_id", sa.BigInteger(), nullable=True) for entity in _ENTITIES),
        _belongs_to("invoice_lines", "invoice_id", "invoices", on_delete="CASCADE"),
        _belongs_to("invoice_lines", "job_id", "jobs"),
        _belongs_to("invoice_lines", "catalogue_task_id", "catalogue_tasks"),
        _belongs_to("invoice_lines", "catalogue_item_id", "catalogue_items"),
        _belongs_to("invoice_lines", "labor_rate_id", "labor_rates", on_delete="SET NULL (labor_rate_id)"),
        sa.CheckConstraint("kind between 0 and 2", name=op.f("ck_invoice_lines_kind")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_invoice_lines_quantity")),
    )
    op.create_index(
        "ix_invoice_lines_invoice", "invoice_lines", ["organisation_id", "invoice_id", "job_id", "position"]
    )
    op.create_index("ix_invoice_lines_job", "invoice_lines", ["organisation_id", "job_id"])
    for entity in _ENTITIES:
        op.create_index(
            f"ix_invoice_lines_{entity}",
            "invoice_lines",
            ["organisation_id", f"{entity}_id"],
            postgresql_where=sa.text(f"{entity}_id IS NOT NULL"),
        )
    op.add_column("jobs", sa.Column("invoice_uuid", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_jobs_organisation_id_invoice_uuid"),
        "jobs",
        "invoices",
        ["organisation_id", "invoice_uuid"],
        ["organisation_id", "uuid"],
    )
    op.create_check_constraint(op.f("ck_jobs_invoiced"), "jobs", "invoice_uuid is null or stage between 3 and 5")
    op.create_index(
        "ix_jobs_invoice",
        "jobs",
        ["organisation_id", "invoice_uuid"],
        postgresql_where=sa.text("invoice_uuid IS NOT NULL"),
    )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0013_invoices.sql", app_role=context.config.attributes["app_role"]))
