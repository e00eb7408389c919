"""Photos and films of jobs."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import aliased

from firstfix.domain.files.commands import add_files, add_variants
from firstfix.domain.files.errors import CaptionRefused, FileNotFound, PhotoNotFound
from firstfix.domain.files.formats import LONGEST_THUMBNAIL_SIDE, fit
from firstfix.domain.files.job_files import (
    PHOTOS,
    FileReference,
    archive_job_file,
    count_files,
    lock_file,
    record_files,
    refuse_archived,
)
from firstfix.domain.files.models import File, FilmTask, JobPhoto, PhotoVariant
from firstfix.domain.files.queries import content_of
from firstfix.domain.files.rules import is_caption
from firstfix.domain.files.views import FileContent, GivenFile, Media, Moment, Variant
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.policies import visible_to
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.work import Work

THUMBNAIL = "thumbnail"


async def add_photos(
    work: Work, job: JobReference, given: Sequence[GivenFile], *, moment: Moment = "other", caption: str = ""
) -> list[int]:
    """Add photos and films to a job. Stills have a thumbnail; films are `processing` until their variants are made.

    Args:
        work: The open transaction.
        job: Which one.
        given: In the order sent; they have passed the gate.
        moment: When they were taken.
        caption: The same for all.

    Returns:
        Their ids, in that order.

    Raises:
        CaptionRefused: It cannot be kept.
        JobNotFound: Absent, or hidden from the actor.
        JobArchived: It no longer changes.
        NoFileGiven: There is none.
        QuotaExceeded: They need more room than is left.
    """
    if not is_caption(caption):
        raise CaptionRefused
    current = await get_visible_job(work, job, for_update=True)
    refuse_archived(current)
    files = await add_files(work, given, purpose="photo", caption=caption)
    passed = [(file, each.media) for file, each in zip(files, given, strict=True) if each.media is not None]
    await work.session.execute(insert(JobPhoto), [_row_of(current, file, media, moment) for file, media in passed])
    await _add_thumbnails(work, passed)
    await _ask_for_variants(work, files)
    await count_files(work, PHOTOS, current, len(files))
    record_files(work, PHOTOS, current, before=[], after=[told_of_photo(file, moment) for file in files])
    return [file.id for file in files]


async def archive_photo(work: Work, photo: FileReference) -> None:
    """Delete a photo or a film: it is gone from every read, with its variants, and restorable for 30 days.

    Raises:
        PhotoNotFound: Absent, deleted already, or hidden from the actor.
        JobArchived: Its job no longer changes.
    """
    found = await lock_file(work, PHOTOS, photo, missing=PhotoNotFound)
    await archive_job_file(work, PHOTOS, found, told_of_photo(found.file, found.link.moment))


async def get_photo_content(work: Work, file: UUID) -> FileContent:
    """Find what is needed to send a photo, or a variant of one, of a job that the actor may see. One statement.

    Raises:
        FileNotFound: Absent, deleted, or hidden from the actor.
    """
    photo = aliased(File)
    found = await work.session.scalar(
        select(File)
        .outerjoin(PhotoVariant, PhotoVariant.file_id == File.id)
        .join(JobPhoto, JobPhoto.file_id == func.coalesce(PhotoVariant.photo_id, File.id))
        .join(photo, photo.id == JobPhoto.file_id)
        .join(Job, Job.id == JobPhoto.job_id)
        .where(File.uuid == file, photo.archived_at.is_(None), visible_to(work.actor))
    )
    if found is None:
        raise FileNotFound
    return content_of(found)


def told_of_photo(file: File, moment: str) -> dict[str, Any]:
    """Tell of a photo as the history of a job does."""
    return {"uuid": str(file.uuid), "name": file.file_name, "caption": file.caption, "type": moment}


async def _add_thumbnails(work: Work, passed: Sequence[tuple[File, Media]]) -> None:
    stills = [(file, media, media.thumbnail) for file, media in passed if media.thumbnail is not None]
    made = await add_variants(
        work,
        [
            Variant(file_name=file.file_name, media_type=media.type, content=thumbnail)
            for file, media, thumbnail in stills
        ],
    )
    rows = []
    for small, (file, media, _) in zip(made, stills, strict=True):
        width, height = fit(media.facts.width or 1, media.facts.height or 1, LONGEST_THUMBNAIL_SIDE)
        rows.append({"file_id": small.id, "photo_id": file.id, "label": THUMBNAIL, "width": width, "height": height})
    if rows:
        await work.session.execute(insert(PhotoVariant), rows)


async def _ask_for_variants(work: Work, files: Sequence[File]) -> None:
    films = [{"photo_id": file.id} for file in files if file.state == "processing"]
    if films:
        await work.session.execute(insert(FilmTask), films)


def _row_of(job: Job, file: File, media: Media, moment: Moment) -> dict[str, Any]:
    facts = media.facts
    return {
        "file_id": file.id,
        "job_id": job.id,
        "moment": moment,
        "width": facts.width,
        "height": facts.height,
        "duration_ms": facts.duration_ms,
    }
