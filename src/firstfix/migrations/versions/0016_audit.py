"""The audit log: a hash chain of each organisation's events and refusals."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import ARRAY

from firstfix.kit.tables import CURRENT_ORGANISATION
from firstfix.migrations import read_sql

revision = "0016"
down_revision = "0015"

_NEWEST_FIRST = (sa.text("at DESC"), sa.text("number DESC"))


def _organisation_id() -> sa.Column[int]:
    return sa.Column("organisation_id", sa.BigInteger(), server_default=sa.text(CURRENT_ORGANISATION), nullable=False)


def upgrade() -> None:
    op.add_column("events", sa.Column("address", sa.Text(), nullable=True))
    op.create_table(
        "audit_log",
        _organisation_id(),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("real_actor_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=True),
        sa.Column("entity_uuid", sa.Uuid(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("fields", ARRAY(sa.Text()), nullable=False),
        sa.Column("changes_hash", sa.LargeBinary(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=op.f("pk_audit_log")),
    )
    op.create_index(
        "uq_audit_log_event",
        "audit_log",
        ["organisation_id", "event_id"],
        unique=True,
        postgresql_where=sa.text("event_id IS NOT NULL"),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["organisation_id", *_NEWEST_FIRST])
    for name, column in (("actor", "actor_id"), ("entity", "entity"), ("action", "action")):
        op.create_index(f"ix_audit_log_{name}", "audit_log", ["organisation_id", column, *_NEWEST_FIRST])
    op.create_table(
        "audit_chains",
        _organisation_id(),
        sa.Column("number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("hash", sa.LargeBinary(), server_default=sa.text("''::bytea"), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "event_id",
            sa.Uuid(),
            server_default=sa.text("'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid"),
            nullable=False,
        ),
        sa.Column(
            "unpositioned_id",
            sa.Uuid(),
            server_default=sa.text("'00000000-0000-0000-0000-000000000000'::uuid"),
            nullable=False,
        ),
        sa.Column("chained_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_audit_chains")),
    )
    op.create_table(
        "refusals",
        _organisation_id(),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_refusals")),
    )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0016_audit.sql", app_role=context.config.attributes["app_role"]))
