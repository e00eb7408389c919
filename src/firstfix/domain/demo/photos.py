"""Photos of the jobs done last, before and after the work, and the documents that such work ends with."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, select, text

from firstfix.domain.catalogue.models import DocumentType
from firstfix.domain.demo.copying import copy_rows, reserve_ids
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.pictures import PICTURE_SIZE, draw_picture, write_record
from firstfix.domain.demo.signatures import Keep
from firstfix.domain.demo.world import World
from firstfix.domain.files.formats import PDF, PNG
from firstfix.domain.files.models import File, JobDocument, JobPhoto, PhotoVariant
from firstfix.domain.files.photos import THUMBNAIL
from firstfix.domain.files.ports import StoredContent
from firstfix.domain.history.models import EventRow

MOST_JOBS = 10
_CERTIFICATE_SHARE, _REPORT_SHARE = 0.6, 0.4
_MINUTE = timedelta(minutes=1)
_DONE = text("""
SELECT id, uuid, reference, title, coalesce(contractor_id, lead_id) AS author_id, started_at, completed_at FROM jobs
WHERE organisation_id = :organisation AND completed_at IS NOT NULL AND started_at IS NOT NULL AND stage BETWEEN 3 AND 4
  AND (contractor_id IS NOT NULL OR lead_id IS NOT NULL)
ORDER BY completed_at DESC, id LIMIT :most
""")
_COUNT = text("""
UPDATE jobs SET photos_count = counted.photos, documents_count = counted.documents FROM (
    SELECT jobs.id,
        (SELECT count(*) FROM job_photos WHERE organisation_id = jobs.organisation_id AND job_id = jobs.id) AS photos,
        (SELECT count(*) FROM job_documents WHERE organisation_id = jobs.organisation_id AND job_id = jobs.id)
            AS documents
    FROM jobs WHERE organisation_id = :organisation AND id = ANY (:jobs)
) AS counted WHERE jobs.organisation_id = :organisation AND jobs.id = counted.id
""")


class _Example(Struct, frozen=True, kw_only=True):
    """A photo or a document before it is in the store.

    Args:
        job: Whose, as it was read.
        name: What it is called.
        content: A picture, or a PDF.
        at: When it came.
        moment: Of a photo.
        type_key: Of a document.
        caption: What it says about itself.
    """

    job: Any
    name: str
    content: bytes
    at: datetime
    moment: str | None = None
    type_key: str | None = None
    caption: str = ""

    @property
    def field(self) -> str:
        return "documents" if self.moment is None else "photos"

    @property
    def sort(self) -> str | None:
        return self.type_key if self.moment is None else self.moment


def add_photos(connection: Connection, world: World, keep: Keep) -> None:
    """Add photos and documents to the jobs done last. Their counts follow in one statement."""
    draw = Draw(f"{world.slug} photos")
    types = dict(
        connection.execute(
            select(DocumentType.key, DocumentType.id).filter_by(organisation_id=world.organisation_id)
        ).all()
    )
    jobs = connection.execute(_DONE, {"organisation": world.organisation_id, "most": MOST_JOBS}).all()
    examples = [example for job in jobs for example in _examples_of(draw, job)]
    photos = [example for example in examples if example.moment is not None]
    ids = iter(reserve_ids(connection, File, len(examples) + len(photos)))
    rows: dict[type[Any], list[dict[str, Any]]] = {
        table: [] for table in (File, JobPhoto, PhotoVariant, JobDocument, EventRow)
    }
    for example in examples:
        file = _file_row(draw, next(ids), example, keep(example.content))
        rows[File].append(file)
        rows[EventRow].extend(_events_of(draw, example, file))
        link = {"file_id": file["id"], "job_id": example.job.id}
        if example.moment is None:
            rows[JobDocument].append({**link, "document_type_id": types[example.type_key or ""]})
            continue
        width, height = PICTURE_SIZE
        size = {"width": width, "height": height}
        rows[JobPhoto].append({**link, "moment": example.moment, **size})
        small = _file_row(draw, next(ids), example, keep(example.content), is_variant=True)
        rows[File].append(small)
        rows[PhotoVariant].append({"file_id": small["id"], "photo_id": file["id"], "label": THUMBNAIL, **size})
    for table, added in rows.items():
        copy_rows(connection, table, added)
    connection.execute(_COUNT, {"organisation": world.organisation_id, "jobs": [job.id for job in jobs]})


def _examples_of(draw: Draw, job: Any) -> Iterator[_Example]:  # noqa: ANN401 (a row of the query)
    before = draw_picture(draw, is_finished=False)
    yield _Example(job=job, name="before.png", content=before, at=job.started_at, moment="before", caption="As found")
    after = draw_picture(draw, is_finished=True)
    done = job.completed_at - _MINUTE
    yield _Example(job=job, name="after.png", content=after, at=done, moment="after", caption="Finished work")
    for share, type_key, title in (
        (_CERTIFICATE_SHARE, "certificate", "Certificate of work"),
        (_REPORT_SHARE, "report", "Report of the visit"),
    ):
        if draw.chance(share):
            lines = (title, f"Job {job.reference}", f"Done on {job.completed_at:%d %B %Y}")
            yield _Example(
                job=job,
                name=f"{type_key}-{job.reference}.pdf",
                content=write_record(lines),
                at=job.completed_at,
                type_key=type_key,
            )


def _file_row(
    draw: Draw,
    id_: int,
    example: _Example,
    kept: StoredContent,
    *,
    is_variant: bool = False,
) -> dict[str, Any]:
    is_photo = example.moment is not None
    purpose = "photo" if is_photo else "document"
    return {
        "id": id_,
        "uuid": draw.uuid_at(example.at),
        "storage_key": kept.storage_key,
        "purpose": "variant" if is_variant else purpose,
        "file_name": example.name,
        "mime_type": PNG if is_photo else PDF,
        "size_bytes": kept.size_bytes,
        "sha256": kept.sha256,
        "may_inline": is_photo,
        "caption": "" if is_variant else example.caption,
        "uploaded_by_id": None if is_variant else example.job.author_id,
        "created_at": example.at,
    }


def _events_of(draw: Draw, example: _Example, file: dict[str, Any]) -> Iterator[dict[str, Any]]:
    told = {"uuid": file["uuid"], "name": example.name, "type": example.sort}
    if example.moment is not None:
        told["caption"] = example.caption
    for entity, id_, uuid, label, action, changes in (
        ("file", file["id"], file["uuid"], example.name, "created", {}),
        ("job", example.job.id, example.job.uuid, example.job.reference, "updated", {example.field: [[], [told]]}),
    ):
        yield {
            "id": draw.uuid_at(example.at),
            "at": example.at,
            "actor_id": example.job.author_id,
            "source": "manage",
            "entity": entity,
            "entity_id": id_,
            "entity_uuid": uuid,
            "label": label,
            "action": action,
            "changes": msgspec.json.encode(changes).decode(),
        }
