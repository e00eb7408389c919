"""Writing case notes, changing and deleting them.

Each change records one event on the note, with its sealed text before and after, and one on its job: who follows that
hears of it. The job's row is locked first, as by every other write of it, so that no note comes to one on its way out.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy import delete, func, insert, select

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.jobs.commands import mark_responded
from firstfix.domain.jobs.errors import JobArchived, JobNotFound
from firstfix.domain.jobs.events import job_event
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.policies import visible_to
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobIds, JobReference
from firstfix.domain.notes.errors import NoteNotFound, NotYourNote
from firstfix.domain.notes.models import CaseNote
from firstfix.domain.notes.queries import TEXT_FIELD, open_text
from firstfix.domain.notes.rules import POLICY, make_html
from firstfix.domain.notes.views import NoteDraft, NoteIds
from firstfix.domain.work import AccountType, Event, Work

_ANSWERERS = (AccountType.STAFF, AccountType.CONTRACTOR)


async def add_note(work: Work, job: JobReference, draft: NoteDraft) -> NoteIds:
    """Write a note on a job. The first one of staff or contractor answers to it.

    Raises:
        ValueOutOfRange: The text cannot be kept.
        TooMuchMarkup: Nor can its HTML.
        NoteEmpty: Nothing is left of it.
        JobNotFound: Absent, or hidden from the actor.
        JobArchived: It no longer changes.
    """
    html = make_html(draft.text, draft.form, may_be_empty=draft.may_be_empty)
    current = await get_visible_job(work, job, for_update=True)
    if current.stage == Stage.ARCHIVED:
        raise JobArchived
    answered = select(CaseNote.id).where(CaseNote.id == draft.in_reply_to, CaseNote.job_id == current.id)
    uuid, in_reply_to_id = (await work.session.execute(select(func.uuidv7(), answered.scalar_subquery()))).one()
    person_id = work.actor.person_id if draft.contact_id is None else None
    values = {
        "text_sealed": work.keys.seal(html, record=uuid, field=TEXT_FIELD),
        "created_by_id": person_id,
        "written_by_contact_id": draft.contact_id,
        "source": draft.source,
        "in_reply_to_id": in_reply_to_id,
        "sends_mail": draft.sends_mail,
        "parties": None if draft.parties is None else sorted(set(draft.parties)),
    }
    times = {"created_at": work.now, "updated_at": work.now}
    added = insert(CaseNote).values(uuid=uuid, job_id=current.id, text_policy=POLICY, **times, **values)
    note = (await work.session.scalars(added.returning(CaseNote))).one()
    if person_id is not None and work.actor.account_type in _ANSWERERS:
        await mark_responded(work, current.id)
    told = {name.removesuffix("_sealed"): (None, value) for name, value in values.items() if value not in (None, False)}
    _record(work, current, note, "created", told, before=[], after=[_told(note)])
    return _ids(note, current)


async def change_note(
    work: Work, note: UUID, *, text: str | UnsetType = UNSET, is_pinned: bool | UnsetType = UNSET
) -> NoteIds:
    """Change what a note says, or whether it is pinned. What is so already is no change.

    Raises:
        ValueOutOfRange: As `add_note`; likewise `TooMuchMarkup` and `NoteEmpty`.
        NoteNotFound: Absent, or its job is hidden from the actor.
        NotYourNote: What it says is for its author and staff to change; everybody pins.
        JobArchived: Its job no longer changes.
    """
    html = UNSET if text is UNSET else make_html(text, None)
    job, current = await _lock_note(work, note, is_rewritten=html is not UNSET)
    before = _told(current)
    changes: dict[str, tuple[Any, Any]] = {}
    if html is not UNSET and html != _shown(work, current):
        sealed = work.keys.seal(html, record=current.uuid, field=TEXT_FIELD)
        changes["text"] = (current.text_sealed, sealed)
        current.text_sealed, current.text_policy = sealed, POLICY
    if is_pinned is not UNSET and is_pinned != current.is_pinned:
        changes["is_pinned"] = (current.is_pinned, is_pinned)
        current.is_pinned = is_pinned
    if changes:
        current.updated_at = max(work.now, current.updated_at + timedelta(seconds=1))
        await work.session.flush()
        _record(work, job, current, "updated", changes, before=[before], after=[_told(current)])
    return _ids(current, job)


async def delete_note(work: Work, note: UUID) -> None:
    """Delete a note with its files. Answers to it stay, and answer nothing; the event keeps what it said, sealed.

    Raises:
        NoteNotFound: Absent, or its job is hidden from the actor.
        NotYourNote: It is for its author and staff to delete.
        JobArchived: Its job no longer changes.
    """
    job, current = await _lock_note(work, note, is_rewritten=True)
    await work.session.execute(delete(CaseNote).where(CaseNote.id == current.id))
    _record(work, job, current, "deleted", {"text": (current.text_sealed, None)}, before=[_told(current)], after=[])


async def _lock_note(work: Work, note: UUID, *, is_rewritten: bool) -> tuple[Job, CaseNote]:
    """Lock a note's job and then the note, which may have gone meanwhile."""
    named = select(CaseNote).where(CaseNote.uuid == note)
    found = await work.session.scalar(named.join(Job, Job.id == CaseNote.job_id).where(visible_to(work.actor)))
    if found is None:
        raise NoteNotFound(note)
    try:
        job = await get_visible_job(work, found.job_id, for_update=True)
    except JobNotFound as error:
        raise NoteNotFound(note) from error
    locked = await work.session.scalar(named.with_for_update(), execution_options={"populate_existing": True})
    if locked is None:
        raise NoteNotFound(note)
    if is_rewritten and not _may_rewrite(work, locked):
        raise NotYourNote
    if job.stage == Stage.ARCHIVED:
        raise JobArchived
    return job, locked


def _shown(work: Work, note: CaseNote) -> str:
    return open_text(work.keys, uuid=note.uuid, sealed=note.text_sealed, policy=note.text_policy)


def _may_rewrite(work: Work, note: CaseNote) -> bool:
    actor = work.actor
    return actor.account_type is AccountType.STAFF or actor.person_id == note.created_by_id


def _told(note: CaseNote) -> dict[str, Any]:
    """Tell of a note as the history of its job does: not what it says."""
    return {"uuid": note.uuid, "is_pinned": note.is_pinned, "updated_at": note.updated_at}


def _ids(note: CaseNote, job: Job) -> NoteIds:
    return NoteIds(note.id, note.uuid, job.id, job.reference)


def _record(
    work: Work,
    job: Job,
    note: CaseNote,
    action: str,
    changes: Mapping[str, tuple[Any, Any]],
    *,
    before: list[dict[str, Any]],
    after: list[dict[str, Any]],
) -> None:
    work.record(
        Event(
            entity="case_note",
            action=action,
            entity_id=note.id,
            entity_uuid=note.uuid,
            label=job.reference,
            changes=dict(changes),
        )
    )
    ids = JobIds(id=job.id, uuid=job.uuid, reference=job.reference)
    work.record(job_event(ids, "updated", before={"case_notes": before}, after={"case_notes": after}))
