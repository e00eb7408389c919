"""A hundred and fifty hostile files through the real upload: refused or cleaned, and nothing left behind."""

import asyncio
import unicodedata
from pathlib import Path
from uuid import UUID

import httpx

from tests.api.manage.conftest import Enter, Office
from tests.factories.hostile_files import MARK, HostileFile, hostile_files
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer
from tests.factories.waiting import until

PHOTOS, DOCUMENTS = "/api/jobs/photos", "/api/jobs/documents"
AT_ONCE = 4


async def send(office: Office, file: HostileFile, job_id: int, type_id: int) -> httpx.Response:
    data = {"action": "upload", "csrf_token": await office.csrf_token(), "job_id": str(job_id)}
    if file.is_document:
        data["file_type_id"] = str(type_id)
    path = DOCUMENTS if file.is_document else PHOTOS
    return await office.client.post(path, data=data, files={"file": (file.given_name, file.content)})


async def content_of(office: Office, file: HostileFile, reply: httpx.Response) -> tuple[str, bytes]:
    """Give what was kept, and under which name."""
    data = reply.json()["data"]
    kept = data if file.is_document else data[0]
    path = DOCUMENTS if file.is_document else PHOTOS
    return kept["file_name"], (await office.get(path, action="download", uuid=kept["uuid"])).content


def is_plain(name: str) -> bool:
    return not set("/\\").intersection(name) and all(
        unicodedata.category(character) not in {"Cc", "Cf", "Zl", "Zp"} for character in name
    )


def drafts_in(folder: Path) -> list[Path]:
    return list((folder / "tmp").iterdir())


def contents_in(folder: Path) -> set[UUID]:
    return {UUID(path.name) for path in folder.glob("??/??/*")}


def children_of(server: TestServer) -> list[int]:
    return [process.pid for process in server.processes if any("screening" in part for part in process.cmdline())]


async def test_hostile_files_are_refused_or_cleaned_and_leave_nothing(
    server: TestServer, enter: Enter, organisation: TestOrganisation
) -> None:
    files = hostile_files()
    office = enter(organisation, "admin")
    job_id, _ = organisation.insert_job()
    [row] = organisation.execute("SELECT id FROM document_types WHERE organisation_id = :o LIMIT 1", o=organisation.id)
    store = server.log.parent / "files"
    before = contents_in(store)
    turns = asyncio.Semaphore(AT_ONCE)

    async def judge(file: HostileFile) -> str | None:
        """Send a file, and say what is wrong with its fate."""
        async with turns:
            reply = await send(office, file, job_id, row.id)
            if reply.status_code == 415:
                return None if file.fate != "cleaned" else f"{file.name} was refused: {reply.text}"
            if reply.status_code != 201 or file.fate == "refused":
                return f"{file.name} was answered with {reply.status_code}"
            name, content = await content_of(office, file, reply)
            if MARK in content or b"hostile" in content:
                return f"{file.name} got through"
            return None if is_plain(name) else f"{file.name} is called {name!r}"

    wrong = [told for told in await asyncio.gather(*map(judge, files)) if told is not None]

    assert len(files) == len({file.name for file in files}) == 150
    assert wrong == []
    rows = organisation.execute("SELECT storage_key FROM files WHERE organisation_id = :o", o=organisation.id)
    assert contents_in(store) - before == {row.storage_key for row in rows}
    assert drafts_in(store) == []
    await until(lambda: not children_of(server))
    assert (await office.get(PHOTOS, job_id=job_id)).status_code == 200
    assert "unexpected" not in server.log.read_text()
