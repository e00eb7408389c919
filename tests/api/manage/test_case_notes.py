"""Case notes over HTTP."""

import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.api.manage.conftest import Enter, Office
from tests.factories.hostile_html import HOSTILE_HTML
from tests.factories.organisations import TestOrganisation
from tests.factories.pictures import PDF, document, film, picture

NOTES, OTHER_SPELLING = "/api/jobs/case-notes", "/api/jobs/case_notes"
PNG = picture("PNG")


async def write(office: Office, job: UUID, text: str = "Called the tenant.", **more: object) -> dict[str, Any]:
    reply = await office.post(NOTES, {"job_uuid": str(job), "note_text": text, **more})
    assert reply.status_code == 201, reply.text
    data = reply.json()["data"]
    assert isinstance(data, dict)
    return data


async def change(office: Office, note: dict[str, Any], **fields: object) -> httpx.Response:
    return await office.post(NOTES, {"action": "update", "uuid": note["uuid"], **fields})


async def delete(office: Office, note: dict[str, Any]) -> httpx.Response:
    return await office.post(NOTES, {"action": "delete", "uuid": note["uuid"]})


async def listed(office: Office, job: UUID, **page: object) -> list[dict[str, Any]]:
    reply = await office.get(NOTES, action="list", job_uuid=job, **page)
    assert reply.status_code == 200, reply.text
    data = reply.json()["data"]
    assert isinstance(data, list)
    return data


async def attach(
    office: Office, job: UUID, *names: str, part: str = "attachments", text: str = "See."
) -> httpx.Response:
    fields = {"job_uuid": str(job), "note_text": text, "csrf_token": await office.csrf_token()}
    return await office.client.post(NOTES, data=fields, files=[(part, (name, PNG)) for name in names])


async def send(office: Office, job: UUID, *files: tuple[str, bytes]) -> httpx.Response:
    fields = {"job_uuid": str(job), "note_text": "See.", "csrf_token": await office.csrf_token()}
    return await office.client.post(NOTES, data=fields, files=[("attachments", file) for file in files])


def archive(organisation: TestOrganisation, job_id: int) -> None:
    organisation.execute(
        "UPDATE jobs SET status_id = :status, stage = 5, completed_at = now() WHERE id = :id",
        status=organisation.ids["statuses"]["Archived"],
        id=job_id,
    )


async def test_a_note_is_told_as_the_list_tells_it(office: Office, organisation: TestOrganisation) -> None:
    job_id, job = organisation.insert_job()

    reply = await office.post(NOTES, {"job_uuid": str(job), "note_text": "Called.\nNo answer: 5 < 6."})

    assert reply.status_code == 201
    body = reply.json()
    data = body["data"]
    assert data == {
        "ID": body["note_id"],
        "uuid": body["note_uuid"],
        "job_id": job_id,
        "note_text": "Called.<br>No answer: 5 &lt; 6.",
        "is_pinned": False,
        "send_email": False,
        "created_by": organisation["admin"].id,
        "created_by_name": organisation["admin"].name,
        "source": "user",
        "in_reply_to": None,
        "attachments_count": 0,
        "attachments": [],
        "created_at": data["created_at"],
        "updated_at": data["created_at"],
    }
    assert data["created_at"].endswith("Z")
    shown = (await office.get(NOTES, job_uuid=job)).json()
    assert (shown["data"], shown["count"]) == ([data], 1)


@pytest.mark.parametrize("path", [NOTES, OTHER_SPELLING])
@pytest.mark.parametrize("action", [{}, {"action": "create"}])
async def test_both_spellings_with_and_without_an_action(
    office: Office, organisation: TestOrganisation, path: str, action: dict[str, str]
) -> None:
    job_id, job = organisation.insert_job()

    made = await office.post(path, {**action, "job_id": job_id, "note_text": "<p>Hello</p>"})

    assert made.status_code == 201, made.text
    note = made.json()["data"]["uuid"]
    assert (await office.get(path, job_uuid=job.hex)).json()["data"][0]["note_text"] == "<p>Hello</p>"
    changed = await office.post(path, {"action": "update", "uuid": note.replace("-", "").upper(), "is_pinned": 1})
    assert changed.json()["data"]["is_pinned"] is True
    gone = await office.post(path, {"action": "delete", "uuid": note})
    assert (gone.status_code, gone.json()["success"]) == (200, True)
    assert (await office.get(path, job_id=job_id)).json()["count"] == 0


