"""`/api/jobs/documents`: documents of jobs, filed under types whose permission keys say who may do what with them."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from firstfix.api.downloads import CONTENT_SQL, FileAnswer, answer_with_file
from firstfix.api.exchange import Answer, Exchange, RawJson
from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.bodies import invalid_parameter
from firstfix.api.manage.fields import Id
from firstfix.api.manage.job_names import JobName, find_reference, read_id_or_uuid, read_uuid
from firstfix.api.manage.job_reads import BY_ID, BY_UUID, read_of_job
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Done, Listed, Reply, Success
from firstfix.api.problems import BadRequest
from firstfix.api.shown import full_name, instant
from firstfix.api.work_reads import read_in
from firstfix.domain.files.documents import READABLE_TYPES_SQL, add_document, archive_document
from firstfix.domain.files.errors import DocumentNotFound
from firstfix.domain.files.views import FileContent, GivenFile
from firstfix.domain.people.permissions import DOCUMENTS
from firstfix.domain.work import AccountType, Work

PATH: Final = "/api/jobs/documents"


class Document(Struct, kw_only=True):
    """A document of a job."""

    id: int
    uuid: UUID
    job_id: int
    file_type_id: int
    file_type_name: str
    file_name: str
    mime_type: str
    size_bytes: int
    uploaded_by_name: str | None
    created_at: datetime


class DocumentUpload(JobName, kw_only=True):
    """Which job a document is of, and what it is filed under. `file_type_id` and `document_type_id` are the same."""

    file_type_id: Id | None = None
    document_type_id: Id | None = None


class DocumentName(Struct, kw_only=True):
    """Which document, by number or uuid."""

    document_id: Id | None = None
    document_uuid: str | None = None
    uuid: str | None = None

    def read(self, *, usual: str) -> int | UUID:
        """Read it.

        Raises:
            BadRequest: Neither was given, or no uuid.
        """
        return read_id_or_uuid(self.document_id, usual=usual, document_uuid=self.document_uuid, uuid=self.uuid)


class DocumentContent(Struct, kw_only=True):
    """Which document to send."""

    uuid: str


@operation("GET", PATH, action="list", key=DOCUMENTS, operation_id="listDocuments", reply=Listed[Document])
async def list_documents(reads: HotReads, query: JobName) -> Reply:
    """List the documents of a job that the caller may read, newest first."""
    items, count = await read_of_job(reads, query, documents, documents_by_id, usual="job_uuid")
    return Reply(data=RawJson(items.encode()), count=count)


@operation("GET", PATH, action="download", key=DOCUMENTS, operation_id="downloadDocument", reply=FileAnswer)
async def download_document(reads: HotReads, exchange: Exchange, query: DocumentContent) -> Answer:
    """Send a document, or one range of it."""
    (content,) = await reads.row(one_content, {"uuid": read_uuid("uuid", query.uuid)})
    if content is None:
        raise DocumentNotFound
    return answer_with_file(exchange, msgspec.json.decode(content, type=FileContent))


@operation(
    "POST",
    PATH,
    action="upload",
    key=DOCUMENTS,
    operation_id="uploadDocument",
    status=201,
    reply=Success[Document],
    accepts="document",
)
async def upload_document(work: Work, data: DocumentUpload, files: list[GivenFile]) -> Reply:
    """Add a document (PDF, DOCX, JPEG, PNG) to a job, filed under a type."""
    type_ids = {id_ for id_ in (data.file_type_id, data.document_type_id) if id_ is not None}
    if not type_ids:
        raise invalid_parameter("file_type_id")
    if len(type_ids) > 1:
        raise BadRequest("file_type_id and document_type_id name different types.", field="document_type_id")
    if len(files) != 1:
        raise invalid_parameter("file")
    job = await find_reference(work, data, usual="job_id")
    id_ = await add_document(work, job, files, document_type=type_ids.pop())
    (items,) = await read_in(work, new_document, {"id": id_}) or ("[]",)
    return Reply(data=RawJson(items.encode()[1:-1]))


@operation("DELETE", PATH, key=DOCUMENTS, operation_id="removeDocument", reply=Done)
async def remove_document(work: Work, data: DocumentName) -> Reply:
    """Delete a document. It can be restored for 30 days."""
    await archive_document(work, data.read(usual="document_id"))
    return Reply(message="Document deleted successfully")


@operation("POST", PATH, action="delete", key=DOCUMENTS, operation_id="deleteDocument", reply=Done)
async def delete_document(work: Work, data: DocumentName) -> Reply:
    """Delete a document. It can be restored for 30 days."""
    await archive_document(work, data.read(usual="document_uuid"))
    return Reply(message="Document deleted successfully")


def documents(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (the predicate says it all)
    """Write the statement that lists the documents of a job."""
    return _documents_of(f"{visible} AND {BY_UUID}")


def documents_by_id(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that lists the documents of a job, by number."""
    return _documents_of(f"{visible} AND {BY_ID}")


def new_document(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (who has added it is told of it)
    """Write the statement that reads a document that a work has added: a JSON array of it alone."""
    return f"SELECT {_objects(f'SELECT files.id {_OF_FILES} WHERE files.id = %(id)s::bigint')}"


def one_content(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (the predicate says it all)
    """Write the statement that finds what is needed to send a document that the caller may read."""
    return f"""
SELECT {CONTENT_SQL}::text {_OF_FILES}
JOIN jobs ON jobs.organisation_id = job_documents.organisation_id AND jobs.id = job_documents.job_id
WHERE files.uuid = %(uuid)s AND files.archived_at IS NULL AND {visible} AND {READABLE_TYPES_SQL}"""


_OF_FILES = """
FROM files JOIN job_documents
    ON job_documents.organisation_id = files.organisation_id AND job_documents.file_id = files.id
JOIN document_types
    ON document_types.organisation_id = job_documents.organisation_id
    AND document_types.id = job_documents.document_type_id"""


def _documents_of(where: str) -> str:
    seen = f"""
    SELECT files.id {_OF_FILES}
    WHERE job_documents.organisation_id = jobs.organisation_id AND job_documents.job_id = jobs.id
      AND files.archived_at IS NULL AND {READABLE_TYPES_SQL}"""
    return f"SELECT {_objects(seen)}, (SELECT count(*) FROM ({seen}) AS seen), jobs.id FROM jobs WHERE {where}"  # noqa: S608


def _objects(ids: str) -> str:
    return f"""
(SELECT coalesce(json_agg(objects), '[]')::text FROM (
    SELECT files.id, files.uuid, job_documents.job_id, document_types.id AS file_type_id,
        document_types.name AS file_type_name, files.file_name, files.mime_type, files.size_bytes,
        {full_name("people")} AS uploaded_by_name, {instant("files.created_at")} AS created_at
    {_OF_FILES}
    LEFT JOIN people ON people.organisation_id = files.organisation_id AND people.id = files.uploaded_by_id
    WHERE files.id IN ({ids})
    ORDER BY files.created_at DESC, files.id DESC
) AS objects)"""  # noqa: S608 (as above)
