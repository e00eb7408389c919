"""The table of amendments."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import OrganisationTable, belongs_to, organisation_index


class Amendment(OrganisationTable):
    """A change of one field of a job that somebody has asked for, and what was decided.

    `field_name` is a core name. `current_value` is what the job showed when it was asked for. Values are text: amounts
    with two decimals, dates as ISO has them, ids as digits. Of one field at most one waits.
    """

    __tablename__ = "amendments"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("requested_by_id", "people"),
        belongs_to("decided_by_id", "people"),
        CheckConstraint("status in ('pending', 'approved', 'rejected')", name="status"),
        CheckConstraint("(status = 'pending') = (decided_at is null)", name="decision"),
        CheckConstraint("decided_by_id <> requested_by_id", name="decided_by_another"),
        organisation_index(text("created_at DESC"), text("id DESC"), name="ix_amendments_created_at"),
        organisation_index("status", text("created_at DESC"), text("id DESC"), name="ix_amendments_status"),
        organisation_index("job_id", text("created_at DESC"), text("id DESC"), name="ix_amendments_job"),
        Index(
            "uq_amendments_pending",
            "organisation_id",
            "job_id",
            "field_name",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
    )

    job_id: Mapped[int]
    field_name: Mapped[str]
    current_value: Mapped[str | None]
    requested_value: Mapped[str]
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="pending")
    requested_by_id: Mapped[int | None]
    decided_by_id: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str | None]
