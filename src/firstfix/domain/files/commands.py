"""Adding, archiving and deleting files. The feature that a file belongs to calls these and keeps the link."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, insert

from firstfix.domain.files.errors import CaptionRefused, NoFileGiven, QuotaExceeded
from firstfix.domain.files.formats import MP4
from firstfix.domain.files.models import File
from firstfix.domain.files.queries import get_usage
from firstfix.domain.files.rules import SHOWN_TYPES, display_name, is_caption, may_inline, mime_type_of
from firstfix.domain.files.views import GivenFile, Purpose, Variant
from firstfix.domain.work import Event, Work


async def require_room(work: Work) -> None:
    """Refuse an upload before its body comes where there is no room at all.

    Raises:
        QuotaExceeded: All room is used.
    """
    usage = await get_usage(work)
    if usage.used_bytes >= usage.quota_bytes:
        raise QuotaExceeded(usage.quota_bytes)


async def add_files(work: Work, given: Sequence[GivenFile], *, purpose: Purpose, caption: str = "") -> list[File]:
    """Write the rows of files whose content is in the store.

    The caller links them to what they belong to, in the same transaction. Two statements.

    Args:
        work: The open transaction.
        given: In the order sent.
        purpose: What they are for.
        caption: The same for all.

    Returns:
        The rows, in the order given.

    Raises:
        NoFileGiven: There is none.
        QuotaExceeded: They need more room than is left.
    """
    if not given:
        raise NoFileGiven
    files = await _insert(work, [_row_of(work, file, purpose, caption) for file in given])
    for file in files:
        work.record(_event(file, "created"))
    return files


async def add_variants(work: Work, variants: Sequence[Variant]) -> list[File]:
    """Write the rows of files that are others once more: a photo's thumbnail, a film at other sizes. Two statements.

    No event tells of them: nobody sent them, and they go with what they are made of.

    Args:
        work: The open transaction.
        variants: Their content is in the store.

    Returns:
        The rows, in the order given.

    Raises:
        QuotaExceeded: They need more room than is left.
    """
    if not variants:
        return []
    rows: list[dict[str, object]] = [
        {
            "storage_key": variant.content.storage_key,
            "purpose": "variant",
            "file_name": variant.file_name,
            "mime_type": variant.media_type,
            "size_bytes": variant.content.size_bytes,
            "sha256": variant.content.sha256,
            "may_inline": variant.media_type in SHOWN_TYPES,
        }
        for variant in variants
    ]
    return await _insert(work, rows)


async def set_caption(work: Work, file: File, *, caption: str) -> None:
    """Set what a file says about itself.

    Raises:
        CaptionRefused: It cannot be kept.
    """
    if not is_caption(caption):
        raise CaptionRefused
    if file.caption == caption:
        return
    work.record(_event(file, "updated", caption=(file.caption, caption)))
    file.caption = caption


async def archive_file(work: Work, file: File) -> None:
    """Take a file out of every read. It can be restored for 30 days; then the sweep deletes it."""
    if file.archived_at is not None:
        return
    file.archived_at = work.now
    work.record(_event(file, "deleted"))


async def restore_file(work: Work, file: File) -> None:
    """Bring an archived file back."""
    if file.archived_at is None:
        return
    file.archived_at = None
    work.record(_event(file, "restored"))


async def delete_files(work: Work, file_ids: Collection[int]) -> None:
    """Delete the rows of files whose owner is deleted, archived ones too, or that others replace.

    Their content stays for 48 hours: a trigger writes down when it may go.
    """
    if not file_ids:
        return
    gone = delete(File).where(File.id.in_(file_ids)).returning(File.id, File.uuid, File.file_name)
    for row in await work.session.execute(gone):
        work.record(Event(entity="file", action="deleted", entity_id=row.id, entity_uuid=row.uuid, label=row.file_name))


async def _insert(work: Work, rows: list[dict[str, object]]) -> list[File]:
    inserted = await work.session.scalars(insert(File).returning(File, sort_by_parameter_order=True), rows)
    files = list(inserted)
    # The triggers have counted these files, and hold the count's lock until this transaction ends.
    usage = await get_usage(work)
    if usage.used_bytes > usage.quota_bytes:
        raise QuotaExceeded(usage.quota_bytes)
    return files


def _row_of(work: Work, given: GivenFile, purpose: Purpose, caption: str) -> dict[str, object]:
    file_name = display_name(given.given_name)
    content, media = given.content, given.media
    mime_type = mime_type_of(file_name) if media is None else media.type
    return {
        "storage_key": content.storage_key,
        "purpose": purpose,
        "file_name": file_name,
        "mime_type": mime_type,
        "size_bytes": content.size_bytes,
        "sha256": content.sha256,
        "may_inline": may_inline(mime_type, content.head) if media is None else media.type in SHOWN_TYPES,
        "caption": caption,
        "state": "processing" if purpose == "photo" and mime_type == MP4 else "ready",
        "uploaded_by_id": work.actor.person_id,
    }


def _event(file: File, action: str, **changes: tuple[str, str]) -> Event:
    return Event(
        entity="file",
        action=action,
        entity_id=file.id,
        entity_uuid=file.uuid,
        label=file.file_name,
        changes=dict(changes),
    )
