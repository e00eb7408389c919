"""What photos and documents of jobs have in common: finding one that the actor may see, archiving and restoring it.

Everything that writes locks the job first, as every other write of it does. So nothing comes to a job that is on its
way out, of two who delete a file one finds it gone, and the job's counts are what there is.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, select, update

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.errors import NotFound
from firstfix.domain.files.commands import archive_file, restore_file
from firstfix.domain.files.models import File, JobDocument, JobPhoto, JobTaskAttachment
from firstfix.domain.jobs.errors import JobArchived
from firstfix.domain.jobs.models import Job, JobTask
from firstfix.domain.jobs.policies import visible_to
from firstfix.domain.work import Event, Work

FileReference = int | UUID
"""A file by its id or its uuid."""


class JobFileKind(Struct, frozen=True, eq=False, kw_only=True):
    """A kind of file that jobs have.

    Args:
        field: What events of jobs call these files.
        links: The table of links.
        counter: The job's column that counts those that are not archived, where it has one.
        holder: What the links name, where that is not the job but a part of it: its table, and the column of the links.
    """

    field: str
    links: type[Any]
    counter: str | None = None
    holder: tuple[type[Any], str] | None = None

    def job_ids(self, named: ColumnElement[bool]) -> Select[tuple[int]]:
        """Select the jobs of files that a condition names."""
        if self.holder is None:
            return select(self.links.job_id).join(File, File.id == self.links.file_id).where(named)
        table, column = self.holder
        held = select(table.job_id).join(self.links, getattr(self.links, column) == table.id)
        return held.join(File, File.id == self.links.file_id).where(named)


PHOTOS: Final = JobFileKind(field="photos", links=JobPhoto, counter="photos_count")
DOCUMENTS: Final = JobFileKind(field="documents", links=JobDocument, counter="documents_count")
ATTACHMENTS: Final = JobFileKind(field="attachments", links=JobTaskAttachment, holder=(JobTask, "job_task_id"))


class FoundFile(Struct, frozen=True):
    """A file of a job, the job locked, and the row that links them."""

    job: Job
    file: File
    link: Any


def refuse_archived(job: Job) -> None:
    """Refuse to change files of an archived job. Asked last: who may not see a file hears only that there is none.

    Raises:
        JobArchived: It no longer changes.
    """
    if job.stage == Stage.ARCHIVED:
        raise JobArchived


async def lock_file(
    work: Work, kind: JobFileKind, reference: FileReference, *, missing: type[NotFound], is_archived: bool = False
) -> FoundFile:
    """Find a file of a job that the actor may see, and lock the job. Two statements.

    Args:
        work: The open transaction.
        kind: What it must be.
        reference: Which one.
        missing: The refusal where it is absent, hidden, archived, or not archived where that is wanted.
        is_archived: Whether an archived one is wanted.

    Raises:
        NotFound: As said.
    """
    links = kind.links
    named = File.id == reference if isinstance(reference, int) else File.uuid == reference
    job = await work.session.scalar(
        select(Job).where(Job.id.in_(kind.job_ids(named)), visible_to(work.actor)).with_for_update(of=Job),
        execution_options={"populate_existing": True},
    )
    if job is None:
        raise missing
    # Read after the lock is held: whoever held it before may have archived the file.
    archived = File.archived_at.is_not(None) if is_archived else File.archived_at.is_(None)
    row = (
        await work.session.execute(
            select(File, links).join(links, links.file_id == File.id).where(named, archived),
            execution_options={"populate_existing": True},
        )
    ).one_or_none()
    if row is None:
        raise missing
    return FoundFile(job, *row)


async def count_files(work: Work, kind: JobFileKind, job: Job, change: int) -> None:
    """Let a locked job's count follow."""
    if kind.counter is not None:
        column = getattr(Job, kind.counter)
        await work.session.execute(update(Job).where(Job.id == job.id).values({column: column + change}))


async def archive_job_file(work: Work, kind: JobFileKind, found: FoundFile, told: dict[str, Any]) -> None:
    """Take a file off its job. It is gone from every read, and restorable for 30 days.

    Raises:
        JobArchived: The job no longer changes.
    """
    refuse_archived(found.job)
    await archive_file(work, found.file)
    await count_files(work, kind, found.job, -1)
    record_files(work, kind, found.job, before=[told], after=[])


async def restore_job_file(work: Work, kind: JobFileKind, found: FoundFile, told: dict[str, Any]) -> None:
    """Bring a file back that was taken off its job.

    Raises:
        JobArchived: The job no longer changes.
    """
    refuse_archived(found.job)
    await restore_file(work, found.file)
    await count_files(work, kind, found.job, 1)
    record_files(work, kind, found.job, before=[], after=[told])


def record_files(
    work: Work, kind: JobFileKind, job: Job, *, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]
) -> None:
    """Record on the job which files came or went."""
    work.record(
        Event(
            entity="job",
            action="updated",
            entity_id=job.id,
            entity_uuid=job.uuid,
            label=job.reference,
            changes={kind.field: (list(before), list(after))},
        )
    )
