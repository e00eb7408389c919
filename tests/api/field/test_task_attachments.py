"""Attachments of a job's tasks over the wire: the contract's samples, with our own files."""

import hashlib
import re
from typing import Any

import httpx
import pytest
from msgspec import Struct

from tests.api.field.test_job_tasks import make_book, ref
from tests.api.field.test_jobs import TIME, error_of, make
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

HEX = re.compile(r"[0-9a-f]{32}")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
Part = tuple[str, bytes]


class Place(Struct):
    """A task that files are attached to."""

    client: httpx.AsyncClient
    job: dict[str, Any]
    organisation: TestOrganisation
    catalogue_task: str

    @property
    def task(self) -> str:
        uuid: str = self.job["tasks"][0]["uuid"]
        return uuid

    @property
    def path(self) -> str:
        return self.path_of(self.task)

    def path_of(self, task: object) -> str:
        return f"/job/{self.job['uuid']}/task/{task}/attachment/"

    async def attach(self, *parts: Part, to: str | None = None, **headers: str) -> httpx.Response:
        files = [(f"part{number}", part) for number, part in enumerate(parts)]
        return await self.client.post(to or self.path, files=files, headers=headers)

    async def attach_one(self, name: str = "note.txt", content: bytes = b"It drips.") -> dict[str, Any]:
        reply = await self.attach((name, content))
        assert reply.status_code == 201, reply.text
        file: dict[str, Any] = reply.json()[0]
        return file

    async def listed(self) -> list[dict[str, Any]]:
        reply = await self.client.get(self.path)
        assert reply.status_code == 200, reply.text
        files: list[dict[str, Any]] = reply.json()
        return files

    def move_to(self, status: str) -> None:
        self.organisation.execute(
            "UPDATE jobs SET status_id = s.id, stage = s.stage FROM statuses s"
            " WHERE s.organisation_id = jobs.organisation_id AND s.name = :status AND jobs.uuid = :job",
            status=status,
            job=self.job["uuid"],
        )

    def rows(self) -> list[Any]:
        return self.organisation.execute(
            "SELECT * FROM files WHERE organisation_id = :id ORDER BY id", id=self.organisation.id
        )


@pytest.fixture
async def place(field: httpx.AsyncClient, organisation: TestOrganisation) -> Place:
    """A job with one task, as the administrator sees it."""
    book = make_book(organisation)
    job = await make(field, organisation, tasks=[{"task": ref(book.service)}])
    return Place(field, job, organisation, book.service)


# The samples


async def test_the_upload_and_list_samples(place: Place) -> None:
    reply = await place.attach(("requirements.txt", b"a door\n"), ("Summary.doc", b"\xd0\xcf\x11\xe0"))

    told = reply.json()
    assert reply.status_code == 201
    assert [(file["mimetype"], file["name"]) for file in told] == [
        ("text/plain", "requirements.txt"),
        ("application/msword", "Summary.doc"),
    ]
    assert [sorted(file) for file in told] == [["caption", "createdDate", "mimetype", "name", "uuid"]] * 2
    assert all(HEX.fullmatch(file["uuid"]) and TIME.fullmatch(file["createdDate"]) for file in told)
    assert [file["caption"] for file in told] == ["", ""]
    assert await place.listed() == told


async def test_a_job_and_a_task_show_their_attachments(place: Place) -> None:
    told = [await place.attach_one("one.txt"), await place.attach_one("two.txt")]

    job = (await place.client.get(f"/job/{place.job['jobId']}")).json()
    task = (await place.client.get(f"/job/{place.job['uuid']}/task/{place.task}")).json()

    assert job["tasks"][0]["attachments"] == task["attachments"] == told
    assert (await place.client.post(f"/job/{place.job['uuid']}", json=job)).status_code == 204
    assert await place.listed() == told


