"""Custom fields, and what jobs and other things hold in them."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0012"
down_revision = "0011"

_HOLDERS = (
    "jobs",
    "job_tasks",
    "customers",
    "locations",
    "contacts",
    "assets",
    "catalogue_tasks",
    "catalogue_items",
)
_FLAGS = (
    ("is_on_invoice", "false"),
    ("is_on_pdf", "false"),
    ("is_readonly_on_device", "false"),
    ("is_syncable", "true"),
    ("is_barcode_scannable", "false"),
    ("is_available_on_job", "false"),
)


def upgrade() -> None:
    op.create_table(
        "custom_fields",
        sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("entity_class", sa.Text(), nullable=False),
        sa.Column("own_key", sa.Text(), nullable=True),
        sa.Column(
            "key",
            sa.Text(),
            sa.Computed("coalesce(own_key, replace(uuid::text, '-', ''))", persisted=True),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("options", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("default_value", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Boolean(), server_default=sa.text(value), nullable=False) for name, value in _FLAGS),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "entity_class in ('Job', 'Invoice', 'Asset', 'Customer', 'Contact', 'Location', 'Task', 'Item')",
            name=op.f("ck_custom_fields_entity_class"),
        ),
        sa.CheckConstraint(
            "kind in ('Text', 'Number', 'CheckBox', 'Dropdown', 'Date', 'Time')", name=op.f("ck_custom_fields_kind")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_custom_fields")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_custom_fields_organisation_id_uuid")),
        sa.UniqueConstraint(
            "organisation_id", "entity_class", "key", name=op.f("uq_custom_fields_organisation_id_entity_class_key")
        ),
    )
    for table in _HOLDERS:
        op.add_column(
            table, sa.Column("field_values", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False)
        )
        op.create_index(
            f"ix_{table}_field_values",
            table,
            ["field_values", sa.text("jsonb_path_query_array(field_values, '$.keyvalue().key')")],
            postgresql_using="gin",
            postgresql_ops={"field_values": "jsonb_path_ops"},
            postgresql_where=sa.text("field_values <> '{}'"),
        )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0012_custom_fields.sql", app_role=context.config.attributes["app_role"]))
