"""Signatures of the demonstration: pictures drawn by chance, of who was there when the work was done."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, insert, select

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.demo.draws import Draw
from firstfix.domain.demo.pictures import write_png
from firstfix.domain.demo.scenarios import LIVELY_JOBS
from firstfix.domain.demo.world import World
from firstfix.domain.files.models import File, JobSignature
from firstfix.domain.files.ports import StoredContent
from firstfix.domain.jobs.models import Job, JobContact
from firstfix.domain.places.models import Contact

Keep = Callable[[bytes], StoredContent]
"""Puts content into the store for good."""

_WIDTH, _HEIGHT, _PEN = 320, 96, 1
_LETTERS = (7, 12)
_SHARE, _SHARE_BEFORE = 0.5, 0.25
_INK, _PAPER = 0, 255
_DOT = bytes([_INK]) * (2 * _PEN + 1)


def add_signatures(connection: Connection, world: World, keep: Keep) -> None:
    """Let the first contact sign for some of what an organisation's engineers have done, among its first jobs."""
    draw = Draw(f"{world.slug} signatures")
    done = (
        select(Job.id, Job.lead_id, Job.started_at, Job.completed_at, Contact.first_name, Contact.last_name)
        .join(JobContact, (JobContact.organisation_id == Job.organisation_id) & (JobContact.job_id == Job.id))
        .join(Contact, (Contact.organisation_id == Job.organisation_id) & (Contact.id == JobContact.contact_id))
        .where(
            Job.organisation_id == world.organisation_id,
            Job.lead_id.is_not(None),
            Job.stage.between(Stage.COMPLETE, Stage.ARCHIVED),
            JobContact.position == 0,
        )
        .order_by(Job.id)
        .limit(LIVELY_JOBS)
    )
    signatures: list[dict[str, Any]] = []
    pictures: list[dict[str, Any]] = []
    for job in connection.execute(done):
        if not draw.chance(_SHARE):
            continue
        moments = {False: job.completed_at} | ({True: job.started_at} if draw.chance(_SHARE_BEFORE) else {})
        for is_before, at in moments.items():
            content = keep(draw_picture(draw))
            pictures.append(
                {
                    "uuid": draw.uuid_at(at),
                    "storage_key": content.storage_key,
                    "purpose": "signature",
                    "file_name": "signature.png",
                    "mime_type": "image/png",
                    "size_bytes": content.size_bytes,
                    "sha256": content.sha256,
                    "may_inline": True,
                    "uploaded_by_id": job.lead_id,
                    "created_at": at,
                }
            )
            signatures.append(
                {
                    "job_id": job.id,
                    "is_before": is_before,
                    "signed_by": f"{job.first_name} {job.last_name}",
                    "terms_accepted": is_before,
                    "is_shown": is_before,
                    "created_at": at,
                }
            )
    if not pictures:
        return
    ids = connection.scalars(insert(File).returning(File.id, sort_by_parameter_order=True), pictures)
    rows = [signature | {"file_id": file_id} for signature, file_id in zip(signatures, ids, strict=True)]
    connection.execute(insert(JobSignature), rows)


def draw_picture(draw: Draw) -> bytes:
    """Draw a scribble, as PNG."""
    rows = [bytearray([_PAPER] * _WIDTH) for _ in range(_HEIGHT)]
    x, y = _WIDTH // 10, _HEIGHT // 2
    for _ in range(draw.between(*_LETTERS)):
        to_x = min(x + draw.between(8, 26), _WIDTH - 4)
        to_y = _HEIGHT // 2 + draw.between(-30, 30)
        steps = max(abs(to_x - x), abs(to_y - y), 1)
        for step in range(steps):
            _dot(rows, x + (to_x - x) * step // steps, y + (to_y - y) * step // steps)
        x, y = to_x, to_y
    return write_png(_WIDTH, _HEIGHT, map(bytes, rows), is_coloured=False)


def _dot(rows: list[bytearray], x: int, y: int) -> None:
    for row in rows[y - _PEN : y + _PEN + 1]:
        row[x - _PEN : x + _PEN + 1] = _DOT