async def test_the_caption_and_delete_samples(place: Place) -> None:
    file, other = await place.attach_one("picture.png", PNG), await place.attach_one()
    address = place.path + file["uuid"]

    captioned = await place.client.put(address, json={"caption": "caption text"})
    after = await place.listed()
    deleted = await place.client.delete(address)

    assert (captioned.status_code, captioned.content) == (204, b"")
    assert after == [{**file, "caption": "caption text"}, other]
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert await place.listed() == [other]
    gone = [
        await place.client.get(address),
        await place.client.put(address, json={"caption": "x"}),
        await place.client.delete(address),
    ]
    assert [error_of(reply) for reply in gone] == [
        (404, "NotFoundError", f"No Attachment with id={file['uuid']} exists")
    ] * 3


async def test_what_is_fetched_is_what_was_sent(place: Place) -> None:
    contents = {"a.bin": bytes(range(256)) * 1000, "empty.txt": b"", "plate.png": PNG}
    reply = await place.attach(*contents.items())

    fetched = {file["name"]: await place.client.get(place.path + file["uuid"]) for file in reply.json()}

    assert {name: file.content for name, file in fetched.items()} == contents
    assert {name: file.headers["content-type"] for name, file in fetched.items()} == {
        "a.bin": "application/octet-stream",
        "empty.txt": "text/plain",
        "plate.png": "image/png",
    }
    tag = hashlib.sha256(contents["a.bin"]).hexdigest()
    assert fetched["a.bin"].headers["etag"] == f'"{tag}"'
    assert fetched["plate.png"].headers["content-disposition"] == 'inline; filename="plate.png"'


# Which task


async def test_a_task_goes_by_its_uuid_the_catalogues_or_its_place(place: Place) -> None:
    file = await place.attach_one()

    for reference in (place.task, place.task.upper(), place.catalogue_task, "0", "00"):
        path = place.path_of(reference)
        assert (await place.client.get(path)).json() == [file]
        assert (await place.client.get(path + file["uuid"])).content == b"It drips."
        assert (await place.client.put(path + file["uuid"], json={})).status_code == 204
        assert (await place.attach(("a.txt", b"1"), to=path)).status_code == 201
        last = (await place.listed())[-1]["uuid"]
        assert (await place.client.delete(path + last)).status_code == 204
    assert await place.listed() == [file]


async def test_a_place_is_that_in_the_list_as_the_job_shows_it(place: Place) -> None:
    url = f"/job/{place.job['uuid']}"
    first = place.task
    await place.client.post(f"{url}/task/", json={"task": ref(place.catalogue_task)})
    tasks = (await place.client.get(url)).json()["tasks"]
    await place.client.post(url, json={"tasks": [tasks[1], tasks[0]]})

    await place.attach(("a.txt", b"1"), to=place.path_of(1))

    assert [file["name"] for file in (await place.client.get(place.path_of(first))).json()] == ["a.txt"]
    assert (await place.client.get(place.path_of(0))).json() == []
    ambiguous = await place.attach(("a.txt", b"1"), to=place.path_of(place.catalogue_task))
    assert error_of(ambiguous)[:2] == (409, "ConflictError")
    assert (await place.client.get(place.path_of(place.catalogue_task))).status_code == 409


@pytest.mark.parametrize("reference", ["1", "999999999", "9" * 40, "-1", "1.0", "\u0660", "f" * 32, "x", "%00"])
async def test_a_task_that_is_not_there(place: Place, reference: str) -> None:
    file = await place.attach_one()
    path = place.path_of(reference)

    replies = [
        await place.attach(("a.txt", b"1"), to=path),
        await place.client.get(path),
        await place.client.get(path + file["uuid"]),
        await place.client.put(path + file["uuid"], json={"caption": "x"}),
        await place.client.delete(path + file["uuid"]),
    ]

    assert {reply.status_code for reply in replies} == {404}
    assert {reply.json()["error"]["message"].split(" with")[0] for reply in replies} == {"No Task"}


async def test_an_attachment_of_another_task_is_not_there(place: Place) -> None:
    file = await place.attach_one()
    reply = await place.client.post(f"/job/{place.job['uuid']}/task/", json={"task": ref(place.catalogue_task)})
    address = place.path_of(reply.json()["uuid"]) + file["uuid"]

    replies = [
        await place.client.get(address),
        await place.client.put(address, json={"caption": "x"}),
        await place.client.delete(address),
        await place.client.get(place.path + "not-a-uuid"),
    ]

    assert [reply.status_code for reply in replies] == [404] * 4
    assert await place.listed() == [file]


