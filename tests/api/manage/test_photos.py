"""Photos and films of jobs over HTTP."""

import asyncio
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from PIL import Image

from firstfix.api.signed_links import find_link
from firstfix.kit.sealing import load_key_ring
from tests.api.manage.conftest import Enter, Office
from tests.factories.organisations import TestOrganisation
from tests.factories.pictures import PDF, film, picture
from tests.factories.servers import TestServer

PATH = "/api/jobs/photos"
RESTORE = {"action": "restore_archived_file"}
EMPTY: dict[str, list[Any]] = {"before": [], "during": [], "after": [], "other": []}


@pytest.fixture
async def office(enter: Enter, organisation: TestOrganisation) -> Office:
    return enter(organisation, "admin")


async def upload(
    office: Office, *files: tuple[str, bytes], key: str | None = None, fields: dict[str, Any]
) -> httpx.Response:
    data = {"action": "upload", "csrf_token": await office.csrf_token(), **{n: str(v) for n, v in fields.items()}}
    headers = {} if key is None else {"Idempotency-Key": key}
    return await office.client.post(PATH, data=data, files=[("photo", file) for file in files], headers=headers)


async def uploaded(office: Office, job_id: int, *files: tuple[str, bytes], **fields: str) -> list[dict[str, Any]]:
    reply = await upload(office, *(files or [("a.jpg", picture())]), fields={"job_id": job_id, **fields})
    assert reply.status_code == 201, reply.text
    photos = reply.json()["data"]
    assert isinstance(photos, list)
    return photos


async def photos_of(office: Office, job_id: int) -> dict[str, list[dict[str, Any]]]:
    reply = await office.get(PATH, job_id=job_id)
    assert reply.status_code == 200, reply.text
    data = reply.json()["data"]
    assert isinstance(data, dict)
    return data


def counted(organisation: TestOrganisation, job_id: int) -> int:
    count = organisation.execute("SELECT photos_count FROM jobs WHERE id = :id", id=job_id)[0].photos_count
    assert isinstance(count, int)
    return count


async def test_photos_are_told_by_the_moment_of_the_work(office: Office, organisation: TestOrganisation) -> None:
    job_id, uuid = organisation.insert_job()
    await uploaded(
        office,
        job_id,
        ("Küche.jpg", picture(size=(600, 300))),
        ("b.png", picture("PNG")),
        type="before",
        caption="The leak",
    )
    [video] = await uploaded(office, job_id, ("walk.mp4", film(size=(1280, 720), seconds=3)), type="after")

    told = (await office.get(PATH, action="list", job_uuid=uuid)).json()

    assert (told["success"], [len(told["data"][name]) for name in EMPTY]) == (True, [2, 0, 1, 0])
    first = told["data"]["before"][0]
    assert {name: first[name] for name in first.keys() - {"id", "uuid", "size_bytes", "url", "thumbnail_url"}} == {
        "type": "before",
        "file_name": "Küche.jpg",
        "mime_type": "image/jpeg",
        "width": 600,
        "height": 300,
        "duration_seconds": None,
        "is_video": False,
        "caption": "The leak",
        "status": "ready",
        "uploaded_by_name": "Admin Tester",
        "created_at": first["created_at"],
    }
    assert {name: video[name] for name in ("width", "height", "duration_seconds", "is_video", "status")} == {
        "width": 1280,
        "height": 720,
        "duration_seconds": 3,
        "is_video": True,
        "status": "processing",
    }
    assert video["thumbnail_url"] is None
    assert counted(organisation, job_id) == 3
    assert (await office.read(str(uuid)))["photos_count"] == 3


