"""Photos of jobs: what they leave behind, and who sees them."""

import hashlib
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from firstfix.domain.files.errors import CaptionRefused, FileNotFound, NoFileGiven, PhotoNotFound
from firstfix.domain.files.formats import JPEG, Facts
from firstfix.domain.files.photos import add_photos, archive_photo, get_photo_content
from firstfix.domain.files.ports import StoredContent
from firstfix.domain.files.restoring import restore_archived_file
from firstfix.domain.files.views import GivenFile, Media
from firstfix.domain.jobs.commands import create_job
from firstfix.domain.jobs.errors import JobNotFound
from firstfix.domain.jobs.views import JobDraft, JobIds
from firstfix.domain.work import Work
from tests.conftest import actor_of
from tests.factories.organisations import TestOrganisation


def stored(content: bytes = b"content") -> StoredContent:
    return StoredContent(
        storage_key=uuid4(), size_bytes=len(content), sha256=hashlib.sha256(content).digest(), head=content[:64]
    )


def photo() -> GivenFile:
    media = Media(type=JPEG, facts=Facts(width=1000, height=500), thumbnail=stored(b"small"))
    return GivenFile(part_name="photo", given_name="a.jpg", content=stored(), media=media)


@pytest.fixture
async def job(work: Work, home: TestOrganisation) -> JobIds:
    return await create_job(work, JobDraft(location=home.location_id))


async def uuids(work: Work) -> dict[str, UUID]:
    """Give the uuids of files by what they are for."""
    rows = await work.session.execute(text("SELECT purpose, uuid FROM files"))
    return {row.purpose: row.uuid for row in rows}


async def test_a_photo_has_its_thumbnail_and_is_told_of_once(work: Work, job: JobIds) -> None:
    work.events.clear()
    given = photo()

    await add_photos(work, job.id, [given], moment="before", caption="Leak")

    rows = (await work.session.execute(text("SELECT label, width, height FROM photo_variants"))).all()
    assert [tuple(row) for row in rows] == [("thumbnail", 480, 240)]
    assert [(event.entity, event.action) for event in work.events] == [("file", "created"), ("job", "updated")]
    assert await work.session.scalar(text("SELECT photos_count FROM jobs WHERE id = :id"), {"id": job.id}) == 1
    files = await uuids(work)
    contents = [await get_photo_content(work, files[purpose]) for purpose in ("photo", "variant")]
    assert [content.storage_key for content in contents] == [each.storage_key for each in given.contents]
    assert all(content.may_inline for content in contents)


async def test_what_was_deleted_has_no_content_until_it_is_restored(work: Work, job: JobIds) -> None:
    [id_] = await add_photos(work, job.id, [photo()])
    files = await uuids(work)

    await archive_photo(work, id_)
    for purpose in ("photo", "variant"):
        with pytest.raises(FileNotFound):
            await get_photo_content(work, files[purpose])
    with pytest.raises(PhotoNotFound):
        await archive_photo(work, files["photo"])
    await restore_archived_file(work, files["photo"])

    assert (await get_photo_content(work, files["variant"])).size_bytes == len(b"small")


async def test_after_30_days_a_deleted_photo_goes_with_its_variants(work: Work, job: JobIds) -> None:
    given = photo()
    [id_] = await add_photos(work, job.id, [given])
    await archive_photo(work, id_)
    await work.session.execute(
        text("UPDATE files SET archived_at = archived_at - interval '31 days' WHERE id = :id"), {"id": id_}
    )

    await work.session.execute(text("SELECT delete_expired_files()"))

    assert await uuids(work) == {}
    left = set(await work.session.scalars(text("SELECT storage_key FROM file_removals")))
    assert {content.storage_key for content in given.contents} <= left
    assert await work.session.scalar(text("SELECT photos_count FROM jobs WHERE id = :id"), {"id": job.id}) == 0


async def test_only_who_sees_the_job_sees_its_photos(work: Work, home: TestOrganisation, job: JobIds) -> None:
    [id_] = await add_photos(work, job.id, [photo()])
    files = await uuids(work)
    stranger = Work(work.session, actor=actor_of(home, "contractor1"), now=work.now, keys=work.keys, source=work.source)

    for purpose in ("photo", "variant"):
        with pytest.raises(FileNotFound):
            await get_photo_content(stranger, files[purpose])
    with pytest.raises(PhotoNotFound):
        await archive_photo(stranger, id_)
    with pytest.raises(JobNotFound):
        await add_photos(stranger, job.id, [photo()])


async def test_what_cannot_be_added_is_refused(work: Work, job: JobIds) -> None:
    with pytest.raises(CaptionRefused):
        await add_photos(work, job.id, [photo()], caption="\0")
    with pytest.raises(NoFileGiven):
        await add_photos(work, job.id, [])
