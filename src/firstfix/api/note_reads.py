"""Reading case notes: the statements that two APIs share, and what comes of them once it is opened."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from firstfix.api.shown import full_name, instant
from firstfix.api.work_reads import read_in
from firstfix.domain.notes.queries import open_text
from firstfix.domain.notes.views import NoteSource
from firstfix.domain.work import AccountType, Work
from firstfix.kit.sealing import KeyRing


class NoteFile(Struct, kw_only=True):
    """A file of a note."""

    uuid: UUID
    file_name: str
    mime_type: str
    size_bytes: int


class Note(Struct, kw_only=True):
    """A note. `text` is HTML, safe to show; `in_reply_to` the id of the note that it answers."""

    id: int
    uuid: UUID
    job_id: int
    text: str
    is_pinned: bool
    sends_mail: bool
    created_by: int | None
    created_by_name: str | None
    source: NoteSource
    in_reply_to: int | None
    files: list[NoteFile]
    created_at: datetime
    updated_at: datetime


class _SealedNote(Note, kw_only=True):
    """A note as it is stored: `text` is sealed."""

    text_policy: int


def notes_of_job(visible: str, which: str) -> str:
    """Write the statement that lists the notes of a job: JSON for `open_notes`, their number, and the job's.

    Args:
        visible: The predicate on `jobs`.
        which: SQL that names the job.
    """
    of_job = "FROM case_notes WHERE case_notes.organisation_id = job.organisation_id AND case_notes.job_id = job.id"
    page = f"""
    SELECT case_notes.* {of_job}
    ORDER BY {_ORDER.format(table="case_notes")} OFFSET %(offset)s LIMIT %(limit)s"""
    return f"""
SELECT {_objects(page)}, (SELECT count(*) {of_job}), job.id
FROM (SELECT jobs.* FROM jobs WHERE {visible} AND {which}) AS job"""  # noqa: S608 (pieces of ours)


def one_note(visible: str, account_type: AccountType) -> str:  # noqa: ARG001 (who wrote it sees what came of it)
    """Write the statement that reads one note as a work has left it: a JSON array of it alone."""
    page = "SELECT case_notes.* FROM case_notes WHERE case_notes.id = %(id)s::bigint"
    return f"SELECT {_objects(page)}"


async def read_note(work: Work, note_id: int) -> Note:
    """Read one note for the reply to a write."""
    (items,) = await read_in(work, one_note, {"id": note_id}) or ("[]",)
    (note,) = open_notes(items, work.keys)
    return note


def open_notes(items: str, keys: KeyRing) -> list[Note]:
    """Open the notes that PostgreSQL wrote as JSON."""
    return [
        Note(
            **{name: getattr(note, name) for name in Note.__struct_fields__ if name != "text"},
            text=open_text(keys, uuid=note.uuid, sealed=note.text, policy=note.text_policy),
        )
        for note in msgspec.json.decode(items, type=list[_SealedNote])
    ]


_ORDER: Final = "{table}.is_pinned DESC, {table}.created_at DESC, {table}.id DESC"


def _objects(page: str) -> str:
    return f"""
(SELECT coalesce(json_agg(objects), '[]')::text FROM (
    SELECT page.id, page.uuid, page.job_id, page.text_sealed AS text, page.text_policy, page.is_pinned, page.sends_mail,
        page.created_by_id AS created_by, coalesce({full_name("people")}, {full_name("contacts")}) AS created_by_name,
        page.source, page.in_reply_to_id AS in_reply_to, attached.files,
        {instant("page.created_at")} AS created_at, {instant("page.updated_at")} AS updated_at
    FROM ({page}) AS page
    LEFT JOIN people ON people.organisation_id = page.organisation_id AND people.id = page.created_by_id
    LEFT JOIN contacts ON contacts.organisation_id = page.organisation_id AND contacts.id = page.written_by_contact_id
    CROSS JOIN LATERAL (
        SELECT coalesce(json_agg(json_build_object('uuid', files.uuid, 'file_name', files.file_name,
            'mime_type', files.mime_type, 'size_bytes', files.size_bytes) ORDER BY files.id), '[]') AS files
        FROM case_note_attachments JOIN files ON files.organisation_id = case_note_attachments.organisation_id
            AND files.id = case_note_attachments.file_id AND files.archived_at IS NULL
        WHERE case_note_attachments.organisation_id = page.organisation_id
          AND case_note_attachments.case_note_id = page.id
    ) AS attached
    ORDER BY {_ORDER.format(table="page")}
) AS objects)"""  # noqa: S608 (as above)
