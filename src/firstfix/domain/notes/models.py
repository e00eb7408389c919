"""The table of case notes."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ARRAY, CheckConstraint, Index, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import WHOLE_SECOND_NOW, OrganisationTable, belongs_to, organisation_index


class CaseNote(OrganisationTable):
    """What somebody wrote on a job: sanitised HTML, sealed. `text_policy` is the version of what it was sanitised by.

    The author is a person, or the contact who answered by e-mail. `parties` are whom a note that `sends_mail` goes to;
    null: all parties of the job. `in_reply_to_id` is the note that this one answers, of the same job.
    """

    __tablename__ = "case_notes"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("created_by_id", "people"),
        belongs_to("written_by_contact_id", "contacts"),
        belongs_to("in_reply_to_id", "case_notes", on_delete="SET NULL"),
        CheckConstraint("source in ('user', 'email')", name="source"),
        CheckConstraint("parties <@ ARRAY['contractor', 'agent', 'tenant']", name="parties"),
        CheckConstraint("created_by_id is null or written_by_contact_id is null", name="one_author"),
        organisation_index(
            "job_id", text("is_pinned DESC"), text("created_at DESC"), text("id DESC"), name="ix_case_notes_job"
        ),
        Index(
            "ix_case_notes_in_reply_to",
            "organisation_id",
            "in_reply_to_id",
            postgresql_where=text("in_reply_to_id IS NOT NULL"),
        ),
        Index(
            "ix_case_notes_contact",
            "organisation_id",
            "written_by_contact_id",
            postgresql_where=text("written_by_contact_id IS NOT NULL"),
        ),
    )

    job_id: Mapped[int]
    created_by_id: Mapped[int | None]
    written_by_contact_id: Mapped[int | None]
    source: Mapped[str] = mapped_column(server_default="user")
    in_reply_to_id: Mapped[int | None]
    text_sealed: Mapped[str]
    text_policy: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    is_pinned: Mapped[bool] = mapped_column(server_default=text("false"))
    sends_mail: Mapped[bool] = mapped_column(server_default=text("false"))
    parties: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    updated_at: Mapped[datetime] = mapped_column(server_default=text(WHOLE_SECOND_NOW))
