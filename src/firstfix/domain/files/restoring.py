"""Bringing back what was deleted from a job by itself: photos, documents, attachments of tasks."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from firstfix.domain.files.documents import get_type_key, may_restore_document, told_of_document
from firstfix.domain.files.errors import ArchivedFileNotFound
from firstfix.domain.files.job_files import (
    ATTACHMENTS,
    DOCUMENTS,
    PHOTOS,
    FoundFile,
    JobFileKind,
    lock_file,
    restore_job_file,
)
from firstfix.domain.files.models import File
from firstfix.domain.files.photos import told_of_photo
from firstfix.domain.work import Work

RESTORABLE: Final = timedelta(days=30)
_KINDS: Final[Mapping[str, JobFileKind]] = {"photo": PHOTOS, "document": DOCUMENTS, "attachment": ATTACHMENTS}
"""By what files are for."""


class RestoredFile(Struct, frozen=True, kw_only=True):
    """What was brought back. `kind`: photo, document or attachment."""

    uuid: UUID
    kind: str
    file_name: str


async def restore_archived_file(work: Work, file: UUID) -> RestoredFile:
    """Bring back a file that was deleted from a job that the actor may see, within 30 days.

    Args:
        work: The open transaction.
        file: Its uuid.

    Raises:
        ArchivedFileNotFound: It was not deleted, or longer ago, or it is hidden from the actor.
        DocumentTypeForbidden: The actor may read documents of its type and not add any.
        JobArchived: Its job no longer changes.
    """
    archived = File.archived_at > work.now - RESTORABLE
    purpose = await work.session.scalar(select(File.purpose).where(File.uuid == file, archived))
    kind = _KINDS.get(purpose or "")
    if purpose is None or kind is None:
        raise ArchivedFileNotFound
    found = await lock_file(work, kind, file, missing=ArchivedFileNotFound, is_archived=True)
    await restore_job_file(work, kind, found, await _told_of(work, kind, found))
    return RestoredFile(uuid=found.file.uuid, kind=purpose, file_name=found.file.file_name)


async def _told_of(work: Work, kind: JobFileKind, found: FoundFile) -> dict[str, Any]:
    """Tell of it as its job's history does."""
    if kind is PHOTOS:
        return told_of_photo(found.file, found.link.moment)
    if kind is DOCUMENTS:
        type_key = await get_type_key(work, found.link.document_type_id)
        if not may_restore_document(work, type_key):
            raise ArchivedFileNotFound
        return told_of_document(found.file, type_key)
    return {"uuid": str(found.file.uuid), "name": found.file.file_name, "caption": found.file.caption}
