"""What people wrote on a job."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.lives import Life
from firstfix.domain.demo.scenarios import CANCELLED, RECALLED
from firstfix.domain.demo.words.notes import (
    NOTES_AFTER,
    NOTES_BEFORE,
    NOTES_DURING,
    QUESTIONS,
    REASONS_TO_CANCEL,
    REASONS_TO_RECALL,
)
from firstfix.domain.demo.world import World

MOST_NOTES = 7
_REASONS = {CANCELLED: REASONS_TO_CANCEL, RECALLED: REASONS_TO_RECALL}
_SHARE, _SHARE_IN_BULK = 1 / 3, 0.12
_FEWEST, _MOST = 2, 5
_FEWEST_IN_BULK, _MOST_IN_BULK = 1, 2
_AFTERCARE = timedelta(days=10)
_QUESTION_SHARE, _ANSWER_SHARE = 0.2, 0.8
_TIME_TO_ANSWER = timedelta(hours=6)


class Note(Struct, frozen=True):
    """A case note, as HTML.

    Args:
        at: When it was written.
        author_id: By whom; `None` for one that a contact wrote by e-mail.
        text: What it says.
        contact_id: Who wrote it by e-mail.
        is_sent: Whether it went out by e-mail, to the tenant.
        answers: What it answers.
    """

    at: datetime
    author_id: int | None
    text: str
    contact_id: int | None = None
    is_sent: bool = False
    answers: "Note | None" = None


def draw_notes(draw: Draw, world: World, life: Life, now: datetime, *, mail_draw: Draw) -> list[Note]:
    """Draw the notes of a job, the earliest first; most jobs have none.

    Args:
        draw: What decides.
        world: The organisation.
        life: The job's.
        now: When the telling ends.
        mail_draw: What decides about questions and answers by e-mail.
    """
    if not draw.chance(_SHARE if life.outline.is_full else _SHARE_IN_BULK):
        return []
    count = draw.between(_FEWEST, _MOST) if life.outline.is_full else draw.between(_FEWEST_IN_BULK, _MOST_IN_BULK)
    pages = _pages(draw, world, life, now)
    name = life.outline.place.contact_name
    notes = [
        Note(
            begins_at + timedelta(seconds=int((ends_at - begins_at).total_seconds() * draw.random())),
            author_id,
            text.format(name=name),
        )
        for text, author_id, begins_at, ends_at in draw.shuffled(pages)[:count]
    ]
    reasons = _REASONS.get(life.outline.scenario.path[-1])
    if reasons is not None:
        notes[-1] = Note(life.columns["updated_at"], draw.one(world.office_ids), draw.one(reasons).format(name=name))
    if mail_draw.chance(_QUESTION_SHARE) and life.outline.place.contact_ids:
        notes += _correspondence(mail_draw, world, life, now)
    return sorted(notes, key=lambda note: note.at)


def answered_at(notes: list[Note], columns: dict[str, Any]) -> datetime | None:
    """Tell when somebody first answered to a job, as its course has it or by the first note of staff or contractor."""
    at: datetime | None = columns["responded_at"]
    agent_id = columns["agent_id"]
    by_note = (note.at for note in notes if note.author_id is not None and note.author_id != agent_id)
    return min(filter(None, (at, next(by_note, None))), default=None)


def _correspondence(draw: Draw, world: World, life: Life, now: datetime) -> list[Note]:
    """Draw a question to the tenant, soon after the job was raised, and most often an answer."""
    asks, says = draw.one(QUESTIONS)
    asked_at = life.columns["created_at"] + timedelta(minutes=draw.between(5, 90))
    said_at = asked_at + timedelta(seconds=int(_TIME_TO_ANSWER.total_seconds() * draw.share(0.02, 1)))
    if asked_at >= now:
        return []
    name = life.outline.place.contact_name
    question = Note(asked_at, draw.one(world.office_ids), asks.format(name=name), is_sent=True)
    if said_at >= now or not draw.chance(_ANSWER_SHARE):
        return [question]
    contact_id = life.outline.place.contact_ids[0]
    return [question, Note(said_at, None, says.format(name=name), contact_id=contact_id, answers=question)]


def _pages(draw: Draw, world: World, life: Life, now: datetime) -> list[tuple[str, int, datetime, datetime]]:
    """List what could be written: the text, by whom, and between which times."""
    columns = life.columns
    started_at, completed_at = columns["started_at"], columns["completed_at"]
    begins_at = columns["created_at"]
    ends_at = started_at or (columns["updated_at"] if columns["stage"] == Stage.CANCELLED else now)
    desk_id = draw.one(world.office_ids)
    worker_id = columns["lead_id"] or columns["contractor_id"] or desk_id
    pages = [(text, columns["agent_id"] or desk_id, begins_at, ends_at) for text in NOTES_BEFORE]
    if started_at is not None:
        pages += [(text, worker_id, started_at, completed_at or now) for text in NOTES_DURING]
    if completed_at is not None:
        pages += [(text, desk_id, completed_at, min(completed_at + _AFTERCARE, now)) for text in NOTES_AFTER]
    return pages
