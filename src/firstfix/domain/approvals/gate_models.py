"""The table of decided gates."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import OrganisationTable, belongs_to


class GateDecision(OrganisationTable):
    """How a gate was decided: who had asked for which status of a job, and when; who decided what.

    A gate that waits is in the job's own columns, and comes to stand here when it is decided. A job's gates are told
    apart by when they were asked for, so the constraint sees to it that each is decided once. Nobody's (null) are the
    system's own.
    """

    __tablename__ = "gate_decisions"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        UniqueConstraint("organisation_id", "job_id", "asked_at"),
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("status_id", "statuses"),
        belongs_to("asked_by_id", "people"),
        belongs_to("decided_by_id", "people"),
    )

    job_id: Mapped[int]
    status_id: Mapped[int]
    asked_by_id: Mapped[int | None]
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None]
    decided_at: Mapped[datetime]
    is_approved: Mapped[bool]
    notes: Mapped[str] = mapped_column(server_default="")
