"""Files attached to tasks of jobs, and to assets.

Each change records one event on the job or the asset, beside the file's own: who follows those hears of it. It locks
that row first, as every other write of it does, so that nothing is attached to a task on its way out.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import insert, select

from firstfix.domain.catalogue.stages import Stage
from firstfix.domain.errors import EntityNotFound
from firstfix.domain.files.commands import add_files, archive_file, set_caption
from firstfix.domain.files.errors import AttachmentNotFound
from firstfix.domain.files.models import AssetAttachment, File, JobTaskAttachment
from firstfix.domain.files.queries import view_of
from firstfix.domain.files.views import FileView, GivenFile
from firstfix.domain.jobs.errors import JobArchived
from firstfix.domain.jobs.queries import get_task, get_visible_job
from firstfix.domain.jobs.views import JobReference
from firstfix.domain.places.kinds import ASSET
from firstfix.domain.places.policies import visible_places
from firstfix.domain.rows import get_row
from firstfix.domain.work import Event, Work
from firstfix.kit.ids import find_uuid


class TaskPlace(Struct, frozen=True):
    """A task of a job, as `get_task` reads it."""

    job: JobReference
    task: str


class AssetPlace(Struct, frozen=True):
    """An asset, by its uuid."""

    asset: str


Place = TaskPlace | AssetPlace


class _Found(Struct, frozen=True, kw_only=True):
    """What files are attached to.

    Args:
        entity: What events tell of: the job of a task.
        entity_id: Which one.
        entity_uuid: The same.
        label: The same, for people.
        links: The table of links.
        column: Its column that names what the files are attached to.
        id: What that holds.
        task: The task's name, if it is one.
    """

    entity: str
    entity_id: int
    entity_uuid: UUID
    label: str
    links: type[Any]
    column: str
    id: int
    task: str | None = None


async def require_place(work: Work, place: Place) -> None:
    """Refuse an upload before its body comes where nothing could be attached; the refusals are those of `attach`."""
    await _find_place(work, place, for_update=False)


async def attach(work: Work, place: Place, given: Sequence[GivenFile]) -> list[FileView]:
    """Attach files. They stand after those that are there, whether or not a task's job is on a mobile device.

    Args:
        work: The open transaction.
        place: What to.
        given: In the order sent.

    Returns:
        The files, in that order.

    Raises:
        JobNotFound: Absent, or hidden from the actor.
        JobArchived: It no longer changes.
        TaskNotFound: The job has no such task.
        TaskAmbiguous: The catalogue's uuid stands in the job more than once.
        EntityNotFound: The asset is absent, or hidden from the actor.
        NoFileGiven: There is none.
        QuotaExceeded: They need more room than is left.
    """
    found = await _find_place(work, place, for_update=True)
    files = await add_files(work, given, purpose="attachment")
    links = [{"file_id": file.id, found.column: found.id} for file in files]
    await work.session.execute(insert(found.links), links)
    _record(work, found, before=[], after=[_told(found, file) for file in files])
    return [view_of(file) for file in files]


async def caption_attachment(work: Work, place: Place, attachment: str, *, caption: str | UnsetType) -> None:
    """Set what an attached file says about itself; unset leaves it.

    Raises:
        CaptionRefused: It cannot be kept; the rest as `detach`.
    """
    found, file = await _find_attachment(work, place, attachment)
    before = _told(found, file)
    if caption is not UNSET:
        await set_caption(work, file, caption=caption)
    _record(work, found, before=[before], after=[_told(found, file)])


async def detach(work: Work, place: Place, attachment: str) -> None:
    """Take an attached file off. It is archived: gone from every read, and restorable for a while.

    Raises:
        AttachmentNotFound: There is no such file, or it was deleted; the rest as `require_place`.
    """
    found, file = await _find_attachment(work, place, attachment)
    await archive_file(work, file)
    _record(work, found, before=[_told(found, file)], after=[])


async def _find_place(work: Work, place: Place, *, for_update: bool) -> _Found:
    if isinstance(place, TaskPlace):
        job = await get_visible_job(work, place.job, for_update=for_update)
        if job.stage == Stage.ARCHIVED:
            raise JobArchived
        task = await get_task(work, job, place.task)
        return _Found(
            entity="job",
            entity_id=job.id,
            entity_uuid=job.uuid,
            label=job.reference,
            links=JobTaskAttachment,
            column="job_task_id",
            id=task.id,
            task=task.name,
        )
    uuid = find_uuid(place.asset)
    if uuid is None:
        raise EntityNotFound(ASSET.entity, place.asset)
    asset = await get_row(work, ASSET, uuid, visible=visible_places(work.actor, ASSET.table))
    return _Found(
        entity=ASSET.name,
        entity_id=asset["id"],
        entity_uuid=asset["uuid"],
        label=asset["name"],
        links=AssetAttachment,
        column="asset_id",
        id=asset["id"],
    )


async def _find_attachment(work: Work, place: Place, attachment: str) -> tuple[_Found, File]:
    found = await _find_place(work, place, for_update=True)
    links = found.links
    file: File | None = await work.session.scalar(
        select(File)
        .join(links, links.file_id == File.id)
        .filter_by(**{found.column: found.id})
        .where(File.uuid == find_uuid(attachment), File.archived_at.is_(None))
    )
    if file is None:
        raise AttachmentNotFound(attachment)
    return found, file


def _told(found: _Found, file: File) -> dict[str, Any]:
    """Tell of a file as the history of a job or an asset does."""
    told = {"uuid": str(file.uuid), "name": file.file_name, "caption": file.caption}
    return told if found.task is None else {**told, "task": found.task}


def _record(work: Work, found: _Found, *, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    if before != after:
        event = Event(
            entity=found.entity,
            action="updated",
            entity_id=found.entity_id,
            entity_uuid=found.entity_uuid,
            label=found.label,
            changes={"attachments": (before, after)},
        )
        work.record(event)
