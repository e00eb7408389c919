"""The table of case notes."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import WHOLE_SECOND_NOW, OrganisationTable, belongs_to, organisation_index


class CaseNote(OrganisationTable):
    """What somebody wrote on a job, as sanitised HTML, sealed."""

    __tablename__ = "case_notes"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("created_by_id", "people"),
        CheckConstraint("source in ('user', 'email')", name="source"),
        organisation_index("job_id", text("created_at DESC"), name="ix_case_notes_job"),
    )

    job_id: Mapped[int]
    created_by_id: Mapped[int | None]
    source: Mapped[str] = mapped_column(server_default="user")
    text_sealed: Mapped[str]
    is_pinned: Mapped[bool] = mapped_column(server_default=text("false"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text(WHOLE_SECOND_NOW))
