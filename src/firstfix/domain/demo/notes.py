"""What people wrote on a job."""

from datetime import datetime, timedelta

from msgspec import Struct

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.lives import Life
from firstfix.domain.demo.scenarios import CANCELLED, RECALLED
from firstfix.domain.demo.words.notes import (
    NOTES_AFTER,
    NOTES_BEFORE,
    NOTES_DURING,
    REASONS_TO_CANCEL,
    REASONS_TO_RECALL,
)
from firstfix.domain.demo.world import World

_REASONS = {CANCELLED: REASONS_TO_CANCEL, RECALLED: REASONS_TO_RECALL}
_SHARE, _SHARE_IN_BULK = 1 / 3, 0.12
_FEWEST, _MOST = 2, 5
_FEWEST_IN_BULK, _MOST_IN_BULK = 1, 2
_AFTERCARE = timedelta(days=10)
_BY_MAIL_SHARE = 0.08


class Note(Struct, frozen=True):
    """A case note, as HTML. `author_id` is `None` for one that came by e-mail."""

    at: datetime
    author_id: int | None
    text: str


def draw_notes(draw: Draw, world: World, life: Life, now: datetime) -> list[Note]:
    """Draw the notes of a job, the earliest first; most jobs have none."""
    if not draw.chance(_SHARE if life.outline.is_full else _SHARE_IN_BULK):
        return []
    count = draw.between(_FEWEST, _MOST) if life.outline.is_full else draw.between(_FEWEST_IN_BULK, _MOST_IN_BULK)
    pages = _pages(draw, world, life, now)
    name = life.outline.place.contact_name
    notes = [
        Note(
            begins_at + timedelta(seconds=int((ends_at - begins_at).total_seconds() * draw.random())),
            None if draw.chance(_BY_MAIL_SHARE) else author_id,
            text.format(name=name),
        )
        for text, author_id, begins_at, ends_at in draw.shuffled(pages)[:count]
    ]
    reasons = _REASONS.get(life.outline.scenario.path[-1])
    if reasons is not None:
        notes[-1] = Note(life.columns["updated_at"], draw.one(world.office_ids), draw.one(reasons).format(name=name))
    return sorted(notes, key=lambda note: note.at)


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
