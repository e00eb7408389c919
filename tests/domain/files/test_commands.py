"""Files come, go, come back, and never take more room than there is."""

import asyncio
import hashlib
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from firstfix.domain.files.commands import (
    add_files,
    archive_file,
    delete_files,
    require_room,
    restore_file,
    set_caption,
)
from firstfix.domain.files.errors import NoFileGiven, QuotaExceeded
from firstfix.domain.files.models import File, FileRemoval
from firstfix.domain.files.ports import StoredContent
from firstfix.domain.files.queries import content_of, get_usage, view_of
from firstfix.domain.files.views import FileContent, GivenFile, Usage
from firstfix.domain.work import AccountType, Actor, Work
from firstfix.kit.sealing import KeyRing
from tests.factories.organisations import TestOrganisation

GIB = 1 << 30


def given(name: str = "boiler.txt", content: bytes = b"It drips.") -> GivenFile:
    return GivenFile(
        part_name="file",
        given_name=name,
        content=StoredContent(
            storage_key=uuid4(), size_bytes=len(content), sha256=hashlib.sha256(content).digest(), head=content[:64]
        ),
    )


async def set_quota(work: Work, quota_bytes: int) -> None:
    await work.session.execute(text("UPDATE organisations SET file_quota_bytes = :bytes"), {"bytes": quota_bytes})


def used_by(organisation: TestOrganisation) -> int:
    statement = "SELECT used_bytes FROM file_usage WHERE organisation_id = :id"
    used_bytes: int = organisation.execute(statement, id=organisation.id)[0].used_bytes
    return used_bytes


async def find_removals(work: Work) -> list[UUID]:
    return list(await work.session.scalars(select(FileRemoval.storage_key)))


async def test_a_file_is_named_typed_and_told(work: Work) -> None:
    sent = given("../Größe.PDF", b"%PDF-1.7 and so on")

    [file] = await add_files(work, [sent], purpose="attachment", caption="The plate")

    view = view_of(file)
    assert (view.file_name, view.mime_type, view.caption) == ("Größe.PDF", "application/pdf", "The plate")
    assert file.uploaded_by_id == work.actor.person_id
    assert content_of(file) == FileContent(
        organisation_id=work.actor.organisation_id,
        storage_key=sent.content.storage_key,
        file_name="Größe.PDF",
        mime_type="application/pdf",
        size_bytes=18,
        sha256=sent.content.sha256,
        may_inline=True,
    )
    assert [(event.entity, event.action, event.label) for event in work.events] == [("file", "created", "Größe.PDF")]


async def test_files_keep_the_order_in_which_they_were_sent(work: Work) -> None:
    names = [f"{number}.txt" for number in (3, 1, 2, 9, 5)]

    files = await add_files(work, [given(name) for name in names], purpose="photo")

    assert [file.file_name for file in files] == names
    assert sorted(file.id for file in files) == [file.id for file in files]


async def test_no_file_at_all_is_refused(work: Work) -> None:
    with pytest.raises(NoFileGiven):
        await add_files(work, [], purpose="attachment")


async def test_the_room_that_files_take_is_counted(work: Work) -> None:
    files = await add_files(work, [given(content=b"123"), given(content=b"45")], purpose="attachment")
    await add_files(work, [given(content=b"6")], purpose="document")
    counted = [(await get_usage(work)).used_bytes]
    await archive_file(work, files[0])
    await work.session.flush()
    counted.append((await get_usage(work)).used_bytes)
    await delete_files(work, [file.id for file in files])
    counted.append((await get_usage(work)).used_bytes)

    assert counted == [6, 6, 1]


async def test_an_organisation_without_files_has_all_its_room(work: Work) -> None:
    assert await get_usage(work) == Usage(used_bytes=0, quota_bytes=50 * GIB)
    await require_room(work)


async def test_files_fit_until_the_last_byte(work: Work) -> None:
    await set_quota(work, 10)
    await add_files(work, [given(content=b"12345"), given(content=b"67890")], purpose="attachment")

    with pytest.raises(QuotaExceeded):
        await require_room(work)
    with pytest.raises(QuotaExceeded):
        await add_files(work, [given(content=b"!")], purpose="attachment")


