"""Signatures of a job over the wire."""

import asyncio
import hashlib
import time
from uuid import UUID

import httpx
import pytest
from msgspec import Struct

from firstfix.api.signed_links import SignedLink
from firstfix.kit.sealing import load_key_ring
from tests.factories.contents import store_in
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

PNG = b"\x89PNG\r\n\x1a\n and so on"


class Signed(Struct):
    """A job that somebody signed for."""

    uuid: UUID
    file: UUID
    job_id: int


@pytest.fixture
async def signed(server: TestServer, organisation: TestOrganisation) -> Signed:
    """A job of branch North with a signature after the work, its picture in the server's store."""
    storage = store_in(server.log.parent, organisation.owner)
    draft = await storage.draft(organisation.id)
    await draft.write(PNG)
    await draft.finish()
    content = await storage.keep(draft)
    await draft.drop()
    job_id, uuid = organisation.insert_job(status_id=organisation.ids["statuses"]["Complete"])
    file_id, file = organisation.insert(
        "files",
        storage_key=content.storage_key,
        purpose="signature",
        file_name="signature.png",
        mime_type="image/png",
        size_bytes=len(PNG),
        sha256=hashlib.sha256(PNG).digest(),
        may_inline=True,
    )
    organisation.execute(
        "INSERT INTO job_signatures (job_id, is_before, file_id, signed_by, terms_accepted, is_shown)"
        " VALUES (:job, false, :file, 'Mary Hale', true, true)",
        job=job_id,
        file=file_id,
    )
    return Signed(uuid=uuid, file=file, job_id=job_id)


async def url_of(field: httpx.AsyncClient, signed: Signed) -> str:
    signature = (await field.get(f"/job/{signed.uuid.hex}")).json()["signature"]
    url: str = signature["url"]
    return url


async def test_a_signature_stands_in_its_job(server: TestServer, field: httpx.AsyncClient, signed: Signed) -> None:
    job = (await field.get(f"/job/{signed.uuid.hex}")).json()

    url = job["signature"].pop("url")
    assert job["signature"] == {"terms_accepted": True, "is_shown": True, "name": "Mary Hale"}
    assert job["pre_signature"] is None
    assert url.startswith(f"{server.base_url}/file/")
    async with server.client() as anybody:
        picture = await anybody.get(url)
    assert (picture.status_code, picture.content) == (200, PNG)
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["content-disposition"] == 'inline; filename="signature.png"'
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert picture.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert picture.headers["cache-control"] == "no-store"


async def test_a_signature_before_the_work_stands_apart(
    field: httpx.AsyncClient, organisation: TestOrganisation, signed: Signed
) -> None:
    organisation.execute(
        "UPDATE job_signatures SET is_before = true, signed_by = NULL, terms_accepted = false, is_shown = false"
        " WHERE job_id = :job",
        job=signed.job_id,
    )

    job = (await field.get(f"/job/{signed.uuid.hex}")).json()

    assert job["signature"] is None
    assert {**job["pre_signature"], "url": ""} == {"url": "", "terms_accepted": False, "is_shown": False, "name": None}


async def test_a_job_with_a_signature_can_be_posted_back(field: httpx.AsyncClient, signed: Signed) -> None:
    job = (await field.get(f"/job/{signed.uuid.hex}")).json()

    assert (await field.post(f"/job/{signed.uuid.hex}", json=job)).status_code == 204


async def test_a_range_of_a_picture(server: TestServer, field: httpx.AsyncClient, signed: Signed) -> None:
    url = await url_of(field, signed)

    async with server.client() as anybody:
        part = await anybody.get(url, headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"PNG", f"bytes 1-3/{len(PNG)}")


async def test_a_link_is_of_no_use_to_who_lost_sight_of_the_job(
    server: TestServer, organisation: TestOrganisation, signed: Signed
) -> None:
    async with server.field(organisation["agent1"].api_key) as agent:
        url = await url_of(agent, signed)
    branches = organisation.ids["branches"]

    async with server.client() as anybody:
        seen = await anybody.get(url)
        organisation.execute(
            "UPDATE jobs SET branch_id = :south WHERE id = :job", south=branches["South"], job=signed.job_id
        )
        hidden = await anybody.get(url)
        organisation.execute(
            "UPDATE jobs SET branch_id = :north WHERE id = :job", north=branches["North"], job=signed.job_id
        )
        organisation.execute("UPDATE people SET archived_at = now() WHERE id = :id", id=organisation["agent1"].id)
        archived = await anybody.get(url)
        organisation.execute("UPDATE people SET archived_at = NULL WHERE id = :id", id=organisation["agent1"].id)
        organisation.execute(
            "UPDATE people SET denied_keys = ARRAY['api.jobs.manage.list', 'api.jobs.manage.manage'] WHERE id = :id",
            id=organisation["agent1"].id,
        )
        denied = await anybody.get(url)
    assert [reply.status_code for reply in (seen, hidden, archived, denied)] == [200, 404, 404, 404]
    assert hidden.json()["error"]["name"] == "NotFoundError"


async def test_a_link_lasts_a_quarter_of_an_hour(
    server: TestServer, organisation: TestOrganisation, signed: Signed
) -> None:
    ring = load_key_ring(server.log.parent / "keys.json")

    def link(seconds: int, **other: object) -> str:
        said = {"organisation_id": organisation.id, "person_id": organisation["admin"].id, "file": signed.file, **other}
        written = SignedLink(expires_at=int(time.time()) + seconds, **said).write(ring)  # type: ignore[arg-type]
        return f"/file/{written}"

    async with server.client() as anybody:
        alive, late, foreign, absent, nobody = await asyncio.gather(
            anybody.get(link(30)),
            anybody.get(link(-1)),
            anybody.get(link(30, organisation_id=organisation.id + 10**9)),
            anybody.get(link(30, file=UUID(int=7))),
            anybody.get(link(30, person_id=2**62)),
        )
        job = await anybody.get(
            f"/job/{signed.uuid.hex}", headers={"Authorization": f"Token {organisation['admin'].api_key}"}
        )
    assert [reply.status_code for reply in (alive, late, foreign, absent, nobody)] == [200, 404, 404, 404, 404]
    assert len({reply.content for reply in (late, foreign, absent, nobody)}) == 1
    assert job.status_code == 200


async def test_a_link_that_nobody_wrote_leads_nowhere(
    server: TestServer, field: httpx.AsyncClient, signed: Signed
) -> None:
    url = await url_of(field, signed)
    forged = url[:-4] + ("AAAA" if not url.endswith("AAAA") else "BBBB")

    async with server.client() as anybody:
        replies = [
            await anybody.get(address) for address in (forged, url[:-8], "/file/x", "/file/%00", "/file/" + "A" * 9000)
        ]
        assert (await anybody.head(url)).status_code == 405
    assert {reply.status_code for reply in replies} <= {404, 414, 431}
