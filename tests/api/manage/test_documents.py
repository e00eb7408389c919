"""Documents of jobs over HTTP, and bringing back what was deleted."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.manage.conftest import JOBS, Enter, Office
from tests.api.manage.test_photos import PATH as PHOTOS
from tests.api.manage.test_photos import photos_of
from tests.api.manage.test_photos import uploaded as uploaded_photos
from tests.factories.organisations import TestOrganisation
from tests.factories.pictures import PDF, WORD, document, film, picture

PATH = "/api/jobs/documents"


@pytest.fixture
async def office(enter: Enter, organisation: TestOrganisation) -> Office:
    return enter(organisation, "admin")


def type_id(organisation: TestOrganisation, key: str = "certificate") -> int:
    [row] = organisation.execute(
        "SELECT id FROM document_types WHERE organisation_id = :o AND key = :key", o=organisation.id, key=key
    )
    id_: int = row.id
    return id_


async def upload(
    office: Office, *files: tuple[str, bytes], key: str | None = None, fields: dict[str, Any]
) -> httpx.Response:
    data = {"action": "upload", "csrf_token": await office.csrf_token(), **{n: str(v) for n, v in fields.items()}}
    headers = {} if key is None else {"Idempotency-Key": key}
    return await office.client.post(PATH, data=data, files=[("file", file) for file in files], headers=headers)


async def uploaded(
    office: Office, organisation: TestOrganisation, job_id: int, name: str = "a.pdf", *, kind: str = "certificate"
) -> dict[str, Any]:
    fields = {"job_id": job_id, "file_type_id": type_id(organisation, kind)}
    reply = await upload(office, (name, PDF), fields=fields)
    assert reply.status_code == 201, reply.text
    data = reply.json()["data"]
    assert isinstance(data, dict)
    return data


async def listed(office: Office, job_id: int) -> list[str]:
    reply = await office.get(PATH, action="list", job_id=job_id)
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["count"] == len(body["data"])
    return [one["file_name"] for one in body["data"]]


def counted(organisation: TestOrganisation, job_id: int) -> int:
    count = organisation.execute("SELECT documents_count FROM jobs WHERE id = :id", id=job_id)[0].documents_count
    assert isinstance(count, int)
    return count


def deny(organisation: TestOrganisation, label: str, *keys: str) -> None:
    organisation.execute(
        "UPDATE people SET denied_keys = :keys WHERE id = :id", keys=list(keys), id=organisation[label].id
    )


async def test_documents_are_filed_listed_and_sent(office: Office, organisation: TestOrganisation) -> None:
    job_id, uuid = organisation.insert_job()
    certificate, record = type_id(organisation), document()

    first = await upload(office, ("Gas Safe.docx", record), fields={"job_uuid": uuid, "document_type_id": certificate})
    await uploaded(office, organisation, job_id, "Quote.pdf", kind="quote")

    told = first.json()["data"]
    assert told == {
        "id": told["id"],
        "uuid": told["uuid"],
        "job_id": job_id,
        "file_type_id": certificate,
        "file_type_name": "Certificate",
        "file_name": "Gas Safe.docx",
        "mime_type": WORD,
        "size_bytes": len(record),
        "uploaded_by_name": "Admin Tester",
        "created_at": told["created_at"],
    }
    assert await listed(office, job_id) == ["Quote.pdf", "Gas Safe.docx"]
    assert (counted(organisation, job_id), (await office.read(str(uuid)))["documents_count"]) == (2, 2)
    sent = await office.get(PATH, action="download", uuid=told["uuid"])
    assert (sent.status_code, sent.content) == (200, record)
    assert sent.headers["content-disposition"] == 'attachment; filename="Gas Safe.docx"'
    assert (sent.headers["content-type"], sent.headers["x-content-type-options"]) == (WORD, "nosniff")
    part = await office.client.get(
        PATH, params={"action": "download", "uuid": told["uuid"]}, headers={"Range": "bytes=0-1"}
    )
    assert (part.status_code, part.content) == (206, b"PK")


async def test_pictures_are_shown_and_pdf_is_not(office: Office, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()
    shown = []
    for name, content in (("a.jpg", picture()), ("a.pdf", PDF)):
        reply = await upload(office, (name, content), fields={"job_id": job_id, "file_type_id": type_id(organisation)})
        sent = await office.get(PATH, action="download", uuid=reply.json()["data"]["uuid"])
        shown.append(sent.headers["content-disposition"].partition(";")[0])

    assert shown == ["inline", "attachment"]


@pytest.mark.parametrize(
    ("fields", "files", "field"),
    [
        ({}, [("a.pdf", PDF)], "file_type_id"),
        ({"file_type_id": "x"}, [("a.pdf", PDF)], "file_type_id"),
        ({"file_type_id": 1, "document_type_id": 2}, [("a.pdf", PDF)], "document_type_id"),
        ({"file_type_id": 1}, [], "file"),
        ({"file_type_id": 1}, [("a.pdf", PDF), ("b.pdf", PDF)], "file"),
    ],
)
async def test_what_an_upload_must_have_is_asked_for(
    office: Office, organisation: TestOrganisation, fields: dict[str, Any], files: list[tuple[str, bytes]], field: str
) -> None:
    job_id, _ = organisation.insert_job()

    reply = await upload(office, *files, fields={"job_id": job_id, **fields})

    assert (reply.status_code, reply.json()["field"]) == (400, field)


async def test_an_unknown_type_is_not_found(office: Office, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()

    reply = await upload(office, ("a.pdf", PDF), fields={"job_id": job_id, "file_type_id": 2**40})

    assert (reply.status_code, reply.json()["error"]) == (404, "Not found: file_type_id")


@pytest.mark.parametrize(("name", "content"), [("a.mp4", film()), ("a.txt", b"x"), ("a.pdf", document())])
async def test_other_files_are_no_documents(
    office: Office, organisation: TestOrganisation, name: str, content: bytes
) -> None:
    job_id, _ = organisation.insert_job()

    reply = await upload(office, (name, content), fields={"job_id": job_id, "file_type_id": type_id(organisation)})

    assert (reply.status_code, reply.json()["code"]) == (415, "files.type_not_taken")
    assert await listed(office, job_id) == []


@pytest.mark.parametrize("spelling", ["document_id", "document_uuid"])
async def test_a_document_is_deleted_in_both_spellings_once(
    office: Office, organisation: TestOrganisation, spelling: str
) -> None:
    job_id, _ = organisation.insert_job()
    told = await uploaded(office, organisation, job_id)
    body = {spelling: told[spelling.removeprefix("document_")]}

    replies = [
        await office.client.request("DELETE", PATH, json={**body, "csrf_token": await office.csrf_token()})
        if spelling == "document_id"
        else await office.post(PATH, {"action": "delete", **body})
        for _ in range(2)
    ]

    assert [reply.status_code for reply in replies] == [200, 404]
    assert replies[1].json()["error"] == "Document not found"
    assert (await listed(office, job_id), counted(organisation, job_id)) == ([], 0)
    assert (await office.get(PATH, action="download", uuid=told["uuid"])).status_code == 404


async def test_of_two_who_delete_a_document_at_once_one_does(office: Office, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()
    told = await uploaded(office, organisation, job_id)

    replies = await asyncio.gather(
        *(office.post(PATH, {"action": "delete", "document_uuid": told["uuid"]}) for _ in range(4))
    )

    assert sorted(reply.status_code for reply in replies) == [200, 404, 404, 404]
    assert counted(organisation, job_id) == 0


async def test_a_type_that_one_may_not_read_is_not_there(enter: Enter, organisation: TestOrganisation) -> None:
    job_id, uuid = organisation.insert_job(contractor_id=organisation["contractor1"].id)
    office, contractor = enter(organisation, "admin"), enter(organisation, "contractor1")
    quote = await uploaded(office, organisation, job_id, "Quote.pdf", kind="quote")
    await uploaded(office, organisation, job_id, "Certificate.pdf")
    deny(organisation, "contractor1", *(f"document.quote.{act}" for act in ("upload", "read", "delete")))

    fields = {"job_id": job_id, "file_type_id": type_id(organisation, "quote")}
    replies = [
        await contractor.get(PATH, action="download", uuid=quote["uuid"]),
        await contractor.post(PATH, {"action": "delete", "document_uuid": quote["uuid"]}),
        await contractor.client.request(
            "DELETE", PATH, json={"document_id": quote["id"], "csrf_token": await contractor.csrf_token()}
        ),
        await upload(contractor, ("a.pdf", PDF), fields=fields),
    ]
    types = (await office.get(JOBS, action="get_file_types")).json()["data"]
    history = (await contractor.get(JOBS, action="list_commits", uuid=uuid)).json()

    assert [reply.json()["error"] for reply in replies] == [
        "Document not found",
        "Document not found",
        "Document not found",
        "Not found: file_type_id",
    ]
    assert await listed(contractor, job_id) == ["Certificate.pdf"]
    assert [one["name"] for one in types] == ["Certificate", "Quote", "Invoice", "Report", "Risk assessment", "Other"]
    assert "Quote" not in str(history["data"])
    assert "Certificate.pdf" in str(history["data"])
    assert counted(organisation, job_id) == 2


async def test_of_an_archived_job_too_what_one_may_not_read_is_not_there(
    enter: Enter, organisation: TestOrganisation
) -> None:
    job_id, _ = organisation.insert_job()
    office, manager = enter(organisation, "admin"), enter(organisation, "manager")
    kept = await uploaded(office, organisation, job_id, kind="quote")
    deleted = await uploaded(office, organisation, job_id, kind="quote")
    await office.post(PATH, {"action": "delete", "document_id": deleted["id"]})
    archive = "UPDATE jobs SET stage = 5, status_id = :status WHERE id = :id"
    organisation.execute(archive, id=job_id, status=organisation.ids["statuses"]["Archived"])
    deny(organisation, "manager", *(f"document.quote.{act}" for act in ("upload", "read", "delete")))
    fields = {"job_id": job_id, "file_type_id": type_id(organisation, "quote")}

    told = {
        who: [
            (await upload(who, ("a.pdf", PDF), fields=fields)).status_code,
            (await who.post(PATH, {"action": "delete", "document_id": kept["id"]})).status_code,
            (await restore(who, deleted["uuid"])).status_code,
        ]
        for who in (office, manager)
    }

    assert (told[office], told[manager]) == ([409] * 3, [404] * 3)


async def test_who_only_reads_a_type_neither_adds_nor_deletes(enter: Enter, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()
    manager = enter(organisation, "manager")
    told = await uploaded(manager, organisation, job_id)
    deny(organisation, "manager", "document.certificate.upload", "document.certificate.delete")

    replies = [
        await upload(manager, ("a.pdf", PDF), fields={"job_id": job_id, "file_type_id": type_id(organisation)}),
        await manager.post(PATH, {"action": "delete", "document_uuid": told["uuid"]}),
    ]

    assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [(403, "auth.permission_missing")] * 2
    assert await listed(manager, job_id) == ["a.pdf"]


async def test_types_that_one_may_not_read_are_not_on_the_menu(enter: Enter, organisation: TestOrganisation) -> None:
    deny(organisation, "manager", "document.quote.read", "document.other.read")

    reply = await enter(organisation, "manager").get(JOBS, action="get_file_types")

    assert [one["name"] for one in reply.json()["data"]] == ["Certificate", "Invoice", "Report", "Risk assessment"]


async def test_documents_of_other_branches_are_not_there(enter: Enter, organisation: TestOrganisation) -> None:
    south, _ = organisation.insert_job(branch_id=organisation.ids["branches"]["South"])
    told = await uploaded(enter(organisation, "admin"), organisation, south)
    agent = enter(organisation, "agent1")

    replies = [
        await agent.get(PATH, job_id=south),
        await upload(agent, ("a.pdf", PDF), fields={"job_id": south, "file_type_id": type_id(organisation)}),
        await agent.get(PATH, action="download", uuid=told["uuid"]),
        await agent.post(PATH, {"action": "delete", "document_uuid": told["uuid"]}),
        await agent.post(PATH, {"action": "delete", "document_id": told["id"]}),
        await agent.post(PATH, {"action": "delete", "document_id": 2**40}),
    ]

    assert [reply.status_code for reply in replies] == [404] * 6
    assert replies[4].json() | {"request_id": ""} == replies[5].json() | {"request_id": ""}


async def test_the_same_document_sent_again_is_filed_once(office: Office, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()
    fields = {"job_id": job_id, "file_type_id": type_id(organisation)}

    replies = [await upload(office, ("a.pdf", PDF), key="once", fields=fields) for _ in range(2)]

    assert (replies[0].content, counted(organisation, job_id)) == (replies[1].content, 1)


# Bringing back ------------------------------------------------------------------------------------------------------


async def restore(office: Office, uuid: object) -> httpx.Response:
    return await office.post(JOBS, {"action": "restore_archived_file", "uuid": str(uuid)})


async def test_what_was_deleted_is_brought_back(office: Office, organisation: TestOrganisation) -> None:
    job_id, uuid = organisation.insert_job()
    told = await uploaded(office, organisation, job_id)
    [photo] = await uploaded_photos(office, job_id, type="after")
    await office.post(PATH, {"action": "delete", "document_uuid": told["uuid"]})
    await office.post(PHOTOS, {"action": "delete", "photo_uuid": photo["uuid"]})

    replies = [await restore(office, file["uuid"]) for file in (told, photo)]

    assert [reply.json()["data"] for reply in replies] == [
        {"uuid": told["uuid"], "kind": "document", "file_name": "a.pdf"},
        {"uuid": photo["uuid"], "kind": "photo", "file_name": "a.jpg"},
    ]
    assert await listed(office, job_id) == ["a.pdf"]
    [again] = (await photos_of(office, job_id))["after"]
    assert (await office.client.get(again["thumbnail_url"])).status_code == 200
    job = await office.read(str(uuid))
    assert (job["photos_count"], job["documents_count"]) == (1, 1)


async def test_what_was_not_deleted_or_too_long_ago_is_not_there(enter: Enter, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job(branch_id=organisation.ids["branches"]["South"])
    office, agent = enter(organisation, "admin"), enter(organisation, "agent1")
    alive, deleted, old = [await uploaded(office, organisation, job_id, name) for name in ("a.pdf", "b.pdf", "c.pdf")]
    for told in (deleted, old):
        await office.post(PATH, {"action": "delete", "document_uuid": told["uuid"]})
    organisation.execute(
        "UPDATE files SET archived_at = now() - interval '30 days 1 second' WHERE uuid = :uuid", uuid=old["uuid"]
    )

    replies = [
        await restore(agent, deleted["uuid"]),
        *[await restore(office, uuid) for uuid in (alive["uuid"], old["uuid"], uuid4())],
    ]

    assert [(reply.status_code, reply.json()["error"]) for reply in replies] == [(404, "File not found")] * 4
    assert counted(organisation, job_id) == 1


async def test_a_deleted_job_takes_its_files_along(office: Office, organisation: TestOrganisation) -> None:
    job_id, uuid = organisation.insert_job()
    await uploaded(office, organisation, job_id)
    [photo] = await uploaded_photos(office, job_id)
    await uploaded_photos(office, job_id)
    await office.post(PHOTOS, {"action": "delete", "photo_uuid": photo["uuid"]})
    counts = (await office.get(JOBS, action="preview_delete", uuid=uuid)).json()["data"]

    deleted = await office.post(JOBS, {"action": "delete", "uuid": str(uuid)})

    assert (counts["photos"], counts["documents"], deleted.status_code) == (1, 1, 200)
    left = "SELECT id FROM files WHERE organisation_id = :o"
    assert organisation.execute(left, o=organisation.id) == []
    due = organisation.execute(
        "SELECT not_before > now() + interval '47 hours' AS is_later FROM file_removals WHERE organisation_id = :o",
        o=organisation.id,
    )
    assert [row.is_later for row in due] == [True] * 5  # two photos with their thumbnails, and the document


async def test_an_upload_against_a_deletion_leaves_nothing_behind(
    office: Office, organisation: TestOrganisation
) -> None:
    job_id, uuid = organisation.insert_job()
    fields = {"job_id": job_id, "file_type_id": type_id(organisation)}

    replies = await asyncio.gather(
        upload(office, ("a.pdf", PDF), fields=fields), office.post(JOBS, {"action": "delete", "uuid": str(uuid)})
    )

    assert (replies[0].status_code in {201, 404}, replies[1].status_code) == (True, 200)
    assert organisation.execute("SELECT id FROM files WHERE organisation_id = :o", o=organisation.id) == []


async def test_a_full_organisation_takes_nothing_more(office: Office, organisation: TestOrganisation) -> None:
    job_id, _ = organisation.insert_job()
    organisation.execute(
        "UPDATE organisations SET file_quota_bytes = :most WHERE id = :o", most=len(PDF), o=organisation.id
    )
    fields = {"job_id": job_id, "file_type_id": type_id(organisation)}

    replies = [
        await upload(office, ("a.jpg", picture()), fields=fields),
        await upload(office, ("a.pdf", PDF), fields=fields),
        await upload(office, ("a.pdf", PDF), fields=fields),
    ]

    assert [reply.status_code for reply in replies] == [409, 201, 409]
    assert replies[0].json()["code"] == "files.quota_exceeded"
    assert counted(organisation, job_id) == 1
