"""The foundation: organisations, people, access, places, lookups, jobs, notes, pins and history."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from firstfix.migrations import read_sql

revision = "0001"
down_revision = None


def _run_script(name: str) -> None:
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    app_role = context.config.attributes["app_role"]
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql(name, app_role=app_role))


def upgrade() -> None:
    _run_script("0001_before_tables.sql")
    op.create_table(
        "branches",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_branches")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_branches_organisation_id_name")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_branches_organisation_id_uuid")),
    )
    op.create_table(
        "catalogue_items",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("part_number", sa.Text(), nullable=True),
        sa.Column("unit_cost", sa.Numeric(precision=16, scale=4), server_default="0", nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=16, scale=4), server_default="0", nullable=False),
        sa.Column("is_taxable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("gl_account", sa.Text(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_catalogue_items")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_catalogue_items_organisation_id_uuid")),
    )
    op.create_index("ix_catalogue_items_name", "catalogue_items", ["organisation_id", "name", "id"], unique=False)
    op.create_table(
        "catalogue_tasks",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("estimated_minutes", sa.Integer(), nullable=True),
        sa.Column("unit_cost", sa.Numeric(precision=16, scale=4), server_default="0", nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=16, scale=4), server_default="0", nullable=False),
        sa.Column("is_taxable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("gl_account", sa.Text(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_catalogue_tasks")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_catalogue_tasks_organisation_id_uuid")),
    )
    op.create_index("ix_catalogue_tasks_name", "catalogue_tasks", ["organisation_id", "name", "id"], unique=False)
    op.create_table(
        "customers",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column(
            "customer_number", sa.BigInteger(), server_default=sa.text("nextval('customer_numbers')"), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("fax", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("discount", sa.Numeric(precision=16, scale=4), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("gl_account", sa.Text(), nullable=True),
        sa.Column("is_taxable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_on_hold", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_customers")),
        sa.UniqueConstraint(
            "organisation_id", "customer_number", name=op.f("uq_customers_organisation_id_customer_number")
        ),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_customers_organisation_id_uuid")),
    )
    op.create_index("ix_customers_name", "customers", ["organisation_id", "name", "id"], unique=False)
    op.create_table(
        "events",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("real_actor_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("entity_uuid", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_events")),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("ix_events_entity", "events", ["organisation_id", "entity", "entity_id", "id"], unique=False)
    op.create_index("ix_events_position", "events", ["organisation_id", "position", "id"], unique=False)
    op.create_table(
        "event_positions",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("last_position", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_event_positions")),
    )
    op.create_table(
        "job_counts",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("status_id", sa.BigInteger(), nullable=False),
        sa.Column("is_deferred", sa.Boolean(), nullable=False),
        sa.Column("is_dated", sa.Boolean(), nullable=False),
        sa.Column("jobs_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_job_counts")),
    )
    op.create_index("ix_job_counts_group", "job_counts", ["organisation_id", "branch_id", "status_id"], unique=False)
    op.create_table(
        "job_types",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_job_types")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_job_types_organisation_id_name")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_job_types_organisation_id_uuid")),
    )
    op.create_table(
        "labor_rates",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=16, scale=4), nullable=False),
        sa.Column("cost", sa.Numeric(precision=16, scale=4), server_default="0", nullable=False),
        sa.Column("is_taxable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("gl_account", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_labor_rates")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_labor_rates_organisation_id_name")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_labor_rates_organisation_id_uuid")),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Europe/London", nullable=False),
        sa.Column("currency", sa.Text(), server_default="GBP", nullable=False),
        sa.Column("job_prefix", sa.Text(), server_default="J", nullable=False),
        sa.Column("default_vat_percentage", sa.Numeric(precision=5, scale=2), server_default="20", nullable=False),
        sa.Column("notification_unit", sa.Text(), server_default="hours", nullable=False),
        sa.Column("is_enterprise", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_true_crew", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "notification_unit in ('minutes', 'hours', 'days')", name=op.f("ck_organisations_notification_unit")
        ),
        sa.CheckConstraint(
            "default_vat_percentage between 0 and 100", name=op.f("ck_organisations_default_vat_percentage")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("slug", name=op.f("uq_organisations_slug")),
        sa.UniqueConstraint("uuid", name=op.f("uq_organisations_uuid")),
    )
    op.create_table(
        "payment_statuses",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_payment_statuses")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_payment_statuses_organisation_id_name")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_payment_statuses_organisation_id_uuid")),
    )
    op.create_table(
        "priorities",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("colour", sa.Text(), server_default="grey", nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_priorities")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_priorities_organisation_id_name")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_priorities_organisation_id_uuid")),
    )
    op.create_table(
        "roles",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_administrator", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("permission_keys", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_roles")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_roles_organisation_id_name")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_roles_organisation_id_uuid")),
    )
    op.create_table(
        "sealing_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_keys")),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("account_hash", sa.LargeBinary(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
    )
    op.create_index("ix_sign_in_failures_account", "sign_in_failures", ["account_hash", "failed_at"], unique=False)
    op.create_index("ix_sign_in_failures_address", "sign_in_failures", ["address_hash", "failed_at"], unique=False)
    op.create_table(
        "request_leases",
        sa.Column("subject_hash", sa.LargeBinary(), nullable=False),
        sa.Column("minute", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject_hash", "minute", name=op.f("pk_request_leases")),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "statuses",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("colour", sa.Text(), server_default="grey", nullable=False),
        sa.Column("requires_approval", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("pauses_sla", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_recall", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.CheckConstraint("stage between 0 and 6", name=op.f("ck_statuses_stage")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_statuses")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_statuses_organisation_id_name")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_statuses_organisation_id_uuid")),
    )
    op.create_index("ix_statuses_stage", "statuses", ["organisation_id", "stage", "position"], unique=False)
    op.create_table(
        "taxes",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=7, scale=4), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_taxes")),
        sa.UniqueConstraint(
            "organisation_id", "name", "group_name", name=op.f("uq_taxes_organisation_id_name_group_name")
        ),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_taxes_organisation_id_uuid")),
    )
    op.create_table(
        "time_ranges",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("start_time", sa.Time(), nullable=False),
        sa.Column("end_time", sa.Time(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.CheckConstraint("start_time < end_time", name=op.f("ck_time_ranges_start_before_end")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_time_ranges")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_time_ranges_organisation_id_name")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_time_ranges_organisation_id_uuid")),
    )
    op.create_table(
        "locations",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("line1", sa.Text(), server_default="", nullable=False),
        sa.Column("line2", sa.Text(), server_default="", nullable=False),
        sa.Column("city", sa.Text(), server_default="", nullable=False),
        sa.Column("region", sa.Text(), server_default="", nullable=False),
        sa.Column("postcode", sa.Text(), server_default="", nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("is_billing", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column(
            "full_address",
            sa.Text(),
            sa.Computed(
                "firstfix_join_lines(array[nullif(line1, ''), nullif(line2, ''), nullif(city, ''),"
                " nullif(region, ''), nullif(postcode, '')])",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "search_words",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', firstfix_fold(coalesce(name, '') || ' ' || line1 || ' ' || line2 || ' '"
                " || city || ' ' || region || ' ' || postcode))",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "branch_id"],
            ["branches.organisation_id", "branches.id"],
            name=op.f("fk_locations_organisation_id_branch_id"),
            ondelete="SET NULL (branch_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "customer_id"],
            ["customers.organisation_id", "customers.id"],
            name=op.f("fk_locations_organisation_id_customer_id"),
            ondelete="SET NULL (customer_id)",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_locations")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_locations_organisation_id_uuid")),
    )
    op.create_index("ix_locations_customer", "locations", ["organisation_id", "customer_id"], unique=False)
    op.create_index("ix_locations_full_address", "locations", ["organisation_id", "full_address", "id"], unique=False)
    op.create_index("ix_locations_name", "locations", ["organisation_id", "name", "line1", "id"], unique=False)
    op.create_index(
        "ix_locations_name_descending",
        "locations",
        [
            "organisation_id",
            sa.literal_column("name DESC NULLS LAST"),
            sa.literal_column("line1 DESC"),
            sa.literal_column("id DESC"),
        ],
        unique=False,
    )
    op.create_index("ix_locations_search_words", "locations", ["search_words"], unique=False, postgresql_using="gin")
    op.create_table(
        "people",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), server_default="", nullable=False),
        sa.Column("last_name", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), server_default="en_GB", nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("account_type", sa.SmallInteger(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=True),
        sa.Column("trades", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("granted_keys", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("denied_keys", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("second_factor_sealed", sa.Text(), nullable=True),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.CheckConstraint("account_type between 1 and 5", name=op.f("ck_people_account_type")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "branch_id"],
            ["branches.organisation_id", "branches.id"],
            name=op.f("fk_people_organisation_id_branch_id"),
            ondelete="SET NULL (branch_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "role_id"],
            ["roles.organisation_id", "roles.id"],
            name=op.f("fk_people_organisation_id_role_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_people")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_people_organisation_id_uuid")),
    )
    op.create_index("ix_people_account_type", "people", ["organisation_id", "account_type"], unique=False)
    op.create_index("ix_people_name", "people", ["organisation_id", "last_name", "first_name", "id"], unique=False)
    op.create_index("uq_people_email", "people", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "contacts",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("first_name", sa.Text(), server_default="", nullable=False),
        sa.Column("last_name", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("phone_work", sa.Text(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "customer_id"],
            ["customers.organisation_id", "customers.id"],
            name=op.f("fk_contacts_organisation_id_customer_id"),
            ondelete="SET NULL (customer_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "location_id"],
            ["locations.organisation_id", "locations.id"],
            name=op.f("fk_contacts_organisation_id_location_id"),
            ondelete="SET NULL (location_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_contacts_organisation_id_person_id"),
            ondelete="SET NULL (person_id)",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_contacts_organisation_id_uuid")),
    )
    op.create_index("ix_contacts_customer", "contacts", ["organisation_id", "customer_id"], unique=False)
    op.create_index("ix_contacts_location", "contacts", ["organisation_id", "location_id"], unique=False)
    op.create_index("ix_contacts_person", "contacts", ["organisation_id", "person_id"], unique=False)
    op.create_table(
        "credentials",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("idle_seconds", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.CheckConstraint("kind in ('api_key', 'bearer', 'session')", name=op.f("ck_credentials_kind")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_credentials_organisation_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_credentials")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_credentials_organisation_id_uuid")),
    )
    op.create_index("ix_credentials_person", "credentials", ["organisation_id", "person_id", "kind"], unique=False)
    op.create_index("uq_credentials_secret_hash", "credentials", ["secret_hash"], unique=True)
    op.create_table(
        "idempotency_keys",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answer_sealed", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_idempotency_keys_organisation_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "person_branches",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "branch_id"],
            ["branches.organisation_id", "branches.id"],
            name=op.f("fk_person_branches_organisation_id_branch_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_person_branches_organisation_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "branch_id", name=op.f("pk_person_branches")),
    )
    op.create_table(
        "assets",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("serial_number", sa.Text(), nullable=True),
        sa.Column("manufacturer", sa.Text(), nullable=True),
        sa.Column("make", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("manufacturer_notes", sa.Text(), nullable=True),
        sa.Column("maintenance_notes", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "contact_id"],
            ["contacts.organisation_id", "contacts.id"],
            name=op.f("fk_assets_organisation_id_contact_id"),
            ondelete="SET NULL (contact_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "location_id"],
            ["locations.organisation_id", "locations.id"],
            name=op.f("fk_assets_organisation_id_location_id"),
            ondelete="SET NULL (location_id)",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_assets")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_assets_organisation_id_uuid")),
    )
    op.create_index("ix_assets_location", "assets", ["organisation_id", "location_id"], unique=False)
    op.create_table(
        "one_time_codes",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_one_time_codes_organisation_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "step", name=op.f("pk_one_time_codes")),
    )
    op.create_table(
        "csrf_tokens",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("credential_id", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "credential_id"],
            ["credentials.organisation_id", "credentials.id"],
            name=op.f("fk_csrf_tokens_organisation_id_credential_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "secret_hash", name=op.f("pk_csrf_tokens")),
    )
    op.create_index(
        "ix_csrf_tokens_credential", "csrf_tokens", ["organisation_id", "credential_id", "issued_at"], unique=False
    )
    op.create_table(
        "jobs",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("status_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column(
            "state",
            sa.SmallInteger(),
            sa.Computed(
                "CASE WHEN stage <= 1 THEN 0 WHEN stage = 2 THEN 1 WHEN stage <= 5 THEN 2 ELSE 3 END", persisted=True
            ),
            nullable=False,
        ),
        sa.Column("substate", sa.SmallInteger(), nullable=True),
        sa.Column("gate_status", sa.Text(), nullable=True),
        sa.Column("gate_wanted_status_id", sa.BigInteger(), nullable=True),
        sa.Column("gate_asked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("is_recall", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("priority_id", sa.BigInteger(), nullable=False),
        sa.Column("job_type_id", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=True),
        sa.Column("lead_id", sa.BigInteger(), nullable=True),
        sa.Column("agent_id", sa.BigInteger(), nullable=True),
        sa.Column("contractor_id", sa.BigInteger(), nullable=True),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scheduled_state", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("estimated_minutes", sa.Integer(), nullable=True),
        sa.Column("works_end_on", sa.Date(), nullable=True),
        sa.Column("time_range_id", sa.BigInteger(), nullable=True),
        sa.Column("notification_delta", sa.Integer(), nullable=True),
        sa.Column("client_budget", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("contractor_budget", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("vat_percentage", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column(
            "total_amount",
            sa.Numeric(precision=16, scale=2),
            sa.Computed("round(contractor_budget * (1 + vat_percentage / 100), 2)", persisted=True),
            nullable=True,
        ),
        sa.Column("payment_status_id", sa.BigInteger(), nullable=True),
        sa.Column("invoice_no", sa.Text(), nullable=True),
        sa.Column("quote_no", sa.Text(), nullable=True),
        sa.Column("works_order_ref", sa.Text(), nullable=True),
        sa.Column("access_details_sealed", sa.Text(), nullable=True),
        sa.Column("private_contact_name_sealed", sa.Text(), nullable=True),
        sa.Column("private_contact_email_sealed", sa.Text(), nullable=True),
        sa.Column("photos_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("documents_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.Column(
            "search_words",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('simple', firstfix_fold(reference || ' ' || title || ' ' || description))", persisted=True
            ),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.CheckConstraint("gate_status in ('pending', 'approved', 'rejected')", name=op.f("ck_jobs_gate_status")),
        sa.CheckConstraint("client_budget >= 0 and contractor_budget >= 0", name=op.f("ck_jobs_budgets")),
        sa.CheckConstraint("estimated_minutes >= 0", name=op.f("ck_jobs_estimated_minutes")),
        sa.CheckConstraint("scheduled_state between 0 and 2", name=op.f("ck_jobs_scheduled_state")),
        sa.CheckConstraint("stage between 0 and 6", name=op.f("ck_jobs_stage")),
        sa.CheckConstraint("vat_percentage between 0 and 100", name=op.f("ck_jobs_vat_percentage")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "agent_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_jobs_organisation_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "asset_id"],
            ["assets.organisation_id", "assets.id"],
            name=op.f("fk_jobs_organisation_id_asset_id"),
            ondelete="SET NULL (asset_id)",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "branch_id"],
            ["branches.organisation_id", "branches.id"],
            name=op.f("fk_jobs_organisation_id_branch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "contractor_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_jobs_organisation_id_contractor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "created_by_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_jobs_organisation_id_created_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "gate_asked_by_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_jobs_organisation_id_gate_asked_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "gate_wanted_status_id"],
            ["statuses.organisation_id", "statuses.id"],
            name=op.f("fk_jobs_organisation_id_gate_wanted_status_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_type_id"],
            ["job_types.organisation_id", "job_types.id"],
            name=op.f("fk_jobs_organisation_id_job_type_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "lead_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_jobs_organisation_id_lead_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "location_id"],
            ["locations.organisation_id", "locations.id"],
            name=op.f("fk_jobs_organisation_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "payment_status_id"],
            ["payment_statuses.organisation_id", "payment_statuses.id"],
            name=op.f("fk_jobs_organisation_id_payment_status_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "priority_id"],
            ["priorities.organisation_id", "priorities.id"],
            name=op.f("fk_jobs_organisation_id_priority_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "status_id"],
            ["statuses.organisation_id", "statuses.id"],
            name=op.f("fk_jobs_organisation_id_status_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "time_range_id"],
            ["time_ranges.organisation_id", "time_ranges.id"],
            name=op.f("fk_jobs_organisation_id_time_range_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("organisation_id", "reference", name=op.f("uq_jobs_organisation_id_reference")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_jobs_organisation_id_uuid")),
    )
    op.create_index(
        "ix_jobs_agent",
        "jobs",
        ["organisation_id", "agent_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_branch",
        "jobs",
        ["organisation_id", "branch_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_branch_status",
        "jobs",
        [
            "organisation_id",
            "branch_id",
            "status_id",
            sa.literal_column("created_at DESC"),
            sa.literal_column("id DESC"),
        ],
        unique=False,
    )
    op.create_index(
        "ix_jobs_contractor",
        "jobs",
        ["organisation_id", "contractor_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_created_at",
        "jobs",
        ["organisation_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_created_by",
        "jobs",
        ["organisation_id", "created_by_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_job_type",
        "jobs",
        ["organisation_id", "job_type_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_lead",
        "jobs",
        ["organisation_id", "lead_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_state",
        "jobs",
        ["organisation_id", "state", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_state_scheduled_at",
        "jobs",
        ["organisation_id", "state", sa.literal_column("scheduled_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_lead_scheduled_at",
        "jobs",
        ["organisation_id", "lead_id", sa.literal_column("scheduled_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_location",
        "jobs",
        ["organisation_id", "location_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("ix_jobs_number", "jobs", ["organisation_id", "number", "id"], unique=False)
    for name, condition in (
        ("ix_jobs_undated", "scheduled_at IS NULL"),
        ("ix_jobs_photos", "photos_count > 0"),
        ("ix_jobs_documents", "documents_count > 0"),
    ):
        op.create_index(
            name,
            "jobs",
            ["organisation_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
            unique=False,
            postgresql_where=sa.text(condition),
        )
    op.create_index(
        "ix_jobs_priority",
        "jobs",
        ["organisation_id", "priority_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_scheduled_at",
        "jobs",
        ["organisation_id", sa.literal_column("scheduled_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("ix_jobs_search_words", "jobs", ["search_words"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_jobs_stage_scheduled_at",
        "jobs",
        ["organisation_id", "stage", sa.literal_column("scheduled_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_status",
        "jobs",
        ["organisation_id", "status_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_jobs_updated_at",
        "jobs",
        ["organisation_id", sa.literal_column("updated_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "case_notes",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), server_default="user", nullable=False),
        sa.Column("text_sealed", sa.Text(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.CheckConstraint("source in ('user', 'email')", name=op.f("ck_case_notes_source")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "created_by_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_case_notes_organisation_id_created_by_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_id"],
            ["jobs.organisation_id", "jobs.id"],
            name=op.f("fk_case_notes_organisation_id_job_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_case_notes")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_case_notes_organisation_id_uuid")),
    )
    op.create_index(
        "ix_case_notes_job",
        "case_notes",
        ["organisation_id", "job_id", sa.literal_column("created_at DESC")],
        unique=False,
    )
    op.create_table(
        "job_contacts",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "contact_id"],
            ["contacts.organisation_id", "contacts.id"],
            name=op.f("fk_job_contacts_organisation_id_contact_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_id"],
            ["jobs.organisation_id", "jobs.id"],
            name=op.f("fk_job_contacts_organisation_id_job_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "job_id", "contact_id", name=op.f("pk_job_contacts")),
    )
    op.create_index(
        "ix_job_contacts_contact", "job_contacts", ["organisation_id", "contact_id", "job_id"], unique=False
    )
    op.create_table(
        "job_crew",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_id"],
            ["jobs.organisation_id", "jobs.id"],
            name=op.f("fk_job_crew_organisation_id_job_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_job_crew_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "job_id", "person_id", name=op.f("pk_job_crew")),
    )
    op.create_index("ix_job_crew_person", "job_crew", ["organisation_id", "person_id", "job_id"], unique=False)
    op.create_table(
        "pins",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_id"],
            ["jobs.organisation_id", "jobs.id"],
            name=op.f("fk_pins_organisation_id_job_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_pins_organisation_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "job_id", name=op.f("pk_pins")),
    )
    op.create_index("ix_pins_job", "pins", ["organisation_id", "job_id"], unique=False)
    op.create_table(
        "time_slots",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("date_trunc('second', now())"),
            nullable=False,
        ),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_time_slots_minutes")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "job_id"],
            ["jobs.organisation_id", "jobs.id"],
            name=op.f("fk_time_slots_organisation_id_job_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_time_slots")),
        sa.UniqueConstraint("organisation_id", "uuid", name=op.f("uq_time_slots_organisation_id_uuid")),
    )
    op.create_index("ix_time_slots_job", "time_slots", ["organisation_id", "job_id", "starts_at"], unique=False)
    op.create_table(
        "time_slot_people",
        sa.Column(
            "organisation_id",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('firstfix.organisation', true), '')::bigint"),
            nullable=False,
        ),
        sa.Column("time_slot_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["people.organisation_id", "people.id"],
            name=op.f("fk_time_slot_people_organisation_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "time_slot_id"],
            ["time_slots.organisation_id", "time_slots.id"],
            name=op.f("fk_time_slot_people_organisation_id_time_slot_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "time_slot_id", "person_id", name=op.f("pk_time_slot_people")),
    )
    op.create_index(
        "ix_time_slot_people_person", "time_slot_people", ["organisation_id", "person_id", "time_slot_id"], unique=False
    )
    _run_script("0001_queue.sql")
    _run_script("0001_after_tables.sql")
