"""Amendments that wait for a decision, and links from jobs to what follows from them."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0018"
down_revision = "0017"


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
        "amendments",
        *_thing("amendments"),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("field_name", sa.Text(), nullable=False),
        sa.Column("current_value", sa.Text(), nullable=True),
        sa.Column("requested_value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("requested_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=True),
        _belongs_to("amendments", "job_id", "jobs", on_delete="CASCADE"),
        _belongs_to("amendments", "requested_by_id", "people"),
        _belongs_to("amendments", "decided_by_id", "people"),
        sa.CheckConstraint("status in ('pending', 'approved', 'rejected')", name=op.f("ck_amendments_status")),
        sa.CheckConstraint("(status = 'pending') = (decided_at is null)", name=op.f("ck_amendments_decision")),
        sa.CheckConstraint("decided_by_id <> requested_by_id", name=op.f("ck_amendments_decided_by_another")),
    )
    newest_first = [sa.text("created_at DESC"), sa.text("id DESC")]
    op.create_index("ix_amendments_created_at", "amendments", ["organisation_id", *newest_first])
    op.create_index("ix_amendments_status", "amendments", ["organisation_id", "status", *newest_first])
    op.create_index("ix_amendments_job", "amendments", ["organisation_id", "job_id", *newest_first])
    op.create_index(
        "uq_amendments_pending",
        "amendments",
        ["organisation_id", "job_id", "field_name"],
        unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_table(
        "remedial_links",
        *_thing("remedial_links"),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("remedial_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("linked_by_id", sa.BigInteger(), nullable=True),
        sa.UniqueConstraint(
            "organisation_id", "remedial_id", name=op.f("uq_remedial_links_organisation_id_remedial_id")
        ),
        _belongs_to("remedial_links", "parent_id", "jobs", on_delete="CASCADE"),
        _belongs_to("remedial_links", "remedial_id", "jobs", on_delete="CASCADE"),
        _belongs_to("remedial_links", "linked_by_id", "people"),
        sa.CheckConstraint("parent_id <> remedial_id", name=op.f("ck_remedial_links_ends")),
    )
    op.create_index("ix_remedial_links_parent", "remedial_links", ["organisation_id", "parent_id", *newest_first])
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0018_amendments.sql", app_role=context.config.attributes["app_role"]))