# What may come


async def test_many_files_keep_their_order(place: Place) -> None:
    names = [f"{number:02}.txt" for number in reversed(range(20))]

    reply = await place.attach(*((name, name.encode()) for name in names))

    assert [file["name"] for file in reply.json()] == names
    assert [file["name"] for file in await place.listed()] == names
    too_many = await place.attach(*((name, b"") for name in [*names, "one more"]))
    assert error_of(too_many)[:2] == (413, "PayloadTooLarge")
    assert len(await place.listed()) == 20


async def test_a_request_without_a_file_is_refused(place: Place) -> None:
    only_text = await place.client.post(place.path, files={"caption": (None, "no file")})
    left_empty = await place.attach(("", b""))
    nothing = await place.client.post(place.path)
    json = await place.client.post(place.path, json={"caption": "x"})
    untyped = await place.client.post(place.path, content=b"a file")
    no_form = await place.client.post(
        place.path, content=b"a file", headers={"Content-Type": "multipart/form-data; boundary=b"}
    )

    assert [error_of(reply)[:2] for reply in (only_text, left_empty, nothing, json)] == [
        (422, "APIValidationError")
    ] * 4
    assert [error_of(reply)[:2] for reply in (untyped, no_form)] == [(400, "BadRequest")] * 2
    assert await place.listed() == []


@pytest.mark.parametrize(
    ("given", "name", "disposition"),
    [
        ("../../etc/passwd", "passwd", 'attachment; filename="passwd"'),
        ("..\\..\\boot.ini", "boot.ini", 'attachment; filename="boot.ini"'),
        ("/", "unnamed", 'attachment; filename="unnamed"'),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt", 'attachment; filename="aSet-Cookie: x=1.txt"'),
        (
            'Größe "groß".txt',
            'Größe "groß".txt',
            "attachment; filename=\"Gr__e _gro__.txt\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%22gro%C3%9F%22.txt",
        ),
        (
            "\u202egnp.exe",
            "gnp.exe",
            'attachment; filename="gnp.exe"',
        ),
        ("🚪" * 300 + ".txt", "🚪" * 49 + ".txt", None),
        ("n" * 300 + ".txt", "n" * 196 + ".txt", f'attachment; filename="{"n" * 196}.txt"'),
    ],
)
async def test_a_hostile_name_is_made_harmless(place: Place, given: str, name: str, disposition: str | None) -> None:
    # Written out by hand: clients escape what servers have to cope with.
    written = given.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
    extended = "".join(f"%{byte:02X}" for byte in given.encode())
    head = f"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''{extended}\r\n\r\n"
    body = b"--b\r\n" + head.encode() + b"x\r\n--b--\r\n"

    reply = await place.client.post(
        place.path, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )

    assert reply.status_code == 201, written
    (file,) = reply.json()
    fetched = await place.client.get(place.path + file["uuid"])
    assert file["name"] == name
    assert "set-cookie" not in fetched.headers
    if disposition is not None:
        assert fetched.headers["content-disposition"] == disposition


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.png", b"<html><script>alert(1)</script>"),
        ("page.pdf", b"<html>"),
        ("page.html", b"<html>"),
        ("drawing.svg", b"<svg onload='alert(1)'/>"),
        ("really.html", PNG),
    ],
)
async def test_a_browser_shows_nothing_that_could_run(place: Place, name: str, content: bytes) -> None:
    file = await place.attach_one(name, content)

    headers = (await place.client.get(place.path + file["uuid"])).headers

    assert headers["content-disposition"].startswith("attachment;")
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]


