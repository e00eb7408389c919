"""What jobs refer to, whole: markups, taxes of places, skills, service areas, unavailability, working exceptions."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0009"
down_revision = "0008"


def _organisation() -> sa.Column[int]:
    return sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False)


def _thing(table: str) -> tuple[Any, ...]:
    """Give what every thing with an id of its own has."""
    return (
        _organisation(),
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


def _named(table: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint("organisation_id", "name", name=op.f(f"uq_{table}_organisation_id_name"))


def upgrade() -> None:
    _change_places()
    _change_catalogue()
    _change_people()
    _add_tables()
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0009_references.sql", app_role=context.config.attributes["app_role"]))


def _change_places() -> None:
    op.add_column("locations", sa.Column("tax_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_locations_organisation_id_tax_id"),
        "locations",
        "taxes",
        ["organisation_id", "tax_id"],
        ["organisation_id", "id"],
    )
    op.create_index(
        "uq_locations_billing",
        "locations",
        ["organisation_id", "customer_id"],
        unique=True,
        postgresql_where=sa.text("is_billing"),
    )
    # A contact that a job has stays until the job lets it go.
    op.drop_constraint(op.f("fk_job_contacts_organisation_id_contact_id"), "job_contacts", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_job_contacts_organisation_id_contact_id"),
        "job_contacts",
        "contacts",
        ["organisation_id", "contact_id"],
        ["organisation_id", "id"],
    )
    for name, table, columns in (
        ("ix_customers_email", "customers", ["email"]),
        ("ix_locations_postcode", "locations", ["postcode"]),
        ("ix_contacts_name", "contacts", ["last_name", "first_name", "id"]),
        ("ix_contacts_email", "contacts", ["email"]),
        ("ix_assets_name", "assets", ["name", "id"]),
        ("ix_assets_serial_number", "assets", ["serial_number"]),
        ("ix_catalogue_items_part_number", "catalogue_items", ["part_number", "id"]),
    ):
        op.create_index(name, table, ["organisation_id", *columns])


def _change_catalogue() -> None:
    false = sa.text("false")
    op.add_column("catalogue_tasks", sa.Column("is_mandatory", sa.Boolean(), server_default=false, nullable=False))
    op.add_column("catalogue_items", sa.Column("is_tracked_on_van", sa.Boolean(), server_default=false, nullable=False))
    for table in ("catalogue_tasks", "catalogue_items"):
        op.add_column(table, sa.Column("markup_type", sa.Text(), server_default="fixed", nullable=False))
        op.add_column(table, sa.Column("markup_value", sa.Numeric(16, 4), server_default="0", nullable=False))
        op.create_check_constraint(op.f(f"ck_{table}_markup_type"), table, "markup_type in ('fixed', 'percent')")
        for column in ("tax1_id", "tax2_id"):
            op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
            op.create_foreign_key(
                op.f(f"fk_{table}_organisation_id_{column}"),
                table,
                "taxes",
                ["organisation_id", column],
                ["organisation_id", "id"],
            )


def _change_people() -> None:
    op.add_column("people", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_people_platform"), "people", "platform in ('ios', 'android')")
    op.create_check_constraint(
        op.f("ck_people_removed_is_archived"), "people", "removed_at is null or archived_at is not null"
    )


def _add_tables() -> None:
    op.create_table("skills", *_thing("skills"), sa.Column("name", sa.Text(), nullable=False), _named("skills"))
    op.create_table(
        "job_type_skills",
        _organisation(),
        sa.Column("job_type_id", sa.BigInteger(), nullable=False),
        sa.Column("skill_id", sa.BigInteger(), nullable=False),
        _belongs_to("job_type_skills", "job_type_id", "job_types", on_delete="CASCADE"),
        _belongs_to("job_type_skills", "skill_id", "skills"),
        sa.PrimaryKeyConstraint("organisation_id", "job_type_id", "skill_id", name=op.f("pk_job_type_skills")),
    )
    op.create_index("ix_job_type_skills_skill", "job_type_skills", ["organisation_id", "skill_id"])
    op.create_table(
        "service_areas",
        *_thing("service_areas"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("colour", sa.Text(), server_default="1f6feb", nullable=False),
        *(sa.Column(side, sa.Double(), nullable=False) for side in ("north", "east", "south", "west")),
        _named("service_areas"),
        sa.CheckConstraint(
            "south between -90 and 90 and north between south and 90", name=op.f("ck_service_areas_latitudes")
        ),
        sa.CheckConstraint(
            "west between -180 and 180 and east between -180 and 180", name=op.f("ck_service_areas_longitudes")
        ),
    )
    op.create_table(
        "unavailability_types",
        *_thing("unavailability_types"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("is_paid", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        _named("unavailability_types"),
    )
    op.create_table(
        "working_exceptions",
        *_thing("working_exceptions"),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        _belongs_to("working_exceptions", "person_id", "people", on_delete="CASCADE"),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_working_exceptions_start_before_end")),
    )
    op.create_index("ix_working_exceptions_person", "working_exceptions", ["organisation_id", "person_id", "starts_at"])
