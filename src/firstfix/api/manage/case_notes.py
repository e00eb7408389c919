"""`/api/jobs/case_notes`, also as `case-notes`: what people write on jobs, with the files that they attach."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal, get_args
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from firstfix.api.downloads import CONTENT_SQL, FileAnswer, answer_with_file
from firstfix.api.exchange import Answer, Exchange
from firstfix.api.hot_reads import HotReads
from firstfix.api.manage.bodies import invalid_parameter
from firstfix.api.manage.fields import Limit, Offset
from firstfix.api.manage.job_names import JobName, find_reference, read_uuid
from firstfix.api.manage.job_reads import BY_ID, BY_UUID, read_of_job
from firstfix.api.manage.operations import operation
from firstfix.api.manage.replies import Done, Listed, Reply, Success
from firstfix.api.note_reads import Note, NoteFile, notes_of_job, open_notes, read_note
from firstfix.api.operations import Handler
from firstfix.api.services import Services
from firstfix.domain.files.errors import AttachmentNotFound
from firstfix.domain.files.note_files import write_note
from firstfix.domain.files.views import FileContent, GivenFile
from firstfix.domain.notes.commands import change_note, delete_note
from firstfix.domain.notes.views import NoteDraft, NoteSource, Party
from firstfix.domain.people.permissions import CASE_NOTES
from firstfix.domain.work import AccountType, Work

PATHS: Final = (("/api/jobs/case-notes", ""), ("/api/jobs/case_notes", "Underscored"))
_PARTIES: Final = get_args(Party)


class CaseNote(Struct, kw_only=True):
    """A note. `note_text` is HTML; `in_reply_to` the `ID` of the note that it answers.

    Where a contact answered by e-mail, `created_by` is null and `created_by_name` theirs.
    """

    id: int = field(name="ID")
    uuid: UUID
    job_id: int
    note_text: str
    is_pinned: bool
    send_email: bool
    created_by: int | None
    created_by_name: str | None
    source: NoteSource
    in_reply_to: int | None
    attachments_count: int
    attachments: list[NoteFile]
    created_at: datetime
    updated_at: datetime


class CaseNoteCreated(Struct):
    success: Literal[True]
    data: CaseNote
    message: str
    note_id: int
    note_uuid: UUID


class CaseNoteFilters(JobName, kw_only=True):
    """Whose notes, and which part of them."""

    limit: Limit = 50
    offset: Offset = 0


class NewCaseNote(JobName, kw_only=True):
    """A note to be written, as text or HTML.

    `send_email` sends it to the `recipients`: some of `contractor`, `agent` and `tenant`, in a list or parted by
    commas; absent, all parties of the job.
    """

    note_text: str
    send_email: bool = False
    recipients: list[str] | str | None = None


class CaseNoteName(Struct, kw_only=True):
    """Which note."""

    uuid: str


class CaseNoteEdit(CaseNoteName, kw_only=True):
    """Changes to a note: what is absent stays."""

    note_text: str | UnsetType = UNSET
    is_pinned: bool | UnsetType = UNSET


class AttachmentName(Struct, kw_only=True):
    """Which file of a note."""

    uuid: str


def on_both_paths(method: str, operation_id: str, **options: Any) -> Callable[[Handler], Handler]:  # noqa: ANN401
    """Register an operation under both spellings."""

    def register(handler: Handler) -> Handler:
        for path, suffix in PATHS:
            operation(method, path, key=CASE_NOTES, operation_id=operation_id + suffix, **options)(handler)
        return handler

    return register


@on_both_paths("GET", "listCaseNotes", action="list", reply=Listed[CaseNote])
async def list_notes(reads: HotReads, services: Services, query: CaseNoteFilters) -> Reply:
    """List the notes of a job, pinned ones first, then the newest."""
    page = {"limit": query.limit, "offset": query.offset}
    items, count = await read_of_job(reads, query, notes, notes_by_id, usual="job_uuid", **page)
    return Reply(data=[_told(note) for note in open_notes(items, services.database.keys)], count=count)


@on_both_paths("GET", "downloadCaseNoteAttachment", action="download", reply=FileAnswer)
async def download(reads: HotReads, exchange: Exchange, query: AttachmentName) -> Answer:
    """Fetch a file of a note, or one range of it."""
    (content,) = await reads.row(attachment_content, {"attachment": read_uuid("uuid", query.uuid)})
    if content is None:
        raise AttachmentNotFound(query.uuid)
    return answer_with_file(exchange, msgspec.json.decode(content, type=FileContent))


@on_both_paths("POST", "addCaseNote", status=201, reply=CaseNoteCreated, accepts="note")
@on_both_paths("POST", "createCaseNote", action="create", status=201, reply=CaseNoteCreated, accepts="note")
async def create(work: Work, data: NewCaseNote, files: list[GivenFile]) -> Reply:
    """Write a note on a job; all files of a multipart body are attached to it."""
    draft = NoteDraft(text=data.note_text, sends_mail=data.send_email, parties=_read_parties(data.recipients))
    note = await write_note(work, await find_reference(work, data, usual="job_uuid"), draft, files)
    top = {"note_id": note.id, "note_uuid": note.uuid}
    return Reply(data=await _read(work, note.id), message="Case note created successfully", top=top)


@on_both_paths("POST", "updateCaseNote", action="update", reply=Success[CaseNote])
async def update(work: Work, data: CaseNoteEdit) -> Reply:
    """Change what a note says, which is for its author and staff, or whether it is pinned."""
    note = await change_note(work, read_uuid("uuid", data.uuid), text=data.note_text, is_pinned=data.is_pinned)
    return Reply(data=await _read(work, note.id), message="Case note updated successfully")


@on_both_paths("POST", "deleteCaseNote", action="delete", reply=Done)
async def delete(work: Work, data: CaseNoteName) -> Reply:
    """Delete a note with its files, which is for its author and staff. Answers to it stay."""
    await delete_note(work, read_uuid("uuid", data.uuid))
    return Reply(message="Case note deleted successfully")


def notes(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (the predicate says it all)
    """Write the statement that lists the notes of a job, still sealed."""
    return notes_of_job(visible, BY_UUID)


def notes_by_id(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that lists the notes of a job, by number."""
    return notes_of_job(visible, BY_ID)


