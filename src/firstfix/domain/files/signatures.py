"""Signatures for jobs: pictures of what somebody wrote before the work, and after it."""

from typing import Literal, TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.files.commands import add_files, delete_files
from firstfix.domain.files.errors import FileNotFound, NotAPicture
from firstfix.domain.files.models import File, JobSignature
from firstfix.domain.files.queries import content_of
from firstfix.domain.files.rules import sniff
from firstfix.domain.files.views import FileContent, GivenFile
from firstfix.domain.jobs.commands import save_progress
from firstfix.domain.jobs.errors import JobArchived
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.policies import visible_to
from firstfix.domain.jobs.queries import get_visible_job
from firstfix.domain.jobs.rules import check_text
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.work import Work

Moment: TypeAlias = Literal["before", "after"]
"""Of the work: when somebody signed for it."""
_PICTURES = ("image/jpeg", "image/png")
_FIELDS = {"before": "pre_signature", "after": "signature"}


async def sign_job(
    work: Work,
    job: JobReference,
    *,
    moment: Moment,
    picture: GivenFile,
    signed_by: str | None = None,
    terms_accepted: bool = False,
    is_shown: bool = False,
) -> UUID:
    """Keep a signature for a job; it takes the place of an earlier one of that moment.

    Args:
        work: The open transaction.
        job: Which one.
        moment: Before or after the work.
        picture: What they wrote, its content in the store.
        signed_by: Their name, where they gave one.
        terms_accepted: Whether they accepted the terms.
        is_shown: Whether the terms were shown to them.

    Returns:
        The uuid of the picture's file.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        JobArchived: It no longer changes.
        NotAPicture: The content is neither JPEG nor PNG.
        QuotaExceeded: There is no room for it.
        ValueOutOfRange: The name is no text that can be kept.
    """
    check_text("signed_by", signed_by)
    if sniff(picture.content.head) not in _PICTURES:
        raise NotAPicture
    current = await get_visible_job(work, job, for_update=True)
    if current.stage == Stage.ARCHIVED:
        raise JobArchived
    is_before = moment == "before"
    earlier = (
        await work.session.execute(
            select(File.id, File.uuid)
            .join(JobSignature, JobSignature.file_id == File.id)
            .where(JobSignature.job_id == current.id, JobSignature.is_before == is_before)
        )
    ).one_or_none()
    [file] = await add_files(work, [picture], purpose="signature")
    values = {
        "file_id": file.id,
        "signed_by": signed_by,
        "terms_accepted": terms_accepted,
        "is_shown": is_shown,
        "created_at": work.now,
    }
    signature = insert(JobSignature).values(job_id=current.id, is_before=is_before, **values)
    await work.session.execute(
        signature.on_conflict_do_update(index_elements=["organisation_id", "job_id", "is_before"], set_=values)
    )
    if earlier is not None:
        await delete_files(work, [earlier.id])
    await save_progress(work, current, {}, told={_FIELDS[moment]: (earlier and earlier.uuid, file.uuid)})
    return file.uuid


async def get_signature_content(work: Work, file: UUID) -> FileContent:
    """Find what is needed to send the picture of a signature for a job that the actor may see. One statement.

    Raises:
        FileNotFound: Absent, or hidden from the actor.
    """
    found = await work.session.scalar(
        select(File)
        .join(JobSignature, JobSignature.file_id == File.id)
        .join(Job, Job.id == JobSignature.job_id)
        .where(File.uuid == file, File.archived_at.is_(None), visible_to(work.actor))
    )
    if found is None:
        raise FileNotFound
    return content_of(found)
