"""Documents of jobs. Each is filed under a type, and what somebody may do with it is a matter of that type.

Who may not read a type is shown nothing of it: neither its documents nor that there is such a type.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import insert, select

from firstfix.domain.catalogue.models import DocumentType
from firstfix.domain.errors import ReferenceNotFound
from firstfix.domain.files.commands import add_files
from firstfix.domain.files.errors import DocumentNotFound, DocumentTypeForbidden
from firstfix.domain.files.job_files import (
    DOCUMENTS,
    FileReference,
    archive_job_file,
    count_files,
    lock_file,
    record_files,
    refuse_archived,
)
from firstfix.domain.files.models import File, JobDocument
from firstfix.domain.files.views import GivenFile
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.people.permissions import DocumentAct, document_key
from firstfix.domain.work import Work

READABLE_TYPES_SQL: Final = """(
    'document.' || document_types.key || '.read' = ANY (me.role_keys || me.granted_keys)
    AND NOT 'document.' || document_types.key || '.read' = ANY (me.denied_keys))"""
"""The predicate on `document_types` as SQL, for statements that authenticate by themselves."""


async def add_document(work: Work, job: JobReference, given: Sequence[GivenFile], *, document_type: int) -> int:
    """Add a document to a job.

    Args:
        work: The open transaction.
        job: Which one.
        given: One file, which has passed the gate.
        document_type: The id of the type that it is filed under.

    Returns:
        Its id.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        ReferenceNotFound: There is no such type, as far as the actor may know.
        DocumentTypeForbidden: The actor may read that type and not add to it.
        JobArchived: It no longer changes.
        NoFileGiven: There is none.
        QuotaExceeded: It needs more room than is left.
    """
    current = await get_visible_job(work, job, for_update=True)
    # Kept from being removed until this document refers to it.
    type_key = await work.session.scalar(
        select(DocumentType.key).where(DocumentType.id == document_type).with_for_update(read=True, key_share=True)
    )
    if type_key is None or not _may_any(work, type_key, "read", "upload"):
        raise ReferenceNotFound("DocumentType", document_type, field="document_type")
    _require(work, type_key, "upload")
    refuse_archived(current)
    [file] = await add_files(work, given, purpose="document")
    link = {"file_id": file.id, "job_id": current.id, "document_type_id": document_type}
    await work.session.execute(insert(JobDocument).values(**link))
    await count_files(work, DOCUMENTS, current, 1)
    record_files(work, DOCUMENTS, current, before=[], after=[told_of_document(file, type_key)])
    return file.id


async def archive_document(work: Work, document: FileReference) -> None:
    """Delete a document: it is gone from every read, and restorable for 30 days.

    Raises:
        DocumentNotFound: Absent, deleted already, hidden from the actor, or of a type that they may not read.
        DocumentTypeForbidden: The actor may read that type and not remove from it.
        JobArchived: Its job no longer changes.
    """
    found = await lock_file(work, DOCUMENTS, document, missing=DocumentNotFound)
    type_key = await get_type_key(work, found.link.document_type_id)
    if not _may_any(work, type_key, "read", "delete"):
        raise DocumentNotFound
    _require(work, type_key, "delete")
    await archive_job_file(work, DOCUMENTS, found, told_of_document(found.file, type_key))


async def get_type_key(work: Work, document_type_id: int) -> str:
    """Read the key of a type that a document has."""
    return (await work.session.scalars(select(DocumentType.key).where(DocumentType.id == document_type_id))).one()


def may_restore_document(work: Work, type_key: str) -> bool:
    """Tell whether the actor may bring back a document of a type.

    Raises:
        DocumentTypeForbidden: They may read that type and not add to it.
    """
    if not _may_any(work, type_key, "read", "upload"):
        return False
    _require(work, type_key, "upload")
    return True


def told_of_document(file: File, type_key: str) -> dict[str, Any]:
    """Tell of a document as the history of a job does; the type's key says who is told."""
    return {"uuid": str(file.uuid), "name": file.file_name, "type": type_key}


def _may_any(work: Work, type_key: str, *acts: DocumentAct) -> bool:
    return any(work.actor.may(document_key(type_key, act)) for act in acts)


def _require(work: Work, type_key: str, act: DocumentAct) -> None:
    key = document_key(type_key, act)
    if not work.actor.may(key):
        raise DocumentTypeForbidden(key)