def attachment_content(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (as above)
    """Write the statement that finds what is needed to send a file, as JSON of `FileContent`."""
    return f"""
SELECT {CONTENT_SQL}::text
FROM files
JOIN case_note_attachments ON case_note_attachments.organisation_id = files.organisation_id
    AND case_note_attachments.file_id = files.id
JOIN case_notes ON case_notes.organisation_id = files.organisation_id
    AND case_notes.id = case_note_attachments.case_note_id
JOIN jobs ON jobs.organisation_id = files.organisation_id AND jobs.id = case_notes.job_id
WHERE files.organisation_id = me.organisation_id AND files.uuid = %(attachment)s AND files.archived_at IS NULL
  AND {visible}"""  # noqa: S608 (pieces of ours)


def _read_parties(given: list[str] | str | None) -> tuple[Party, ...] | None:
    """Read whom a note goes to.

    Raises:
        BadRequest: One is no party of jobs.
    """
    if given is None:
        return None
    texts = [given] if isinstance(given, str) else given
    named = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    parties: tuple[Party, ...] = tuple(party for party in _PARTIES if party in named)
    if set(named) - set(parties):
        raise invalid_parameter("recipients")
    return parties


async def _read(work: Work, note_id: int) -> CaseNote:
    return _told(await read_note(work, note_id))


def _told(note: Note) -> CaseNote:
    return CaseNote(
        id=note.id,
        uuid=note.uuid,
        job_id=note.job_id,
        note_text=note.text,
        is_pinned=note.is_pinned,
        send_email=note.sends_mail,
        created_by=note.created_by,
        created_by_name=note.created_by_name,
        source=note.source,
        in_reply_to=note.in_reply_to,
        attachments_count=len(note.files),
        attachments=note.files,
        created_at=note.created_at,
        updated_at=note.updated_at,
    )
