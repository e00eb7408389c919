"""Films of jobs at other sizes: asked for with the film, made in the background, published once.

Each film that has to be made has a row. A worker leases it for a while, under the next number, and asks for that number
again when it writes: who lost the lease, because it seemed dead, writes nothing. What fails is tried again after a
while, and in the end the film is `failed`: it is still there as it came, and a person can ask again. What the
installation cannot do now, whichever film it is, is no failure of the film's: it waits, for longer and longer.

This module is the rows. `making.py` does the work between two of its commands.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Interval, Select, bindparam, case, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from firstfix.domain.files.commands import add_variants
from firstfix.domain.files.errors import FilmNotFailed, PhotoNotFound
from firstfix.domain.files.film_ports import FilmFacts
from firstfix.domain.files.formats import JPEG, MP4
from firstfix.domain.files.job_files import PHOTOS, FileReference, lock_file, refuse_archived
from firstfix.domain.files.models import File, FilmTask, JobPhoto, PhotoVariant
from firstfix.domain.files.photos import THUMBNAIL
from firstfix.domain.files.ports import StoredContent
from firstfix.domain.files.views import FilmReason, FilmView, Variant
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.work import Event, Work

LEASE_LASTS: Final = timedelta(seconds=60)
"""How long a worker that says nothing is believed to be at work."""
MOST_ATTEMPTS: Final = 3
_RESTS: Final = (timedelta(seconds=30), timedelta(minutes=5))
"""After the first attempt that failed, and after the second."""
_RESTS_OF_UNREADABLE: Final = (timedelta(seconds=10), timedelta(seconds=30))
"""The same where the film itself is at fault: time does not mend that, and its people want to know."""
_FIRST_WAIT_SECONDS: Final = 30
_LONGEST_WAIT_SECONDS: Final = 3600
_MOST_DOUBLINGS: Final = 7

_CLAIM = text("SELECT * FROM claim_film(:lease_lasts)").bindparams(bindparam("lease_lasts", type_=Interval))


class ClaimedFilm(Struct, frozen=True, kw_only=True):
    """A film that is ours to make, for as long as the lease is.

    Args:
        organisation_id: Whose it is.
        photo_id: The film's file.
        uuid: The same, for people.
        lease: The number of this lease.
        attempts: How many attempts have failed before.
        storage_key: Where its content is.
        size_bytes: How long that is.
        file_name: What it is called.
    """

    organisation_id: int
    photo_id: int
    uuid: UUID
    lease: int
    attempts: int
    storage_key: UUID
    size_bytes: int
    file_name: str


class NewVariant(Struct, frozen=True, kw_only=True):
    """A film at another size, or the picture that stands for it, its content in the store."""

    label: str
    facts: FilmFacts
    content: StoredContent


class LeaseLost(Exception):
    """Somebody else has it by now, or the film is gone: what was made is nobody's."""


async def claim_film(session: AsyncSession) -> ClaimedFilm | None:
    """Lease the film that has been due for longest, of any organisation; `None` where none is due.

    One whose lease ran out counts as an attempt that failed: whoever had it died, perhaps of it.

    Args:
        session: A transaction that works for nobody yet. The lease is seen by others once it is committed.
    """
    row = (await session.execute(_CLAIM, {"lease_lasts": LEASE_LASTS})).one_or_none()
    return None if row is None else ClaimedFilm(**row._mapping)  # noqa: SLF001 (SQLAlchemy's own, public by its docs)


async def hold_film(work: Work, claimed: ClaimedFilm, *, percent: int) -> None:
    """Hold on to a film for longer, and tell how far it is.

    Raises:
        LeaseLost: It is not ours any more.
    """
    if not await _change(work, *_is_ours(claimed), next_at=func.now() + LEASE_LASTS, percent=percent):
        raise LeaseLost


async def publish_film(work: Work, claimed: ClaimedFilm, facts: FilmFacts, variants: Sequence[NewVariant]) -> None:
    """Publish what was made of a film: from now on it is `ready`. Once: the row of the task goes.

    Args:
        work: The open transaction.
        claimed: Which film.
        facts: What was found in the film itself.
        variants: All that was made.

    Raises:
        LeaseLost: It is not ours any more.
        QuotaExceeded: The variants need more room than is left.
    """
    await _lock(work, claimed)
    await work.session.execute(delete(FilmTask).where(*_is_ours(claimed)))
    await work.session.execute(
        update(JobPhoto)
        .where(JobPhoto.file_id == claimed.photo_id)
        .values(width=facts.width, height=facts.height, duration_ms=facts.duration_ms)
    )
    stem = claimed.file_name.removesuffix(".mp4")
    files = await add_variants(
        work,
        [
            Variant(
                file_name=f"{stem}-{variant.label}.{'jpg' if variant.label == THUMBNAIL else 'mp4'}",
                media_type=JPEG if variant.label == THUMBNAIL else MP4,
                content=variant.content,
            )
            for variant in variants
        ],
    )
    rows = [_row_of(claimed, file, variant) for file, variant in zip(files, variants, strict=True)]
    await work.session.execute(insert(PhotoVariant), rows)
    await _move(work, claimed.photo_id, "ready")


async def give_film_back(work: Work, claimed: ClaimedFilm) -> None:
    """Leave a film to the next worker: this one has been told to stop. Harmless where it is not ours any more."""
    await _change(work, *_is_ours(claimed), state="waiting", next_at=func.now(), percent=0)


