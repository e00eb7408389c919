"""Signatures for jobs."""

import hashlib
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from firstfix.domain.files.errors import FileNotFound, NotAPicture
from firstfix.domain.files.ports import StoredContent
from firstfix.domain.files.signatures import get_signature_content, sign_job
from firstfix.domain.files.views import GivenFile
from firstfix.domain.jobs.commands import create_job, delete_job
from firstfix.domain.jobs.errors import JobArchived, JobNotFound, ValueOutOfRange
from firstfix.domain.jobs.views import JobDraft, JobIds
from firstfix.domain.work import Work
from tests.conftest import actor_of
from tests.factories.organisations import TestOrganisation

PNG = b"\x89PNG\r\n\x1a\n and so on"


def picture(content: bytes = PNG, name: str = "signature.png") -> GivenFile:
    stored = StoredContent(
        storage_key=uuid4(), size_bytes=len(content), sha256=hashlib.sha256(content).digest(), head=content[:64]
    )
    return GivenFile(part_name="file", given_name=name, content=stored)


def acting(work: Work, home: TestOrganisation, label: str) -> Work:
    return Work(work.session, actor=actor_of(home, label), now=work.now, keys=work.keys, source=work.source)


@pytest.fixture
async def job(work: Work, home: TestOrganisation) -> JobIds:
    return await create_job(work, JobDraft(location=home.location_id))


async def removals(work: Work) -> set[UUID]:
    return set(await work.session.scalars(text("SELECT storage_key FROM file_removals")))


async def test_a_signature_is_kept_and_told(work: Work, job: JobIds) -> None:
    sent = picture()
    work.events.clear()

    file = await sign_job(work, job.id, moment="after", picture=sent, signed_by="Mary Hale", terms_accepted=True)

    content = await get_signature_content(work, file)
    assert (content.storage_key, content.mime_type, content.may_inline) == (sent.content.storage_key, "image/png", True)
    rows = (await work.session.execute(text("SELECT is_before, signed_by, terms_accepted FROM job_signatures"))).all()
    assert [tuple(row) for row in rows] == [(False, "Mary Hale", True)]
    assert [(event.entity, event.action) for event in work.events] == [("file", "created"), ("job", "updated")]
    assert work.events[-1].changes == {"signature": (None, str(file))}


async def test_a_later_signature_takes_the_place_of_the_earlier(work: Work, job: JobIds) -> None:
    before, first, second = picture(), picture(), picture()
    kept = await sign_job(work, job.id, moment="before", picture=before)
    old = await sign_job(work, job.id, moment="after", picture=first)

    new = await sign_job(work, job.id, moment="after", picture=second)

    assert (await get_signature_content(work, new)).storage_key == second.content.storage_key
    assert (await get_signature_content(work, kept)).storage_key == before.content.storage_key
    with pytest.raises(FileNotFound):
        await get_signature_content(work, old)
    assert await removals(work) == {first.content.storage_key}


async def test_a_job_takes_its_signatures_with_it(work: Work, job: JobIds) -> None:
    sent = [picture(), picture()]
    files = [
        await sign_job(work, job.id, moment="before", picture=sent[0]),
        await sign_job(work, job.id, moment="after", picture=sent[1]),
    ]

    await delete_job(work, job.id)

    assert await removals(work) == {given.content.storage_key for given in sent}
    for file in files:
        with pytest.raises(FileNotFound):
            await get_signature_content(work, file)


async def test_only_who_sees_the_job_sees_who_signed(work: Work, home: TestOrganisation, job: JobIds) -> None:
    file = await sign_job(work, job.id, moment="after", picture=picture())

    for label in ("agent2", "contractor1", "tenant1"):
        with pytest.raises(FileNotFound):
            await get_signature_content(acting(work, home, label), file)
        with pytest.raises(JobNotFound):
            await sign_job(acting(work, home, label), job.id, moment="after", picture=picture())
    assert (await get_signature_content(acting(work, home, "agent1"), file)).file_name == "signature.png"


async def test_other_files_are_no_signatures(work: Work, job: JobIds) -> None:
    await sign_job(work, job.id, moment="after", picture=picture())
    other = uuid4()
    await work.session.execute(
        text(
            "INSERT INTO files (uuid, storage_key, purpose, file_name, mime_type, size_bytes, sha256)"
            " VALUES (:uuid, uuidv7(), 'document', 'a.pdf', 'application/pdf', 1, '')"
        ),
        {"uuid": other},
    )

    for uuid in (other, uuid4()):
        with pytest.raises(FileNotFound):
            await get_signature_content(work, uuid)


async def test_what_is_no_signature_is_refused(work: Work, home: TestOrganisation, job: JobIds) -> None:
    archived, _ = home.insert_job(status_id=home.ids["statuses"]["Archived"])

    with pytest.raises(NotAPicture):
        await sign_job(work, job.id, moment="after", picture=picture(b"%PDF-1.7", "signature.png"))
    with pytest.raises(ValueOutOfRange):
        await sign_job(work, job.id, moment="after", picture=picture(), signed_by="a\0b")
    with pytest.raises(JobArchived):
        await sign_job(work, archived, moment="after", picture=picture())
