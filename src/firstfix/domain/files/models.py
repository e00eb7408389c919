"""Tables of files, of content that waits for its removal, and of what each organisation has used of its quota."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from firstfix.kit.tables import WHOLE_SECOND_NOW, OrganisationOwned, OrganisationTable, belongs_to, organisation_index


class File(OrganisationTable):
    """A file that came in, and where its content lies.

    What it belongs to is said by the link table of the feature that uses it. Its content never changes: other content
    is another row. An archived one is gone from every read and can be restored, until the sweep deletes the row.
    Triggers count its bytes and, when the row goes, write down that the content has to go.
    """

    __tablename__ = "files"
    table_constraints: ClassVar[tuple[Any, ...]] = (
        belongs_to("uploaded_by_id", "people"),
        CheckConstraint(
            "purpose in ('attachment', 'photo', 'variant', 'document', 'note', 'signature')", name="purpose"
        ),
        CheckConstraint("state in ('processing', 'ready', 'failed')", name="state"),
        CheckConstraint("size_bytes >= 0", name="size_bytes"),
        Index("uq_files_storage_key", "storage_key", unique=True),
        Index("ix_files_archived_at", "archived_at", postgresql_where=text("archived_at IS NOT NULL")),
    )

    storage_key: Mapped[UUID]
    purpose: Mapped[str]
    file_name: Mapped[str]
    mime_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    may_inline: Mapped[bool] = mapped_column(server_default=text("false"))
    caption: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="ready")
    uploaded_by_id: Mapped[int | None]
    archived_at: Mapped[datetime | None]


class JobTaskAttachment(OrganisationOwned):
    """That a file is attached to a task of a job. It goes with the task and takes the file along, by a trigger."""

    __tablename__ = "job_task_attachments"
    __table_args__ = (
        belongs_to("file_id", "files", on_delete="CASCADE"),
        belongs_to("job_task_id", "job_tasks", on_delete="CASCADE"),
        organisation_index("job_task_id", name="ix_job_task_attachments_task"),
    )

    file_id: Mapped[int] = mapped_column(primary_key=True)
    job_task_id: Mapped[int]


class JobSignature(OrganisationOwned):
    """Who signed for a job, before the work (`is_before`) or after it, and the picture of what they wrote.

    The picture goes with it: a trigger deletes the file's row.
    """

    __tablename__ = "job_signatures"
    __table_args__ = (
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("file_id", "files", on_delete="CASCADE"),
        organisation_index("file_id", name="ix_job_signatures_file"),
    )

    job_id: Mapped[int] = mapped_column(primary_key=True)
    is_before: Mapped[bool] = mapped_column(primary_key=True)
    file_id: Mapped[int]
    signed_by: Mapped[str | None]
    terms_accepted: Mapped[bool] = mapped_column(server_default=text("false"))
    is_shown: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=text(WHOLE_SECOND_NOW))


class AssetAttachment(OrganisationOwned):
    """That a file is attached to an asset. It goes with the asset and takes the file along, by a trigger."""

    __tablename__ = "asset_attachments"
    __table_args__ = (
        belongs_to("file_id", "files", on_delete="CASCADE"),
        belongs_to("asset_id", "assets", on_delete="CASCADE"),
        organisation_index("asset_id", name="ix_asset_attachments_asset"),
    )

    file_id: Mapped[int] = mapped_column(primary_key=True)
    asset_id: Mapped[int]


class CaseNoteAttachment(OrganisationOwned):
    """That a file came with a case note. It goes with the note and takes the file along, by a trigger."""

    __tablename__ = "case_note_attachments"
    __table_args__ = (
        belongs_to("file_id", "files", on_delete="CASCADE"),
        belongs_to("case_note_id", "case_notes", on_delete="CASCADE"),
        organisation_index("case_note_id", name="ix_case_note_attachments_note"),
    )

    file_id: Mapped[int] = mapped_column(primary_key=True)
    case_note_id: Mapped[int]


class JobPhoto(OrganisationOwned):
    """That a file is a photo or a film of a job, and from which moment of the work.

    Its id and uuid for the world are the file's, and so is its state: a film is `processing` until it has its variants.
    It goes with the job and takes the file along, by a trigger.
    """

    __tablename__ = "job_photos"
    __table_args__ = (
        belongs_to("file_id", "files", on_delete="CASCADE"),
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        CheckConstraint("moment in ('before', 'during', 'after', 'other')", name="moment"),
        organisation_index("job_id", name="ix_job_photos_job"),
    )

    file_id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int]
    moment: Mapped[str]
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    duration_ms: Mapped[int | None] = mapped_column(Integer)


class PhotoVariant(OrganisationOwned):
    """That a file is a photo or a film once more: a still's `thumbnail`, a film at another size, such as `720p`.

    It is archived and restored with the photo, whose archiving its readers look at; it goes with it, and takes its own
    file along, by a trigger.
    """

    __tablename__ = "photo_variants"
    __table_args__ = (
        belongs_to("file_id", "files", on_delete="CASCADE"),
        ForeignKeyConstraint(
            ["organisation_id", "photo_id"], ["job_photos.organisation_id", "job_photos.file_id"], ondelete="CASCADE"
        ),
        UniqueConstraint("organisation_id", "photo_id", "label"),
    )

    file_id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[int]
    label: Mapped[str]
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    bitrate_kbps: Mapped[int | None] = mapped_column(Integer)


class FilmTask(OrganisationOwned):
    """That a film still has to be made at other sizes, or could not be. The row goes when the film is ready.

    `next_at` is when a worker looks at it next: when it may be tried, or, while somebody makes it, when their lease
    ends. `lease` counts the leases, and is asked for again when anything is written: who lost theirs writes nothing.
    `attempts` counts those that failed since somebody asked; `reason` is why the last one did. `put_off_count` counts
    how often in a row it was put off, for the installation could not make it.
    """

    __tablename__ = "film_tasks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "photo_id"], ["job_photos.organisation_id", "job_photos.file_id"], ondelete="CASCADE"
        ),
        CheckConstraint("state in ('waiting', 'running', 'failed')", name="state"),
        CheckConstraint("(state = 'failed') = (next_at is null)", name="next_at"),
        CheckConstraint("percent between 0 and 99", name="percent"),
        CheckConstraint("reason in ('unreadable', 'unavailable', 'no_room', 'died')", name="reason"),
        Index("ix_film_tasks_next", "next_at", "photo_id", postgresql_where=text("next_at IS NOT NULL")),
    )

    photo_id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(server_default="waiting")
    next_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    lease: Mapped[int] = mapped_column(Integer, server_default="0")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    put_off_count: Mapped[int] = mapped_column(Integer, server_default="0")
    percent: Mapped[int] = mapped_column(Integer, server_default="0")
    reason: Mapped[str | None]


class JobDocument(OrganisationOwned):
    """That a file is a document of a job, and what it is filed under. It goes with the job, as photos do."""

    __tablename__ = "job_documents"
    __table_args__ = (
        belongs_to("file_id", "files", on_delete="CASCADE"),
        belongs_to("job_id", "jobs", on_delete="CASCADE"),
        belongs_to("document_type_id", "document_types"),
        organisation_index("job_id", name="ix_job_documents_job"),
        organisation_index("document_type_id", name="ix_job_documents_type"),
    )

    file_id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int]
    document_type_id: Mapped[int]


class FileRemoval(OrganisationOwned):
    """Content whose row is gone, and when it may go too: backups and running downloads still find it until then."""

    __tablename__ = "file_removals"
    __table_args__ = (
        Index("ix_file_removals_not_before", "not_before"),
        Index("uq_file_removals_storage_key", "storage_key", unique=True),
    )

    storage_key: Mapped[UUID] = mapped_column(primary_key=True)
    not_before: Mapped[datetime]


class ContentKey(OrganisationOwned):
    """What an organisation's files are sealed with, itself sealed. Made with its first file, and never another one."""

    __tablename__ = "content_keys"

    uuid: Mapped[UUID]
    key_sealed: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text(WHOLE_SECOND_NOW))


class FileUsage(OrganisationOwned):
    """The bytes of all rows of `files`, kept by triggers.

    One row for each organisation, changed in the transaction that adds or deletes files: its lock makes uploads that
    end at the same moment count one after the other, so that the quota holds exactly and nothing is ever summed up.
    """

    __tablename__ = "file_usage"

    used_bytes: Mapped[int]
