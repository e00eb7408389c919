"""Files on tasks that are done, on assets that were worked on, and with case notes.

On a task pictures of before and after, and a record of the work; on an asset a picture of it, and its data sheet; with
a note a picture of what it tells.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, text

from firstfix.domain.demo.copying import copy_rows, reserve_ids
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.pictures import draw_picture, write_record
from firstfix.domain.demo.signatures import Keep
from firstfix.domain.demo.world import World
from firstfix.domain.files.models import AssetAttachment, CaseNoteAttachment, File, JobTaskAttachment
from firstfix.domain.files.ports import StoredContent
from firstfix.domain.files.rules import may_inline, mime_type_of
from firstfix.domain.files.views import Purpose
from firstfix.domain.history.models import EventRow

MOST_TASKS, MOST_ASSETS, MOST_NOTES = 12, 6, 8
_RECORD_SHARE = 0.5
_MINUTE = timedelta(minutes=1)
_DONE = text("""
SELECT task.id, listed.name, job.id AS entity_id, job.uuid, job.reference AS label, job.lead_id, job.completed_at
FROM job_tasks AS task
JOIN jobs AS job ON job.organisation_id = task.organisation_id AND job.id = task.job_id
JOIN catalogue_tasks AS listed
    ON listed.organisation_id = task.organisation_id AND listed.id = task.catalogue_task_id
WHERE task.organisation_id = :organisation AND task.is_done AND job.lead_id IS NOT NULL AND job.completed_at IS NOT NULL
ORDER BY job.completed_at DESC, task.id LIMIT :most
""")
_WORKED_ON = text("""
SELECT * FROM (
    SELECT DISTINCT ON (asset.id) asset.id, asset.id AS entity_id, asset.uuid, asset.name AS label, asset.description,
        asset.serial_number, job.lead_id, job.completed_at
    FROM assets AS asset
    JOIN jobs AS job ON job.organisation_id = asset.organisation_id AND job.asset_id = asset.id
    WHERE asset.organisation_id = :organisation AND job.lead_id IS NOT NULL AND job.completed_at IS NOT NULL
    ORDER BY asset.id, job.completed_at, job.id
) AS first_seen
ORDER BY completed_at DESC, id LIMIT :most
""")


_NOTED = text("""
SELECT note.id, note.id AS entity_id, note.uuid, job.reference AS label, note.created_by_id AS author_id,
    note.created_at AS at