async def test_pinned_notes_come_first_then_the_newest(office: Office, organisation: TestOrganisation) -> None:
    _, job = organisation.insert_job()
    notes = [await write(office, job, f"note {n}") for n in range(4)]
    for note in (notes[1], notes[2]):
        assert (await change(office, note, is_pinned=True)).status_code == 200

    texts = [note["note_text"] for note in await listed(office, job)]

    assert texts == ["note 2", "note 1", "note 3", "note 0"]
    assert [note["note_text"] for note in await listed(office, job, limit=2, offset=1)] == texts[1:3]
    assert (await office.get(NOTES, job_uuid=job, limit=1)).json()["count"] == 4


async def test_whom_a_note_goes_to_is_kept(office: Office, organisation: TestOrganisation) -> None:
    job_id, job = organisation.insert_job()
    token = await office.csrf_token()
    form = {"job_uuid": str(job), "note_text": "x", "send_email": "1", "csrf_token": token}

    for given in (None, [], ["agent", "tenant", "agent"], "tenant,contractor"):
        await write(office, job, send_email=True, recipients=given)
    assert (await office.client.post(NOTES, data={**form, "recipients": ["tenant", "agent"]})).status_code == 201
    form["csrf_token"] = await office.csrf_token()
    assert (await office.client.post(NOTES, data={**form, "recipients": ""})).status_code == 201
    await write(office, job)

    rows = organisation.execute("SELECT sends_mail, parties FROM case_notes WHERE job_id = :id ORDER BY id", id=job_id)
    assert [(row.sends_mail, row.parties) for row in rows] == [
        (True, None),
        (True, []),
        (True, ["agent", "tenant"]),
        (True, ["contractor", "tenant"]),
        (True, ["agent", "tenant"]),
        (True, None),
        (False, None),
    ]
    assert [note["send_email"] for note in await listed(office, job)] == [False, *[True] * 6]


async def test_refusals(office: Office, enter: Enter, organisation: TestOrganisation) -> None:
    _, job = organisation.insert_job()
    note = await write(office, job)
    new = {"job_uuid": str(job), "note_text": "Hello"}

    for reply, status, name in (
        (await office.post(NOTES, {"note_text": "Hello"}), 400, "job_uuid"),
        (await office.post(NOTES, {"job_uuid": str(job)}), 400, "note_text"),
        (await office.post(NOTES, {**new, "note_text": "  <p>&nbsp;</p>"}), 400, "note_text"),
        (await office.post(NOTES, {**new, "note_text": "<p>x" * 1001}), 400, "note_text"),
        (await office.post(NOTES, {**new, "note_text": "x" * 65_537}), 400, "note_text"),
        (await office.post(NOTES, {**new, "note_text": 7}), 400, "note_text"),
        (await office.post(NOTES, {**new, "recipients": ["agent", "landlord"]}), 400, "recipients"),
        (await office.post(NOTES, {**new, "recipients": "everybody"}), 400, "recipients"),
        (await office.post(NOTES, {**new, "send_email": "maybe"}), 400, "send_email"),
        (await office.post(NOTES, {**new, "action": "pin"}), 400, "action"),
        (await office.get(NOTES), 400, "job_uuid"),
        (await office.get(NOTES, job_uuid=job, limit=201), 400, "limit"),
        (await office.get(NOTES, action="download", uuid="x"), 400, "uuid"),
        (await office.post(NOTES, {"action": "update", "is_pinned": True}), 400, "uuid"),
        (await change(office, {"uuid": "x"}, is_pinned=True), 400, "uuid"),
        (await change(office, note, note_text="<script>x</script>"), 400, "note_text"),
        (await enter(organisation, "tenant1").post(NOTES, new), 403, None),
        (await enter(organisation, "landlord1").get(NOTES, job_uuid=job), 403, None),
        (await office.post(NOTES, {**new, "job_uuid": str(uuid4())}), 404, None),
        (await office.get(NOTES, job_uuid=uuid4()), 404, None),
        (await change(office, {"uuid": str(uuid4())}, is_pinned=True), 404, None),
        (await delete(office, {"uuid": str(uuid4())}), 404, None),
        (await office.get(NOTES, action="download", uuid=uuid4()), 404, None),
    ):
        assert reply.status_code == status, reply.text
        assert reply.json().get("field") == name

    assert (await delete(office, {"uuid": str(uuid4())})).json()["error"] == "Case note not found"
    assert await listed(office, job) == [note]