async def test_a_caption_can_be_cleared_and_left(place: Place) -> None:
    file = await place.attach_one()
    address = place.path + file["uuid"]

    captions = []
    for body in ({"caption": "one"}, {}, {"name": "else.exe", "uuid": "0" * 32}, {"caption": None}):
        assert (await place.client.put(address, json=body)).status_code == 204
        captions.append((await place.listed())[0]["caption"])

    assert captions == ["one", "one", "one", ""]
    assert await place.listed() == [file]
    refused = [
        await place.client.put(address, json={"caption": 1}),
        await place.client.put(address, json={"caption": "a\0b"}),
        await place.client.put(address, json={"caption": "x" * 70_000}),
    ]
    assert [(reply.status_code, reply.json()["error"]["fields"][0]["path"]) for reply in refused] == [
        (422, "caption")
    ] * 3
    assert (await place.client.put(address, content=b'{"caption": "x"}')).status_code == 400
    assert await place.listed() == [file]


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({"Range": "bytes=0-3"}, (206, b"0123", "bytes 0-3/10")),
        ({"Range": "bytes=-3"}, (206, b"789", "bytes 7-9/10")),
        ({"Range": "bytes=10-"}, (416, b"", "bytes */10")),
        ({"Range": "bytes=0-1", "If-Range": '"other"'}, (200, b"0123456789", None)),
    ],
)
async def test_a_range_is_sent_alone(
    place: Place, headers: dict[str, str], answer: tuple[int, bytes, str | None]
) -> None:
    file = await place.attach_one("digits.txt", b"0123456789")

    reply = await place.client.get(place.path + file["uuid"], headers=headers)

    assert (reply.status_code, reply.content, reply.headers.get("content-range")) == answer


async def test_what_the_caller_has_is_not_sent_again(place: Place) -> None:
    address = place.path + (await place.attach_one())["uuid"]
    tag = (await place.client.get(address)).headers["etag"]

    has_it = await place.client.get(address, headers={"If-None-Match": tag})
    same = await place.client.get(address, headers={"Range": "bytes=0-1", "If-Range": tag})

    assert (has_it.status_code, has_it.content) == (304, b"")
    assert (same.status_code, same.content) == (206, b"It")


async def test_the_key_may_stand_in_the_address(server: TestServer, place: Place) -> None:
    file = await place.attach_one()
    async with server.client() as nobody:
        key = {"api_key": place.organisation["admin"].api_key}
        listed = await nobody.get(place.path, params=key)
        fetched = await nobody.get(place.path + file["uuid"], params=key)
        refused = await nobody.post(place.path, params=key, files={"f": ("a.txt", b"x")})

    assert (listed.json(), fetched.content, refused.status_code) == ([file], b"It drips.", 401)


async def test_the_same_upload_again_is_the_same_upload(place: Place) -> None:
    first = await place.attach(("a.txt", b"one"), **{"Idempotency-Key": "k"})
    again = await place.attach(("a.txt", b"one"), **{"Idempotency-Key": "k"})
    other = await place.attach(("a.txt", b"two"), **{"Idempotency-Key": "k"})

    assert (again.status_code, again.content, other.status_code) == (201, first.content, 422)
    assert await place.listed() == first.json()


# When


async def test_a_job_on_a_device_takes_attachments(place: Place) -> None:
    place.move_to("In progress")
    task = f"/job/{place.job['uuid']}/task/{place.task}"
    assert (await place.client.put(task, json={"note": "x"})).status_code == 409

    file = await place.attach_one()

    assert (await place.client.put(place.path + file["uuid"], json={"caption": "On site"})).status_code == 204
    assert [listed["caption"] for listed in await place.listed()] == ["On site"]
    assert (await place.client.delete(place.path + file["uuid"])).status_code == 204


async def test_an_archived_job_keeps_its_attachments_as_they_are(place: Place) -> None:
    file = await place.attach_one()
    place.move_to("Archived")

    refused = [
        await place.attach(("a.txt", b"1")),
        await place.client.put(place.path + file["uuid"], json={"caption": "x"}),
        await place.client.delete(place.path + file["uuid"]),
    ]

    assert [error_of(reply)[:2] for reply in refused] == [(409, "ConflictError")] * 3
    assert await place.listed() == [file]
    assert (await place.client.get(place.path + file["uuid"])).content == b"It drips."


# What becomes of them


async def test_a_deleted_attachment_can_be_restored_for_a_while(place: Place) -> None:
    file = await place.attach_one()

    await place.client.delete(place.path + file["uuid"])

    (row,) = place.rows()
    assert row.archived_at is not None
    assert [job["attachments"] for job in (await place.client.get(f"/job/{place.job['uuid']}")).json()["tasks"]] == [[]]