FROM case_notes AS note
JOIN jobs AS job ON job.organisation_id = note.organisation_id AND job.id = note.job_id
WHERE note.organisation_id = :organisation AND note.created_by_id = job.lead_id
ORDER BY note.created_at DESC, note.id DESC LIMIT :most
""")


class _Example(Struct, frozen=True):
    """A file before it is in the store."""

    name: str
    caption: str
    content: bytes


class _Place(Struct, frozen=True, kw_only=True):
    """What files are attached to.

    Args:
        links: The table of links.
        column: Its column that names what the files are attached to.
        entity: What the event tells of: the job of a task, or the asset.
        row: That thing as it was read.
        told: What else the event tells of each file.
        examples: The files.
        author_id: Who attached them.
        at: When they were attached.
        purpose: What they are for.
    """

    links: type[Any]
    column: str
    entity: str
    row: Any
    told: dict[str, str]
    examples: list[_Example]
    author_id: int
    at: datetime
    purpose: Purpose = "attachment"


def add_attachments(connection: Connection, world: World, keep: Keep) -> None:
    """Attach files to the tasks done last and to assets, by who led the work, just before it was done; and to notes."""
    draw = Draw(f"{world.slug} attachments")
    places = [
        *_tasks(connection, world, draw),
        *_assets(connection, world, Draw(f"{world.slug} assets' attachments")),
        *_notes(connection, world, Draw(f"{world.slug} notes' attachments")),
    ]
    given = [(place, example, keep(example.content)) for place in places for example in place.examples]
    tables = (File, JobTaskAttachment, AssetAttachment, CaseNoteAttachment, EventRow)
    rows: dict[type[Any], list[dict[str, Any]]] = {table: [] for table in tables}
    for file_id, (place, example, kept) in zip(reserve_ids(connection, File, len(given)), given, strict=True):
        file = _file_row(file_id, draw, place, example, kept)
        told = {"uuid": file["uuid"], "name": example.name, "caption": example.caption, **place.told}
        rows[File].append(file)
        rows[place.links].append({"file_id": file_id, place.column: place.row.id})
        for entity, id_, uuid, label, action, changes in (
            ("file", file_id, file["uuid"], example.name, "created", {}),
            (
                place.entity,
                place.row.entity_id,
                place.row.uuid,
                place.row.label,
                "updated",
                {"attachments": [[], [told]]},
            ),
        ):
            rows[EventRow].append(
                {
                    "id": draw.uuid_at(place.at),
                    "at": place.at,
                    "actor_id": place.author_id,
                    "source": "field" if place.purpose == "attachment" else "manage",
                    "entity": entity,
                    "entity_id": id_,
                    "entity_uuid": uuid,
                    "label": label,
                    "action": action,
                    "changes": msgspec.json.encode(changes).decode(),
                }
            )
    for table, added in rows.items():
        copy_rows(connection, table, added)


def _tasks(connection: Connection, world: World, draw: Draw) -> Iterator[_Place]:
    for task in connection.execute(_DONE, {"organisation": world.organisation_id, "most": MOST_TASKS}):
        examples = [
            _Example("before.png", "Before", draw_picture(draw, is_finished=False)),
            _Example("finished.png", "Finished work", draw_picture(draw, is_finished=True)),
        ]
        if draw.chance(_RECORD_SHARE):
            lines = ("Record of work", f"Job {task.label}", task.name, f"Done on {task.completed_at:%d %B %Y}")
            examples.append(_Example(f"record-{task.label}.pdf", "", write_record(lines)))
        yield _Place(
            links=JobTaskAttachment,
            column="job_task_id",
            entity="job",
            row=task,
            told={"task": task.name},
            examples=examples,
            author_id=task.lead_id,
            at=task.completed_at - _MINUTE,
        )


def _assets(connection: Connection, world: World, draw: Draw) -> Iterator[_Place]:
    for asset in connection.execute(_WORKED_ON, {"organisation": world.organisation_id, "most": MOST_ASSETS}):
        examples = [_Example("as-found.png", "As found", draw_picture(draw, is_finished=True))]
        if draw.chance(_RECORD_SHARE):
            lines = ("Data sheet", asset.label, asset.description, f"Serial number {asset.serial_number}")
            examples.append(_Example(f"data-sheet-{asset.serial_number}.pdf", "", write_record(lines)))
        yield _Place(
            links=AssetAttachment,
            column="asset_id",
            entity="asset",
            row=asset,
            told={},
            examples=examples,
            author_id=asset.lead_id,
            at=asset.completed_at - _MINUTE,
        )


def _notes(connection: Connection, world: World, draw: Draw) -> Iterator[_Place]:
    for note in connection.execute(_NOTED, {"organisation": world.organisation_id, "most": MOST_NOTES}):
        yield _Place(
            links=CaseNoteAttachment,
            column="case_note_id",
            entity="case_note",
            row=note,
            told={},
            examples=[_Example("on-site.png", "", draw_picture(draw, is_finished=draw.chance(_RECORD_SHARE)))],
            author_id=note.author_id,
            at=note.at,
            purpose="note",
        )


def _file_row(file_id: int, draw: Draw, place: _Place, example: _Example, kept: StoredContent) -> dict[str, Any]:
    mime_type = mime_type_of(example.name)
    return {
        "id": file_id,
        "uuid": draw.uuid_at(place.at),
        "storage_key": kept.storage_key,
        "purpose": place.purpose,
        "file_name": example.name,
        "mime_type": mime_type,
        "size_bytes": kept.size_bytes,
        "sha256": kept.sha256,
        "may_inline": may_inline(mime_type, kept.head),
        "caption": example.caption,
        "uploaded_by_id": place.author_id,
        "created_at": place.at,
    }
