"""Linking jobs to what follows from them. The history of both tells of it."""

from uuid import UUID

from sqlalchemy import BigInteger, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.errors import ReferenceNotFound
from firstfix.domain.jobs.commands import save_progress
from firstfix.domain.jobs.dependencies import hold_links
from firstfix.domain.jobs.errors import JobArchived, JobNotFound
from firstfix.domain.jobs.models import Job
from firstfix.domain.jobs.policies import visible_to
from firstfix.domain.jobs.queries import get_visible_job, get_visible_jobs
from firstfix.domain.jobs.rules import check_text
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.remedials.errors import AlreadyRemedial, NoRemedial, RemedialCycle
from firstfix.domain.remedials.models import RemedialLink
from firstfix.domain.work import Work

# From the parent upwards: a job has one parent at most, so that is a line. UNION ends it even if it were none.
_IS_ABOVE = text("""
WITH RECURSIVE above AS (
    SELECT CAST(:parent_id AS bigint) AS id
    UNION
    SELECT remedial_links.parent_id FROM above JOIN remedial_links ON remedial_links.remedial_id = above.id
)
SELECT EXISTS (SELECT FROM above WHERE id = :remedial_id)
""").bindparams(bindparam("parent_id", type_=BigInteger), bindparam("remedial_id", type_=BigInteger))


async def link_remedial(work: Work, *, parent: JobReference, remedial: JobReference, reason: str | None = None) -> int:
    """Make a job the remedial of another; return the link's id. The parent may be at any stage.

    Raises:
        JobNotFound: One of them is absent, or hidden from the actor.
        JobArchived: The remedial no longer changes.
        AlreadyRemedial: It has a parent: this one or another.
        RemedialCycle: It is the parent itself, or one of those that the parent follows from.
    """
    check_text("reason", reason)
    above, below = await _lock_both(work, parent, remedial)
    if below.stage == Stage.ARCHIVED:
        raise JobArchived
    if (await work.session.execute(_IS_ABOVE, {"parent_id": above.id, "remedial_id": below.id})).scalar_one():
        raise RemedialCycle
    values = {
        "parent_id": above.id,
        "remedial_id": below.id,
        "reason": reason,
        "linked_by_id": work.actor.person_id,
    }
    one_parent = ["organisation_id", "remedial_id"]
    added = insert(RemedialLink).values(values).on_conflict_do_nothing(index_elements=one_parent)
    link_id: int | None = await work.session.scalar(added.returning(RemedialLink.id))
    if link_id is None:
        raise AlreadyRemedial
    await save_progress(work, above, {}, told={"remedial_job": (None, below.reference)})
    told = {"parent_job": (None, above.reference), "remedial_reason": (None, reason)}
    await save_progress(work, below, {}, told=told)
    return link_id


async def unlink_remedial(work: Work, remedial: JobReference) -> None:
    """Let a job be nobody's remedial any more. The jobs stay as they are.

    Raises:
        JobNotFound: The job is absent, or hidden from the actor.
        JobArchived: It no longer changes.
        NoRemedial: It has no parent that the actor sees.
    """
    found = await get_visible_job(work, remedial)
    linked = select(Job.uuid).join(RemedialLink, RemedialLink.parent_id == Job.id)
    parent = await work.session.scalar(linked.where(RemedialLink.remedial_id == found.id, visible_to(work.actor)))
    if parent is None:
        raise NoRemedial
    above, below = await _lock_both(work, parent, found.uuid)
    if below.stage == Stage.ARCHIVED:
        raise JobArchived
    mine = delete(RemedialLink).where(RemedialLink.remedial_id == below.id, RemedialLink.parent_id == above.id)
    gone = (await work.session.execute(mine.returning(RemedialLink.reason))).one_or_none()
    if gone is None:
        raise NoRemedial
    await save_progress(work, above, {}, told={"remedial_job": (below.reference, None)})
    told = {"parent_job": (above.reference, None), "remedial_reason": (gone.reason, None)}
    await save_progress(work, below, {}, told=told)


async def _lock_both(work: Work, parent: JobReference, remedial: JobReference) -> tuple[Job, Job]:
    """Find both jobs, and lock them in the order of their ids."""
    # Two that each see only half of a circle would close it together, however many jobs it goes through. So the links
    # of an organisation are made one after the other, and each statement below sees what was committed before. The
    # lock comes before those of the jobs: who waits here holds nothing that another wants. Dependencies share it, for
    # their changes lock a job before its neighbours, whichever is older.
    await hold_links(work)
    uuids: list[UUID] = [(await get_visible_job(work, end)).uuid for end in (parent, remedial)]
    try:
        found = {job.uuid: job for job in await get_visible_jobs(work, uuids, for_update=True)}
    except ReferenceNotFound as error:  # deleted since, or handed to a branch that the actor does not see
        raise JobNotFound(error.reference) from error
    return found[uuids[0]], found[uuids[1]]