async def put_film_off(work: Work, claimed: ClaimedFilm) -> None:
    """Let a film wait: the installation cannot make it now, and it is not to blame. Harmless where it is not ours.

    Each time it waits twice as long, up to an hour: what lasts keeps nobody busy.
    """
    doubled = _FIRST_WAIT_SECONDS * func.pow(2, func.least(FilmTask.put_off_count, _MOST_DOUBLINGS))
    seconds = func.least(doubled, _LONGEST_WAIT_SECONDS)
    await _change(
        work,
        *_is_ours(claimed),
        state="waiting",
        next_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds),
        put_off_count=FilmTask.put_off_count + 1,
        percent=0,
        reason="unavailable",
    )


async def fail_film(work: Work, claimed: ClaimedFilm, reason: FilmReason) -> bool:
    """Write down that an attempt failed: the next one is after a while, or, where it was the last one, never.

    Returns:
        Whether it was the last one.

    Raises:
        LeaseLost: It is not ours any more.
    """
    await _lock(work, claimed)
    attempts = claimed.attempts + 1
    is_last = attempts >= MOST_ATTEMPTS
    rests = _RESTS_OF_UNREADABLE if reason == "unreadable" else _RESTS
    await _change(
        work,
        *_is_ours(claimed),
        state="failed" if is_last else "waiting",
        next_at=None if is_last else func.now() + rests[attempts - 1],
        attempts=attempts,
        put_off_count=0,
        percent=0,
        reason=reason,
    )
    if is_last:
        await _move(work, claimed.photo_id, "failed")
    return is_last


async def retry_film(work: Work, photo: FileReference) -> None:
    """Have a film made again that has failed.

    Raises:
        PhotoNotFound: Absent, deleted, or hidden from the actor.
        FilmNotFailed: It is ready, or being made, or a still.
        JobArchived: Its job no longer changes.
    """
    found = await lock_file(work, PHOTOS, photo, missing=PhotoNotFound)
    refuse_archived(found.job)
    is_failed = (FilmTask.photo_id == found.file.id, FilmTask.state == "failed")
    if not await _change(work, *is_failed, state="waiting", next_at=func.now(), attempts=0, reason=None):
        raise FilmNotFailed
    await _move(work, found.file.id, "processing")


async def list_films(work: Work, job: JobReference) -> list[FilmView]:
    """Tell of the films of a job, in the order in which they came. Two statements.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
    """
    found = await get_visible_job(work, job)
    labels = (
        select(func.array_agg(aggregate_order_by(PhotoVariant.label, PhotoVariant.height.desc())))
        .where(PhotoVariant.photo_id == File.id, PhotoVariant.label != THUMBNAIL)
        .scalar_subquery()
    )
    rows = await work.session.execute(
        select(
            File.uuid,
            File.file_name,
            case((FilmTask.state == "waiting", "waiting"), else_=File.state).label("status"),
            FilmTask.percent,
            FilmTask.attempts,
            FilmTask.reason,
            FilmTask.next_at,
            labels.label("labels"),
        )
        .join(JobPhoto, JobPhoto.file_id == File.id)
        .outerjoin(FilmTask, FilmTask.photo_id == File.id)
        .where(JobPhoto.job_id == found.id, File.mime_type == MP4, File.archived_at.is_(None))
        .order_by(File.id)
    )
    return [
        FilmView(
            uuid=row.uuid,
            file_name=row.file_name,
            status=row.status,
            percent=100 if row.percent is None else row.percent,
            attempts=row.attempts,
            reason=row.reason,
            next_at=row.next_at,
            variants=row.labels or [],
        )
        for row in rows
    ]


async def _lock(work: Work, claimed: ClaimedFilm) -> None:
    """Lock the film's job, as every other write of photos does first, then the task.

    Raises:
        LeaseLost: It is not ours any more.
    """
    job: Select[Any] = select(Job.id).join(JobPhoto, JobPhoto.job_id == Job.id)
    await work.session.execute(job.where(JobPhoto.file_id == claimed.photo_id).with_for_update(of=Job))
    ours = select(FilmTask.photo_id).where(*_is_ours(claimed)).with_for_update()
    if await work.session.scalar(ours) is None:
        raise LeaseLost


async def _change(work: Work, *which: ColumnElement[bool], **values: object) -> bool:
    """Change a task; tell whether there was one."""
    changed = update(FilmTask).where(*which).values(values).returning(FilmTask.photo_id)
    return await work.session.scalar(changed) is not None


async def _move(work: Work, photo_id: int, state: str) -> None:
    before = await work.session.scalar(select(File.state).where(File.id == photo_id))
    file = (
        await work.session.execute(
            update(File).where(File.id == photo_id).values(state=state).returning(File.uuid, File.file_name)
        )
    ).one()
    work.record(
        Event(
            entity="file",
            action="updated",
            entity_id=photo_id,
            entity_uuid=file.uuid,
            label=file.file_name,
            changes={"state": (before, state)},
        )
    )


def _is_ours(claimed: ClaimedFilm) -> tuple[ColumnElement[bool], ...]:
    return (
        FilmTask.photo_id == claimed.photo_id,
        FilmTask.lease == claimed.lease,
        FilmTask.state == "running",
    )


def _row_of(claimed: ClaimedFilm, file: File, variant: NewVariant) -> dict[str, Any]:
    facts = variant.facts
    bits = variant.content.size_bytes * 8
    return {
        "file_id": file.id,
        "photo_id": claimed.photo_id,
        "label": variant.label,
        "width": facts.width,
        "height": facts.height,
        "bitrate_kbps": round(bits / facts.duration_ms) if facts.duration_ms else None,
    }