async def test_a_job_without_photos_has_none_of_any_moment(office: Office, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()

    assert await photos_of(office, job_id) == EMPTY


async def test_links_show_a_photo_and_its_thumbnail_to_whoever_holds_them(
    office: Office, organisation: TestOrganisation
) -> None:
    job_id, _ = organisation.insert_job()
    [photo] = await uploaded(office, job_id, ("a.jpg", picture(size=(2000, 1000))))

    async with httpx.AsyncClient(base_url=office.client.base_url) as browser:
        shown = await browser.get(photo["url"])
        small = await browser.get(photo["thumbnail_url"])
        part = await browser.get(photo["url"], headers={"Range": "bytes=0-1"})

    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.headers["content-disposition"] == 'inline; filename="a.jpg"'
    assert shown.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert len(shown.content) == photo["size_bytes"]
    assert Image.open(BytesIO(shown.content)).size == (2000, 1000)
    assert Image.open(BytesIO(small.content)).size == (480, 240)
    assert (part.status_code, part.content) == (206, b"\xff\xd8")


async def test_links_end_with_what_they_lead_to_and_with_the_right_to_see_it(
    enter: Enter, organisation: TestOrganisation
) -> None:
    job_id, _ = organisation.insert_job(contractor_id=organisation["contractor1"].id)
    contractor = enter(organisation, "contractor1")
    [photo, gone] = await uploaded(contractor, job_id, ("a.jpg", picture()), ("b.jpg", picture()))
    links = [photo["url"], photo["thumbnail_url"], gone["url"], gone["thumbnail_url"]]
    await contractor.client.request(
        "DELETE", PATH, json={"id": gone["id"], "csrf_token": await contractor.csrf_token()}
    )

    before = [(await contractor.client.get(link)).status_code for link in links]
    organisation.execute("UPDATE jobs SET contractor_id = NULL WHERE id = :id", id=job_id)
    after = [(await contractor.client.get(link)) for link in links]

    assert before == [200, 200, 404, 404]
    assert {reply.status_code for reply in after} == {404}
    assert len({reply.json()["error"] for reply in after}) == 1


@pytest.mark.parametrize("ending", ["", "AAAA", "=", "%00"])
async def test_a_made_up_link_leads_nowhere(office: Office, organisation: TestOrganisation, ending: str) -> None:
    job_id, _ = organisation.insert_job()
    [photo] = await uploaded(office, job_id)
    address, _, link = photo["url"].rpartition("/")

    reply = await office.client.get(f"{address}/{link[:-4]}{ending}")

    assert (reply.status_code, reply.json()["error"]) == (404, "File not found")


async def test_a_link_lasts_a_quarter_of_an_hour(
    server: TestServer, office: Office, organisation: TestOrganisation
) -> None:
    job_id, _ = organisation.insert_job()
    [photo] = await uploaded(office, job_id)
    ring = load_key_ring(server.log.parent / "keys.json")
    link = find_link(photo["url"].rpartition("/")[2], ring)
    assert link is not None
    [(now,)] = organisation.execute("SELECT extract(epoch FROM now())::bigint")
    over = msgspec.structs.replace(link, expires_at=now - 1).write(ring)

    reply = await office.client.get(f"{PATH}/content/{over}")

    assert now + 14 * 60 < link.expires_at <= now + 15 * 60
    assert reply.status_code == 404


async def test_a_photo_is_downloaded_by_its_uuid_and_variant(office: Office, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()
    [photo] = await uploaded(office, job_id, ("a.png", picture("PNG", (600, 600))))

    whole = await office.get(PATH, action="download", uuid=photo["uuid"])
    small = await office.get(PATH, action="download", uuid=photo["uuid"].replace("-", ""), variant="thumbnail")
    none = await office.get(PATH, action="download", uuid=photo["uuid"], variant="720p")
    other = await office.get(PATH, action="download", uuid=uuid4())

    assert Image.open(BytesIO(whole.content)).size == (600, 600)
    assert Image.open(BytesIO(small.content)).size == (480, 480)
    assert [(reply.status_code, reply.json()["error"]) for reply in (none, other)] == [(404, "Photo not found")] * 2


@pytest.mark.parametrize(
    "spelling",
    [{"id": "id"}, {"photo_uuid": "uuid", "action": None}, {"uuid": "uuid"}],
    ids=["id", "photo_uuid", "uuid"],
)
async def test_a_photo_is_deleted_in_both_spellings_once(
    office: Office, organisation: TestOrganisation, spelling: dict[str, str | None]
) -> None:
    job_id, _ = organisation.insert_job()
    [photo] = await uploaded(office, job_id)
    body = {name: photo[field] for name, field in spelling.items() if field is not None}

    replies = [
        await office.client.request("DELETE", PATH, json={**body, "csrf_token": await office.csrf_token()})
        if "id" in spelling
        else await office.post(PATH, {"action": "delete", **body})
        for _ in range(2)
    ]

    assert [reply.status_code for reply in replies] == [200, 404]
    assert replies[1].json()["error"] == "Photo not found"
    assert (await photos_of(office, job_id), counted(organisation, job_id)) == (EMPTY, 0)
    assert (await office.get(PATH, action="download", uuid=photo["uuid"])).status_code == 404


async def test_of_two_who_delete_a_photo_at_once_one_does(office: Office, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()
    [photo, _] = await uploaded(office, job_id, ("a.jpg", picture()), ("b.jpg", picture()))

    replies = await asyncio.gather(
        *(office.post(PATH, {"action": "delete", "photo_uuid": photo["uuid"]}) for _ in range(5))
    )

    assert sorted(reply.status_code for reply in replies) == [200, 404, 404, 404, 404]
    assert counted(organisation, job_id) == 1


async def test_the_same_upload_sent_again_is_the_same_upload(office: Office, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()
    replies = [
        await upload(office, ("a.jpg", content), key="once", fields={"job_id": job_id})
        for content in (picture(), picture(), picture("JPEG", (65, 48)))
    ]

    assert [reply.status_code for reply in replies] == [201, 201, 422]
    assert replies[0].content == replies[1].content
    assert counted(organisation, job_id) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [({}, "job_id"), ({"job_id": "x"}, "job_id"), ({"job_id": 1, "type": "later"}, "type")],
)
async def test_what_an_upload_must_have_is_asked_for(office: Office, fields: dict[str, Any], field: str) -> None:
    reply = await upload(office, ("a.jpg", picture()), fields=fields)

    assert (reply.status_code, reply.json()["field"]) == (400, field)


async def test_an_upload_without_a_photo_is_asked_for_one(office: Office, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()

    replies = [
        await office.post(PATH, {"action": "upload", "job_id": job_id}),
        await office.client.post(
            PATH,
            data={"action": "upload", "job_id": str(job_id), "csrf_token": await office.csrf_token()},
            files={"photo": ("", b"")},
        ),
    ]

    assert [(reply.status_code, reply.json()["field"]) for reply in replies] == [(400, "photo")] * 2


@pytest.mark.parametrize(
    ("name", "content"), [("a.pdf", PDF), ("a.gif", picture("GIF")), ("a.jpg", b"<html>"), ("a.png", picture())]
)
async def test_other_files_are_no_photos(
    office: Office, organisation: TestOrganisation, name: str, content: bytes
) -> None:
    job_id, _ = organisation.insert_job()

    reply = await upload(office, ("good.jpg", picture()), (name, content), fields={"job_id": job_id})

    assert (reply.status_code, reply.json()["code"]) == (415, "files.type_not_taken")
    assert reply.json()["error"] == "Only JPEG, PNG and MP4 files are taken, named as what they are."
    assert await photos_of(office, job_id) == EMPTY


async def test_an_archived_job_takes_no_photos_and_loses_none(office: Office, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()
    [photo] = await uploaded(office, job_id)
    organisation.execute(
        "UPDATE jobs SET stage = 5, status_id = :status WHERE id = :id",
        id=job_id,
        status=organisation.ids["statuses"]["Archived"],
    )

    replies = [
        await upload(office, ("a.jpg", picture()), fields={"job_id": job_id}),
        await office.post(PATH, {"action": "delete", "photo_uuid": photo["uuid"]}),
    ]

    assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [(409, "jobs.archived")] * 2


async def test_photos_of_other_branches_and_organisations_are_not_there(
    enter: Enter,
    organisation: TestOrganisation,
    make_organisation: Any,  # noqa: ANN401
) -> None:
    south, _ = organisation.insert_job(branch_id=organisation.ids["branches"]["South"])
    [photo] = await uploaded(enter(organisation, "admin"), south)
    strangers = [enter(organisation, "agent1"), enter(organisation, "contractor1"), enter(make_organisation(), "admin")]

    for stranger in strangers:
        replies = [
            await stranger.get(PATH, job_id=south),
            await upload(stranger, ("a.jpg", picture()), fields={"job_id": south}),
            await stranger.get(PATH, action="download", uuid=photo["uuid"]),
            await stranger.client.request(
                "DELETE", PATH, json={"id": photo["id"], "csrf_token": await stranger.csrf_token()}
            ),
            await stranger.post(PATH, {"action": "delete", "photo_uuid": photo["uuid"]}),
        ]
        absent = await stranger.client.request(
            "DELETE", PATH, json={"id": 2**40, "csrf_token": await stranger.csrf_token()}
        )

        assert [reply.status_code for reply in replies] == [404] * 5
        hidden, unknown = replies[3].json(), absent.json()
        assert hidden | {"request_id": ""} == unknown | {"request_id": ""}
    assert counted(organisation, south) == 1


async def test_tenants_see_photos_and_contractors_add_them(enter: Enter, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job(contractor_id=organisation["contractor1"].id)
    organisation.execute(
        "INSERT INTO job_contacts (organisation_id, job_id, contact_id, position)"
        " VALUES (:organisation, :job, :contact, 1)",
        organisation=organisation.id,
        job=job_id,
        contact=organisation.contact_id,
    )
    [photo] = await uploaded(enter(organisation, "contractor1"), job_id)
    tenant = enter(organisation, "tenant1")

    listed = await tenant.get(PATH, job_id=job_id)
    shown = await tenant.get(PATH, action="download", uuid=photo["uuid"])
    added = await upload(tenant, ("a.jpg", picture()), fields={"job_id": job_id})

    assert [reply.status_code for reply in (listed, shown, added)] == [403, 200, 403]


async def test_the_history_tells_of_photos_that_come_and_go(office: Office, organisation: TestOrganisation) -> None:
    job_id, uuid = organisation.insert_job()
    [photo] = await uploaded(office, job_id, type="before", caption="Leak")
    await office.post(PATH, {"action": "delete", "photo_uuid": photo["uuid"]})

    reply = await office.get("/api/jobs/manage", action="list_commits", uuid=uuid)

    told = {"uuid": photo["uuid"], "name": "a.jpg", "caption": "Leak", "type": "before"}
    assert [commit["changes"] for commit in reply.json()["data"]] == [
        [{"field": "photos", "from": [told], "to": []}],
        [{"field": "photos", "from": [], "to": [told]}],
    ]