async def test_notes_are_there_for_who_sees_the_job(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    _, job = organisation.insert_job(contractor_id=organisation["contractor1"].id)
    made = (await attach(office, job, "door.png")).json()["data"]
    file = made["attachments"][0]["uuid"]

    for label in ("manager", "agent1", "contractor1"):
        somebody = enter(organisation, label)
        assert made["uuid"] in [note["uuid"] for note in await listed(somebody, job)]
        assert (await somebody.get(NOTES, action="download", uuid=file)).content.startswith(b"\x89PNG")
        assert (await change(somebody, made, is_pinned=True)).status_code == 200
        await write(somebody, job, label)
        assert (await change(office, made, is_pinned=False)).status_code == 200
    before = await listed(office, job)
    for label in ("agent2", "contractor2"):
        stranger = enter(organisation, label)
        for reply, error in (
            (await stranger.get(NOTES, job_uuid=job), "Job not found"),
            (await stranger.post(NOTES, {"job_uuid": str(job), "note_text": "x"}), "Job not found"),
            (await stranger.get(NOTES, action="download", uuid=file), "Attachment not found"),
            (await change(stranger, made, is_pinned=True), "Case note not found"),
            (await change(stranger, made, note_text="x"), "Case note not found"),
            (await delete(stranger, made), "Case note not found"),
        ):
            assert (reply.status_code, reply.json()["error"]) == (404, error)
    assert await listed(office, job) == before


async def test_what_a_note_says_is_for_its_author_and_staff(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    _, job = organisation.insert_job(contractor_id=organisation["contractor1"].id)
    agent, contractor = enter(organisation, "agent1"), enter(organisation, "contractor1")
    ours, theirs = await write(office, job), await write(contractor, job)

    for somebody, note in ((agent, ours), (agent, theirs), (contractor, ours)):
        for reply in (await change(somebody, note, note_text="x"), await delete(somebody, note)):
            assert (reply.status_code, reply.json()["code"]) == (403, "notes.not_yours")

    assert (await change(contractor, theirs, note_text="Mine")).json()["data"]["note_text"] == "Mine"
    assert (await change(enter(organisation, "engineer1"), theirs, note_text="Staff's")).status_code == 200
    assert (await delete(contractor, theirs)).status_code == 200
    assert [note["uuid"] for note in await listed(office, job)] == [ours["uuid"]]


async def test_a_change_moves_the_time_and_no_change_does_not(office: Office, organisation: TestOrganisation) -> None:
    _, job = organisation.insert_job()
    note = await write(office, job)

    changed = (await change(office, note, note_text="Another")).json()["data"]
    same = (await change(office, note, note_text="Another", is_pinned=False)).json()["data"]

    assert changed["updated_at"] > note["updated_at"]
    assert (changed["created_at"], changed["note_text"]) == (note["created_at"], "Another")
    assert same == changed
    told = organisation.execute(
        "SELECT action FROM events WHERE entity = 'case_note' AND entity_uuid = :uuid ORDER BY position",
        uuid=note["uuid"],
    )
    assert [event.action for event in told] == ["created", "updated"]


async def test_notes_of_an_archived_job_are_read_only(office: Office, organisation: TestOrganisation) -> None:
    job_id, job = organisation.insert_job()
    note = await write(office, job)
    archive(organisation, job_id)

    for reply in (
        await office.post(NOTES, {"job_uuid": str(job), "note_text": "x"}),
        await change(office, note, is_pinned=True),
        await change(office, note, note_text="x"),
        await delete(office, note),
    ):
        assert (reply.status_code, reply.json()["code"]) == (409, "jobs.archived")
    assert await listed(office, job) == [note]


@pytest.mark.parametrize("part", ["attachments", "attachments[]", "file"])
async def test_files_come_with_a_note(office: Office, organisation: TestOrganisation, part: str) -> None:
    _, job = organisation.insert_job()

    reply = await attach(office, job, "door.png", "../wall.png", part=part)

    assert reply.status_code == 201, reply.text
    data = reply.json()["data"]
    assert data["attachments_count"] == 2
    assert [(file["file_name"], file["mime_type"]) for file in data["attachments"]] == [
        (name, "image/png") for name in ("door.png", "wall.png")
    ]
    assert await listed(office, job) == [data]
    file = data["attachments"][1]
    whole = await office.get(OTHER_SPELLING, action="download", uuid=file["uuid"])
    assert (whole.status_code, whole.headers["content-type"]) == (200, "image/png")
    assert (len(whole.content), whole.content[:4]) == (file["size_bytes"], b"\x89PNG")
    assert (whole.headers["x-content-type-options"], whole.headers["content-security-policy"]) == (
        "nosniff",
        "sandbox; default-src 'none'",
    )
    query = {"action": "download", "uuid": file["uuid"]}
    part_of_it = await office.client.get(NOTES, params=query, headers={"Range": "bytes=1-3"})
    assert (part_of_it.status_code, part_of_it.content) == (206, b"PNG")


async def test_notes_take_the_types_that_the_gate_lets_in_and_no_others(
    office: Office, organisation: TestOrganisation
) -> None:
    _, job = organisation.insert_job()
    taken = [("a.jpg", picture()), ("b.PNG", PNG), ("c.mp4", film()), ("d.pdf", PDF), ("e.docx", document())]

    reply = await send(office, job, *taken)

    assert reply.status_code == 201, reply.text
    assert [file["file_name"] for file in reply.json()["data"]["attachments"]] == [name for name, _ in taken]
    for refused in (("a.txt", b"x"), ("a.svg", b"<svg/>"), ("a.html", b"<html>"), ("a.png", picture()), ("a.jpg", PDF)):
        assert (await send(office, job, taken[0], refused)).status_code == 415
    assert (await send(office, job, ("torn.png", PNG[:40]))).status_code == 415
    assert len(await listed(office, job)) == 1


async def test_files_alone_are_no_note(office: Office, organisation: TestOrganisation) -> None:
    _, job = organisation.insert_job()

    reply = await attach(office, job, "door.png", text=" ")

    assert (reply.status_code, reply.json()["code"]) == (400, "notes.empty")
    assert organisation.execute("SELECT 1 FROM files WHERE organisation_id = :id", id=organisation.id) == []


async def test_a_note_takes_its_files_along(office: Office, organisation: TestOrganisation) -> None:
    _, job = organisation.insert_job()
    note = (await attach(office, job, "door.png")).json()["data"]

    assert (await delete(office, note)).status_code == 200

    uuid = note["attachments"][0]["uuid"]
    assert (await office.get(NOTES, action="download", uuid=uuid)).status_code == 404
    assert organisation.execute("SELECT 1 FROM files WHERE uuid = :uuid", uuid=uuid) == []
    (waiting,) = organisation.execute(
        "SELECT count(*) FROM file_removals WHERE organisation_id = :id", id=organisation.id
    )
    assert waiting.count == 1


async def test_where_there_is_no_room_for_files_notes_are_written_all_the_same(
    office: Office, organisation: TestOrganisation
) -> None:
    _, job = organisation.insert_job()
    await attach(office, job, "door.png")
    organisation.execute("UPDATE organisations SET file_quota_bytes = 1 WHERE id = :id", id=organisation.id)
    fields = {"job_uuid": str(job), "note_text": "See.", "csrf_token": await office.csrf_token()}

    written = await office.client.post(NOTES, files={name: (None, value) for name, value in fields.items()})
    attached = await attach(office, job, "door.png")

    assert (written.status_code, attached.status_code) == (201, 409), written.text
    assert attached.json()["code"] == "files.quota_exceeded"


async def test_a_note_sent_again_is_written_once(office: Office, organisation: TestOrganisation) -> None:
    _, job = organisation.insert_job()
    headers = {"Idempotency-Key": "again"}

    replies = []
    for text in ("See.", "See.", "Look."):
        fields = {"job_uuid": str(job), "note_text": text, "csrf_token": await office.csrf_token()}
        files = [("attachments", ("door.png", PNG))]
        replies.append(await office.client.post(NOTES, data=fields, files=files, headers=headers))

    assert [reply.status_code for reply in replies] == [201, 201, 422]
    assert replies[0].json() == replies[1].json()
    assert len(await listed(office, job)) == 1


async def test_an_answer_by_mail_tells_who_wrote_it_and_what_to(office: Office, organisation: TestOrganisation) -> None:
    job_id, job = organisation.insert_job()
    first = await write(office, job)
    organisation.execute(
        "UPDATE case_notes SET source = 'email', created_by_id = NULL, written_by_contact_id = :contact,"
        " in_reply_to_id = :first WHERE uuid = :second",
        contact=organisation.contact_id,
        first=first["ID"],
        second=(await write(office, job, "Yes."))["uuid"],
    )

    answer, _ = await listed(office, job)

    assert (answer["source"], answer["in_reply_to"]) == ("email", first["ID"])
    assert (answer["created_by"], answer["created_by_name"]) == (None, "Tina Tenant")
    assert (await delete(office, first)).status_code == 200
    assert (await listed(office, job))[0]["in_reply_to"] is None
    assert job_id == answer["job_id"]
    tenant = {"action": "delete", "uuid": str(organisation.contact_uuid)}
    assert (await office.post("/api/tenants/manage", tenant)).status_code == 409


async def test_the_history_of_the_job_tells_that_there_are_notes(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    _, job = organisation.insert_job()
    note = await write(office, job, "A secret.")
    changed = (await change(office, note, note_text="Another secret.", is_pinned=True)).json()["data"]
    await delete(office, note)

    reply = await office.get("/api/jobs/manage", action="list_commits", uuid=job)

    told = [
        {"uuid": one["uuid"], "is_pinned": one["is_pinned"], "updated_at": one["updated_at"]} for one in (note, changed)
    ]
    assert [commit["changes"] for commit in reply.json()["data"]] == [
        [{"field": "case_notes", "from": [told[1]], "to": []}],
        [{"field": "case_notes", "from": [told[0]], "to": [told[1]]}],
        [{"field": "case_notes", "from": [], "to": [told[0]]}],
    ]
    assert "secret" not in reply.text
    landlord = await enter(organisation, "landlord1").get("/api/jobs/manage", action="list_commits", uuid=job)
    assert [commit["changes"] for commit in landlord.json()["data"]] == [[], [], []]


async def test_nothing_hostile_comes_out(office: Office, organisation: TestOrganisation) -> None:
    _, job = organisation.insert_job()

    await write(office, job, "".join(f"<div>{markup}</div>" for markup in ("<b>Look</b>", *HOSTILE_HTML[:40])))

    (note,) = await listed(office, job)
    assert set(re.findall(r"<\s*([^\s/>]+)", note["note_text"])) <= {"b", "br", "div", "p"}
    assert re.findall(r"<[^>]*=", note["note_text"]) == []


async def test_the_preview_of_a_deletion_counts_notes_and_the_deletion_takes_them(
    office: Office, organisation: TestOrganisation
) -> None:
    job_id, job = organisation.insert_job()
    await attach(office, job, "door.png")
    await write(office, job)

    preview = (await office.get("/api/jobs/manage", action="preview_delete", uuid=job)).json()["data"]
    assert preview["case_notes"] == 2
    assert (await office.post("/api/jobs/manage", {"action": "delete", "uuid": str(job)})).status_code == 200

    assert organisation.execute("SELECT 1 FROM case_notes WHERE job_id = :id", id=job_id) == []
    assert organisation.execute("SELECT 1 FROM files WHERE organisation_id = :id", id=organisation.id) == []