@pytest.mark.parametrize("way", ["the task", "the job", "the list"])
async def test_attachments_go_with_their_task(place: Place, way: str) -> None:
    kept = await place.client.post(f"/job/{place.job['uuid']}/task/", json={"task": ref(place.catalogue_task)})
    await place.attach(("kept.txt", b"1234"), to=place.path_of(kept.json()["uuid"]))
    await place.attach(("a.txt", b"1"), ("b.txt", b"22"))
    deleted = await place.attach_one("c.txt", b"333")
    await place.client.delete(place.path + deleted["uuid"])
    keys = {row.storage_key for row in place.rows() if row.file_name != "kept.txt"}
    job = f"/job/{place.job['uuid']}"

    match way:
        case "the task":
            reply = await place.client.delete(f"{job}/task/{place.task}")
        case "the list":
            reply = await place.client.post(job, json={"tasks": [kept.json()]})
        case _:
            await place.client.delete(f"{job}/task/{kept.json()['uuid']}")
            reply = await place.client.delete(job)

    assert reply.status_code == 204
    left = [] if way == "the job" else ["kept.txt"]
    assert [row.file_name for row in place.rows()] == left
    removals = place.organisation.execute(
        "SELECT storage_key FROM file_removals WHERE organisation_id = :id", id=place.organisation.id
    )
    assert keys <= {row.storage_key for row in removals}
    assert (await place.client.get(place.path)).status_code == 404
    (usage,) = place.organisation.execute(
        "SELECT used_bytes FROM file_usage WHERE organisation_id = :id", id=place.organisation.id
    )
    assert usage.used_bytes == 4 * len(left)


async def test_whoever_follows_jobs_hears_of_attachments(place: Place) -> None:
    token = (await place.client.get("/changes/token")).json()["sinceToken"]

    file = await place.attach_one()
    await place.client.put(place.path + file["uuid"], json={"caption": "The drip"})
    await place.client.put(place.path + file["uuid"], json={"caption": "The drip"})
    await place.client.delete(place.path + file["uuid"])

    page = (await place.client.get(f"/changes/{token}/")).json()
    assert [(item["status"], item["entityClass"], item["entity"]) for item in page["items"]] == [
        ("updated", "Job", place.job["uuid"])
    ] * 3
    events = place.organisation.execute(
        "SELECT entity, action, changes FROM events WHERE organisation_id = :id ORDER BY position, id",
        id=place.organisation.id,
    )
    assert [(event.entity, event.action) for event in events][-6:] == [
        ("file", "created"),
        ("job", "updated"),
        ("file", "updated"),
        ("job", "updated"),
        ("file", "deleted"),
        ("job", "updated"),
    ]
    told = [event.changes["attachments"] for event in events if "attachments" in event.changes]
    names = [[[(file["task"], file["name"], file["caption"]) for file in side] for side in change] for change in told]
    plain, captioned = ("Service", "note.txt", ""), ("Service", "note.txt", "The drip")
    assert names == [[[], [plain]], [[plain], [captioned]], [[captioned], []]]


# Who


async def test_only_who_sees_the_job_sees_its_attachments(server: TestServer, place: Place) -> None:
    file = await place.attach_one()
    statuses = {}
    for label in ("manager", "engineer1", "agent1", "agent2", "landlord1", "contractor1", "tenant1"):
        async with server.field(place.organisation[label].api_key) as client:
            replies = [
                await client.get(place.path),
                await client.get(place.path + file["uuid"]),
                await client.post(place.path, files={"f": ("a.txt", b"x")}),
                await client.put(place.path + file["uuid"], json={"caption": "x"}),
            ]
            statuses[label] = [reply.status_code for reply in replies]

    may_all, may_read, may_nothing = [200, 200, 201, 204], [200, 200, 403, 403], [404, 404, 403, 403]
    assert statuses == {
        "manager": may_all,
        "engineer1": may_all,
        "agent1": may_all,
        "agent2": [404] * 4,
        "landlord1": may_read,
        "contractor1": may_nothing,
        "tenant1": may_nothing,
    }
    assert len(await place.listed()) == 4