async def test_uploads_that_end_at_once_do_not_share_the_last_room(
    organisation: TestOrganisation, app_engine: AsyncEngine, keys: KeyRing
) -> None:
    organisation.execute("UPDATE organisations SET file_quota_bytes = 25 WHERE id = :id", id=organisation.id)
    actor = Actor(organisation_id=organisation.id, person_id=None, person_uuid=None, account_type=AccountType.STAFF)

    async def upload() -> bool:
        async with AsyncSession(app_engine, expire_on_commit=False) as session:
            set_organisation = text("SELECT now() FROM set_config('firstfix.organisation', :id, true)")
            now = (await session.execute(set_organisation, {"id": str(organisation.id)})).scalar_one()
            try:
                mine = Work(session, actor=actor, now=now, keys=keys, source="worker")
                await add_files(mine, [given(content=b"0123456789")], purpose="attachment")
            except QuotaExceeded:
                return False
            await session.commit()
            return True

    fitted = await asyncio.gather(*(upload() for _ in range(5)))

    assert sum(fitted) == 2
    assert used_by(organisation) == 20


async def test_a_caption_that_changes_is_told_once(work: Work) -> None:
    [file] = await add_files(work, [given()], purpose="attachment")
    work.events.clear()

    for _ in range(2):
        await set_caption(work, file, caption="Before")
    await work.session.flush()

    assert [(event.action, event.changes) for event in work.events] == [("updated", {"caption": ("", "Before")})]
    assert await work.session.scalar(select(File.caption)) == "Before"


async def test_an_archived_file_can_be_restored_and_its_content_stays(work: Work) -> None:
    [file] = await add_files(work, [given()], purpose="attachment")
    work.events.clear()

    for command in (archive_file, archive_file, restore_file, restore_file):
        await command(work, file)
    await work.session.flush()

    assert [event.action for event in work.events] == ["deleted", "restored"]
    assert file.archived_at is None
    assert await find_removals(work) == []


async def test_a_row_that_is_deleted_in_whatever_way_leaves_word_of_its_content(work: Work) -> None:
    one, two, kept = await add_files(work, [given("1"), given("2"), given("3")], purpose="photo")
    work.events.clear()

    await delete_files(work, [one.id])
    await work.session.execute(delete(File).where(File.id == two.id))

    removals = (await work.session.execute(select(FileRemoval.storage_key, FileRemoval.not_before))).all()
    assert {row.storage_key for row in removals} == {one.storage_key, two.storage_key}
    assert all(
        timedelta() <= row.not_before - work.now - timedelta(hours=48) < timedelta(minutes=1) for row in removals
    )
    assert [(event.action, event.label) for event in work.events] == [("deleted", "1")]
    assert await work.session.scalar(select(File.id)) == kept.id


async def test_deleting_nothing_is_no_work(work: Work) -> None:
    await delete_files(work, [])

    assert work.events == []


@pytest.mark.parametrize("column", ["storage_key = uuidv7()", "size_bytes = 1", "sha256 = '\\x00'", "mime_type = 'x'"])
async def test_what_tells_of_content_never_changes(work: Work, column: str) -> None:
    await add_files(work, [given()], purpose="attachment")

    with pytest.raises(ProgrammingError, match="permission denied"):
        await work.session.execute(text(f"UPDATE files SET {column}"))  # noqa: S608 (our own)


async def test_files_of_others_are_not_there(work: Work, organisation: TestOrganisation) -> None:
    organisation.execute(
        "INSERT INTO files (storage_key, purpose, file_name, mime_type, size_bytes, sha256)"
        " VALUES (uuidv7(), 'photo', 'theirs.jpg', 'image/jpeg', 5, '')"
    )

    assert await work.session.scalar(select(File.id)) is None
    assert (await get_usage(work)).used_bytes == 0
    assert used_by(organisation) == 5
