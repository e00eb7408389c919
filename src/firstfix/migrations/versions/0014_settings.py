"""Settings: a job is held to the stage of its status by its key, and job numbers can be moved forward."""

from typing import Any

from alembic import context, op

from firstfix.migrations import read_sql

revision = "0014"
down_revision = "0013"

_WAY = ["organisation_id", "status_id", "stage"]


def upgrade() -> None:
    op.create_unique_constraint(
        op.f("uq_statuses_organisation_id_id_stage"), "statuses", ["organisation_id", "id", "stage"]
    )
    op.drop_constraint(op.f("fk_jobs_organisation_id_status_id"), "jobs", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_jobs_organisation_id_status_id_stage"), "jobs", "statuses", _WAY, ["organisation_id", "id", "stage"]
    )
    # Straight to the driver: colons and percent signs in SQL are not parameters.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(read_sql("0014_settings.sql", app_role=context.config.attributes["app_role"]))
