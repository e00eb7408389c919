"""Searching people and contacts, and indexes for their lists, the calendar and the dashboard."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from firstfix.migrations import read_sql

revision = "0015"
down_revision = "0014"

_NEWEST = (sa.text("created_at DESC"), sa.text("id DESC"))
_WORDS = {
    "people": "first_name || ' ' || last_name || ' ' || email || ' ' || coalesce(phone, '')"
    " || ' ' || firstfix_join_lines(trades)",
    "contacts": "first_name || ' ' || last_name || ' ' || coalesce(email, '') || ' ' || coalesce(phone, '')"
    " || ' ' || coalesce(phone_work, '')",
}
_JOBS = {
    "recalls": (["organisation_id", "branch_id"], "is_recall"),
    "open": (["organisation_id", "branch_id", "job_type_id", "contractor_id"], "stage <= 2"),
    "works_end": (["organisation_id", "works_end_on", "scheduled_at"], "works_end_on IS NOT NULL"),
}


def upgrade() -> None:
    for table, words in _WORDS.items():
        folded = sa.Computed(f"to_tsvector('simple', firstfix_fold({words}))", persisted=True)
        op.add_column(table, sa.Column("search_words", postgresql.TSVECTOR(), folded, nullable=False))
        op.create_index(f"ix_{table}_search_words", table, ["search_words"], postgresql_using="gin")
    op.create_index(
        "ix_contacts_created_at",
        "contacts",
        ["organisation_id", *_NEWEST],
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.drop_index("ix_people_account_type", "people")
    op.create_index("ix_people_account_type", "people", ["organisation_id", "account_type", *_NEWEST])
    op.create_check_constraint(op.f("ck_people_granted_or_denied"), "people", "not granted_keys && denied_keys")
    for name, (columns, condition) in _JOBS.items():
        op.create_index(f"ix_jobs_{name}", "jobs", columns, postgresql_where=sa.text(condition))
    op.create_index("ix_time_slots_starts_at", "time_slots", ["organisation_id", "starts_at"])
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0015_neighbours.sql", app_role=context.config.attributes["app_role"]))
