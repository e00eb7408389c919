"""The table of recalls."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from firstfix.kit.tables import OrganisationTable, belongs_to, organisation_index


class Recall(OrganisationTable):
    """That a job was recalled: from which status, completed when, and how the recall was closed.

    A job has one open recall at most; as long as it has one, its `is_recall` says so.
    """

    __tablename__ = "recalls"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("raised_by_id", "people"),
        belongs_to("status_before_id", "statuses"),
        belongs_to("closed_by_id", "people"),
        CheckConstraint("outcome in ('standard', 'cancel')", name="outcome"),
        CheckConstraint("(closed_at is null) = (outcome is null)", name="closed"),
        organisation_index("job_id", "raised_at", name="ix_recalls_job"),
        Index("uq_recalls_open", "organisation_id", "job_id", unique=True, postgresql_where=text("closed_at IS NULL")),
    )

    job_id: Mapped[int]
    reason: Mapped[str]
    raised_by_id: Mapped[int | None]
    raised_at: Mapped[datetime]
    status_before_id: Mapped[int]
    completed_before_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
