"""What people write on a job."""

from typing import Annotated

from msgspec import Meta, Struct

from firstfix.api.dispatched import find_new_uuid
from firstfix.api.hot_reads import HotReads
from firstfix.api.note_reads import Note as StoredNote
from firstfix.api.note_reads import NoteFile, notes_of_job, open_notes, read_note
from firstfix.api.services import Services
from firstfix.api.web.job_rows import Instant, uuid_of
from firstfix.api.web.operations import operation
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.notes.commands import add_note
from firstfix.domain.notes.views import NoteDraft, NoteSource
from firstfix.domain.people.permissions import CASE_NOTES
from firstfix.domain.work import AccountType, Work


class NotesPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of a job's notes."""

    offset: Annotated[int, Meta(ge=0, le=10**12)] = 0
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class NewNote(Struct, forbid_unknown_fields=True):
    """A note as somebody types it: text, not HTML. `sends_mail` sends it to all parties of the job."""

    text: str
    sends_mail: bool = False


class Note(Struct, kw_only=True):
    """A note. `html` is sanitised. By e-mail it came from a party of the job; `in_reply_to` is the note it answers."""

    id: int
    html: str
    is_pinned: bool
    sends_mail: bool
    author_name: str | None
    source: NoteSource
    in_reply_to: int | None
    files: list[NoteFile]
    created_at: Instant
    updated_at: Instant


class Notes(Struct, kw_only=True):
    """Pinned ones first, then the newest; `total` of all pages."""

    notes: list[Note]
    total: int


@operation("GET", "/web/jobs/{uuid:str}/notes", key=CASE_NOTES, operation_id="listJobNotes", reply=Notes)
async def list_job_notes(reads: HotReads, services: Services, uuid: str, query: NotesPage) -> Notes:
    """List the notes of a job, pinned ones first, then the newest."""
    record = uuid_of(uuid)
    page = {"offset": query.offset, "limit": query.limit}
    items, total, job_id = await reads.row(job_notes, {"uuid": record, **page})
    if job_id is None and (new_uuid := await find_new_uuid(reads, "uuid", record)) is not None:
        items, total, job_id = await reads.row(job_notes, {"uuid": new_uuid, **page})
    if job_id is None:
        raise JobNotFound(uuid)
    return Notes(notes=[_told(note) for note in open_notes(items, services.database.keys)], total=total)


@operation("POST", "/web/jobs/{uuid:str}/notes", key=CASE_NOTES, operation_id="addJobNote", status=201)
async def add_job_note(work: Work, uuid: str, data: NewNote) -> Note:
    """Write a note on a job."""
    draft = NoteDraft(text=data.text, form="text", sends_mail=data.sends_mail)
    return _told(await read_note(work, (await add_note(work, uuid_of(uuid), draft)).id))


def job_notes(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (the predicate says it all)
    """Write the statement that lists a job's notes."""
    return notes_of_job(visible, "jobs.uuid = %(uuid)s")


def _told(note: StoredNote) -> Note:
    return Note(
        id=note.id,
        html=note.text,
        is_pinned=note.is_pinned,
        sends_mail=note.sends_mail,
        author_name=note.created_by_name,
        source=note.source,
        in_reply_to=note.in_reply_to,
        files=note.files,
        created_at=note.created_at,
        updated_at=note.updated_at,
    )
