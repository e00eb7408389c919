"""Case notes with the files that came with them."""

from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy import insert

from firstfix.domain.files.commands import add_files
from firstfix.domain.files.models import CaseNoteAttachment
from firstfix.domain.files.views import GivenFile
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.notes.commands import add_note
from firstfix.domain.notes.views import NoteDraft, NoteIds
from firstfix.domain.work import Event, Work


async def write_note(work: Work, job: JobReference, draft: NoteDraft, files: Sequence[GivenFile] = ()) -> NoteIds:
    """Write a note on a job, with its files. An answer by e-mail that has files may say nothing.

    Args:
        work: The open transaction.
        job: Which job.
        draft: The note.
        files: In the order sent, their content in the store.

    Returns:
        Its names.

    Raises:
        ValueOutOfRange: The text cannot be kept.
        TooMuchMarkup: Nor can its HTML.
        NoteEmpty: Nothing is left of it.
        JobNotFound: Absent, or hidden from the actor.
        JobArchived: It no longer changes.
        QuotaExceeded: There is no room for the files.
    """
    note = await add_note(work, job, replace(draft, may_be_empty=bool(files) and draft.source == "email"))
    if not files:
        return note
    added = await add_files(work, files, purpose="note")
    links = [{"file_id": file.id, "case_note_id": note.id} for file in added]
    await work.session.execute(insert(CaseNoteAttachment), links)
    told = [{"uuid": str(file.uuid), "name": file.file_name} for file in added]
    work.record(
        Event(
            entity="case_note",
            action="updated",
            entity_id=note.id,
            entity_uuid=note.uuid,
            label=note.job_reference,
            changes={"attachments": ([], told)},
        )
    )
    return note
