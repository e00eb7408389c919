"""Files on tasks that are done: pictures of before and after, and a record of the work."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, text

from firstfix.domain.demo.copying import copy_rows, reserve_ids
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.pictures import draw_picture, write_record
from firstfix.domain.demo.signatures import Keep
from firstfix.domain.demo.world import World
from firstfix.domain.files.models import File, JobTaskAttachment
from firstfix.domain.files.ports import StoredContent
from firstfix.domain.files.rules import may_inline, mime_type_of
from firstfix.domain.history.models import EventRow

MOST_TASKS = 12
_RECORD_SHARE = 0.5
_MINUTE = timedelta(minutes=1)
_DONE = text("""
SELECT task.id AS task_id, listed.name AS task, job.id AS job_id, job.uuid, job.reference, job.lead_id, job.completed_at
FROM job_tasks AS task
JOIN jobs AS job ON job.organisation_id = task.organisation_id AND job.id = task.job_id
JOIN catalogue_tasks AS listed
    ON listed.organisation_id = task.organisation_id AND listed.id = task.catalogue_task_id
WHERE task.organisation_id = :organisation AND task.is_done AND job.lead_id IS NOT NULL AND job.completed_at IS NOT NULL
ORDER BY job.completed_at DESC, task.id LIMIT :most
""")


class _Example(Struct, frozen=True):
    """A file before it is in the store."""

    name: str
    caption: str
    content: bytes


def add_attachments(connection: Connection, world: World, keep: Keep) -> None:
    """Attach files to the tasks done last, by who led the work, just before it was done."""
    draw = Draw(f"{world.slug} attachments")
    done = connection.execute(_DONE, {"organisation": world.organisation_id, "most": MOST_TASKS}).all()
    given = [(task, example, keep(example.content)) for task in done for example in _examples(draw, task)]
    rows: dict[type[Any], list[dict[str, Any]]] = {File: [], JobTaskAttachment: [], EventRow: []}
    for file_id, (task, example, kept) in zip(reserve_ids(connection, File, len(given)), given, strict=True):
        at = task.completed_at - _MINUTE
        file = _file_row(file_id, draw, task, example, kept)
        told = {"uuid": file["uuid"], "name": example.name, "caption": example.caption, "task": task.task}
        rows[File].append(file)
        rows[JobTaskAttachment].append({"file_id": file_id, "job_task_id": task.task_id})
        for entity, id_, uuid, label, action, changes in (
            ("file", file_id, file["uuid"], example.name, "created", {}),
            ("job", task.job_id, task.uuid, task.reference, "updated", {"attachments": [[], [told]]}),
        ):
            rows[EventRow].append(
                {
                    "id": draw.uuid_at(at),
                    "at": at,
                    "actor_id": task.lead_id,
                    "source": "field",
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


def _examples(draw: Draw, task: Any) -> Iterator[_Example]:  # noqa: ANN401 (a row of the query)
    yield _Example("before.png", "Before", draw_picture(draw, is_finished=False))
    yield _Example("finished.png", "Finished work", draw_picture(draw, is_finished=True))
    if draw.chance(_RECORD_SHARE):
        lines = ("Record of work", f"Job {task.reference}", task.task, f"Done on {task.completed_at:%d %B %Y}")
        yield _Example(f"record-{task.reference}.pdf", "", write_record(lines))


def _file_row(file_id: int, draw: Draw, task: Any, example: _Example, kept: StoredContent) -> dict[str, Any]:  # noqa: ANN401
    at = task.completed_at - _MINUTE
    mime_type = mime_type_of(example.name)
    return {
        "id": file_id,
        "uuid": draw.uuid_at(at),
        "storage_key": kept.storage_key,
        "purpose": "attachment",
        "file_name": example.name,
        "mime_type": mime_type,
        "size_bytes": kept.size_bytes,
        "sha256": kept.sha256,
        "may_inline": may_inline(mime_type, kept.head),
        "caption": example.caption,
        "uploaded_by_id": task.lead_id,
        "created_at": at,
    }
