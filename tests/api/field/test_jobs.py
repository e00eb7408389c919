"""One job over the wire."""

import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

HEX = re.compile(r"[0-9a-f]{32}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
START = "2030-01-02T09:30:00+00:00"


def new_job(organisation: TestOrganisation, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 (whatever a body holds)
    return {"scheduledOn": START, "location": {"uuid": organisation.location_uuid.hex}, **fields}


async def make(field: httpx.AsyncClient, organisation: TestOrganisation, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    reply = await field.post("/job/", json=new_job(organisation, **fields))
    assert reply.status_code == 201, reply.text
    body: dict[str, Any] = reply.json()
    return body


def error_of(reply: httpx.Response) -> tuple[int, str, str]:
    error = reply.json()["error"]
    return reply.status_code, error["name"], error["message"]


# Making and reading


async def test_a_minimal_job(server: TestServer, field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    reply = await field.post(
        "/job/",
        json={"scheduledOn": "2015-11-11T14:30:00", "location": {"uuid": str(organisation.location_uuid).upper()}},
    )

    job = reply.json()
    url = f"{server.base_url}/job/{job['uuid']}"
    (slot,) = job["timeSlots"]
    assert (reply.status_code, reply.headers["location"]) == (201, url)
    assert HEX.fullmatch(job["uuid"])
    assert TIME.fullmatch(job["createdOn"])
    assert HEX.fullmatch(slot["uuid"])
    assert job == {
        "link": {"url": url, "rel": "detail"},
        "tasks": [],
        "revenue": 0.0,
        "jobId": "J1",
        "invoice": None,
        "jobLead": None,
        "jobType": {"uuid": job["jobType"]["uuid"], "name": "General maintenance"},
        "scheduledOn": "2015-11-11T14:30:00+00:00",
        "labor": [],
        "uuid": job["uuid"],
        "crew": [],
        "state": ["scheduled"],
        "scheduledState": "tentative",
        "location": {
            "uuid": organisation.location_uuid.hex,
            "locality": "Sample Town",
            "country": None,
            "region": None,
            "postcode": "EX1 1AA",
            "streetName": "1 Example Street",
            "name": None,
        },
        "completedOn": None,
        "customFields": {},
        "asset": None,
        "startedOn": None,
        "description": "",
        "estDuration": None,
        "pre_signature": None,
        "customer": {
            "uuid": organisation.customer_uuid.hex,
            "name": "Acme Lettings",
            "customerId": job["customer"]["customerId"],
        },
        "createdOn": job["createdOn"],
        "contact": None,
        "signature": None,
        "timeSlots": [{"duration": 0, "scheduledOn": "2015-11-11T14:30:00+00:00", "uuid": slot["uuid"], "crew": []}],
        "plannedEffort": 0,
        "scheduledDuration": 0,
    }
    assert isinstance(job["customer"]["customerId"], int)
    assert '"revenue":0.0' in reply.text


async def test_a_full_job(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    lead, other = organisation["engineer1"], organisation["engineer2"]
    _, asset = organisation.insert("assets", name="Boiler")

    job = await make(
        field,
        organisation,
        description="Collecting items\nAt the back door",
        estDuration=180,
        contact={"uuid": organisation.contact_uuid.hex},
        asset={"uuid": asset.hex},
        jobLead={"uuid": lead.uuid.hex},
        crew=[{"uuid": other.uuid.hex}],
    )

    assert job["description"] == "Collecting items\nAt the back door"
    assert job["contact"] == {
        "uuid": organisation.contact_uuid.hex,
        "firstName": "Tina",
        "lastName": "Tenant",
        "phone": "07700 900123",
        "email": "tina@example.com",
    }
    assert job["asset"] == {"uuid": asset.hex, "name": "Boiler"}
    assert job["jobLead"] == {
        "emailAddress": lead.email,
        "telno": None,
        "surname": "Tester",
        "uuid": lead.uuid.hex,
        "name": "Engineer1",
    }
    assert job["crew"] == [
        {"workedHours": [], "pauseReason": None, "state": "scheduled", "uuid": person.uuid.hex}
        for person in (lead, other)
    ]
    assert job["scheduledState"] == "dispatched"
    assert [slot["crew"] for slot in job["timeSlots"]] == [[lead.uuid.hex, other.uuid.hex]]
    assert (job["estDuration"], job["scheduledDuration"], job["plannedEffort"]) == (180, 180, 360)


@pytest.mark.parametrize("part", [None, "jobLead", "crew", "tasks", "labor", "dependencies"])
async def test_reading_is_what_creation_replied(
    field: httpx.AsyncClient, organisation: TestOrganisation, part: str | None
) -> None:
    person = {"uuid": organisation["engineer1"].uuid.hex}
    _, task = organisation.insert("catalogue_tasks", name="Service")
    parts = {
        "jobLead": person,
        "crew": [person],
        "tasks": [{"task": {"uuid": task.hex}}],
        "labor": [{"user": person, "quantity": 60, "rate": {"name": "Standard", "rate": 48.0}}],
        "dependencies": {"successor": {"uuid": (await make(field, organisation))["uuid"]}},
    }

    job = await make(field, organisation, **({} if part is None else {part: parts[part]}))

    assert part is None or job[part]
    del job["link"]
    for ref in (job["uuid"], job["jobId"]):
        reply = await field.get(f"/job/{ref}")
        assert (reply.status_code, reply.json()) == (200, job)


@pytest.mark.parametrize(
    ("status", "substate", "state"),
    [
        ("New", None, ["scheduled"]),
        ("Assigned", None, ["scheduled"]),
        ("In progress", None, ["active"]),
        ("In progress", 0, ["active", "in transit"]),
        ("In progress", 1, ["active", "on site"]),
        ("On hold", 2, ["active", "paused"]),
        ("Complete", None, ["completed"]),
        ("Invoiced", None, ["completed"]),
        ("Archived", None, ["completed"]),
        ("Cancelled", None, ["cancelled"]),
    ],
)
async def test_the_state_is_that_of_the_stage(
    field: httpx.AsyncClient, organisation: TestOrganisation, status: str, substate: int | None, state: list[str]
) -> None:
    id_, uuid = organisation.insert_job(
        status_id=organisation.ids["statuses"][status], substate=substate, scheduled_at=datetime(2030, 1, 1, tzinfo=UTC)
    )
    organisation.execute(
        "INSERT INTO job_crew (job_id, person_id, position) VALUES (:job, :person, 1)",
        job=id_,
        person=organisation["engineer1"].id,
    )

    job = (await field.get(f"/job/{uuid.hex}")).json()
    (item,) = (await field.get("/job/?start=2030-01-01&end=2030-01-01")).json()["items"]

    assert job["state"] == item["state"] == state
    assert job["crew"][0]["state"] == ("completed" if state == ["completed"] else "scheduled")


async def test_a_job_without_a_date(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job()

    job = (await field.get(f"/job/{uuid.hex}")).json()

    assert (job["scheduledOn"], job["timeSlots"], job["scheduledDuration"], job["plannedEffort"]) == (None, [], 0, 0)
    assert (await field.post(f"/job/{uuid.hex}", json=job)).status_code == 204


async def test_groups_show_where_the_organisation_has_them(
    server: TestServer, make_organisation: MakeOrganisation
) -> None:
    organisation = make_organisation(is_enterprise=True)
    south = organisation.execute("SELECT uuid FROM branches WHERE id = :id", id=organisation.ids["branches"]["South"])[
        0
    ].uuid.hex
    async with server.field(organisation["admin"].api_key) as field:
        without = await field.post("/job/", json=new_job(organisation))
        unknown = await field.post("/job/", json=new_job(organisation, group={"uuid": "0" * 32}))
        job = await make(field, organisation, group={"uuid": south})
        cleared = await field.post(f"/job/{job['uuid']}", json={"group": None})
        posted_back = await field.post(f"/job/{job['uuid']}", json=job)
        got = await field.get(f"/job/{job['jobId']}")

    assert without.status_code == cleared.status_code == 422
    assert without.json()["error"]["fields"][0]["path"] == "group"
    assert error_of(unknown) == (404, "NotFoundError", f"No Group with id={'0' * 32} exists")
    assert job["group"] == got.json()["group"] == {"uuid": south, "name": "South"}
    assert posted_back.status_code == 204


async def test_groups_are_ignored_where_there_are_none(
    field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    job = await make(field, organisation, group={"uuid": "0" * 32})

    assert "group" not in job
    assert (await field.post(f"/job/{job['uuid']}", json={"group": {"uuid": "0" * 32}})).status_code == 204


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2014-01-23", "2014-01-23T00:00:00+00:00"),
        ("2012-09-19T16:00", "2012-09-19T16:00:00+00:00"),
        ("2014-01-31 10:00:00", "2014-01-31T10:00:00+00:00"),
        ("2014-12-06T1600", "2014-12-06T16:00:00+00:00"),
        ("2014-12-06T16:00:00Z", "2014-12-06T16:00:00+00:00"),
        ("2014-12-06T16:00:00+02:00", "2014-12-06T14:00:00+00:00"),
        ("2014-12-06T16:00-0530", "2014-12-06T21:30:00+00:00"),
        ("2014-12-06T16:00:00.123456+00:00", "2014-12-06T16:00:00+00:00"),
    ],
)
async def test_times_come_in_many_forms(
    field: httpx.AsyncClient, organisation: TestOrganisation, written: str, read: str
) -> None:
    assert (await make(field, organisation, scheduledOn=written))["scheduledOn"] == read


# Refusals


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"scheduledOn": None}, "scheduledOn"),
        ({"scheduledOn": 5}, "scheduledOn"),
        ({"scheduledOn": "soon"}, "scheduledOn"),
        ({"scheduledOn": "2014-02-30"}, "scheduledOn"),
        ({"scheduledOn": "2014-01-01T25:00"}, "scheduledOn"),
        ({"scheduledOn": "0001-01-01T00:00+14:00"}, "scheduledOn"),
        ({"scheduledOn": "9999-12-31"}, "scheduledOn"),
        ({"location": None}, "location"),
        ({"location": "0" * 32}, "location"),
        ({"location": {}}, "location.uuid"),
        ({"location": {"uuid": 5}}, "location.uuid"),
        ({"description": 5}, "description"),
        ({"description": "a\0b"}, "description"),
        ({"description": "x" * 65_537}, "description"),
        ({"estDuration": "180"}, "estDuration"),
        ({"estDuration": 1.5}, "estDuration"),
        ({"estDuration": -1}, "estDuration"),
        ({"estDuration": 10**12}, "estDuration"),
        ({"estDuration": 10**30}, "estDuration"),
        ({"crew": {"uuid": "0"}}, "crew"),
        ({"crew": [5]}, "crew[0]"),
        ({"jobLead": []}, "jobLead"),
        ({"tasks": "none"}, "tasks"),
        ({"customFields": ["key"]}, "customFields"),
        ({"dependencies": {"predecessor": "J1"}}, "dependencies.predecessor"),
        ({"timeWindow": {"startAfter": 2014}}, "timeWindow.startAfter"),
    ],
)
async def test_a_known_field_of_a_wrong_form_is_refused(
    field: httpx.AsyncClient, organisation: TestOrganisation, body: dict[str, Any], path: str
) -> None:
    job = await make(field, organisation)

    for reply in (
        await field.post("/job/", json=new_job(organisation, **body)),
        await field.post(f"/job/{job['uuid']}", json=body),
    ):
        assert (reply.status_code, reply.json()["error"]["name"]) == (422, "APIValidationError")
        assert [entry["path"] for entry in reply.json()["error"]["fields"]] == [path]
    assert (await field.get("/job/J2")).status_code == 404


@pytest.mark.parametrize("missing", ["scheduledOn", "location"])
async def test_a_new_job_has_a_date_and_a_place(
    field: httpx.AsyncClient, organisation: TestOrganisation, missing: str
) -> None:
    body = new_job(organisation)
    del body[missing]

    reply = await field.post("/job/", json=body)

    assert (reply.status_code, reply.json()["error"]["fields"][0]["path"]) == (422, missing)


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("location", "Location"),
        ("contact", "Contact"),
        ("asset", "Asset"),
        ("jobType", "JobType"),
        ("jobLead", "User"),
    ],
)
@pytest.mark.parametrize("uuid", ["0" * 32, "38be890b7194412189c5019b85790zzz", "", "a\0b", "é"])
async def test_what_a_body_names_must_be_there(
    field: httpx.AsyncClient, organisation: TestOrganisation, name: str, entity: str, uuid: str
) -> None:
    job = await make(field, organisation)
    body = {name: {"uuid": uuid}}

    for reply in (
        await field.post("/job/", json=new_job(organisation, **body)),
        await field.post(f"/job/{job['uuid']}", json=body),
    ):
        assert error_of(reply) == (404, "NotFoundError", f"No {entity} with id={uuid} exists")


@pytest.mark.parametrize("ref", ["0" * 32, "J99", "j1", "nothing", "%00", "a%00b", "%F0%9F%94%A5", "x" * 3000, "1"])
async def test_an_unknown_job_is_not_found(field: httpx.AsyncClient, organisation: TestOrganisation, ref: str) -> None:
    organisation.insert_job()

    replies = [
        await field.get(f"/job/{ref}"),
        await field.post(f"/job/{ref}", json={"description": "x"}),
        await field.delete(f"/job/{ref}"),
    ]

    for reply in replies:
        assert (reply.status_code, reply.json()["error"]["name"]) == (404, "NotFoundError")
    if ref.isalnum():
        assert replies[0].json()["error"]["message"] == f"No Job with id={ref} exists"


async def test_strangers_find_nothing(
    server: TestServer, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    _, uuid = organisation.insert_job(contractor_id=organisation["contractor1"].id)
    stranger = make_organisation()
    expected = {"error": {"name": "NotFoundError", "message": f"No Job with id={uuid.hex} exists"}}

    for key in (stranger["admin"].api_key, organisation["agent2"].api_key):
        async with server.field(key) as client:
            replies = [
                await client.get(f"/job/{uuid.hex}"),
                await client.post(f"/job/{uuid.hex}", json={"description": "x"}),
                await client.delete(f"/job/{uuid.hex}"),
            ]
        assert [(reply.status_code, reply.json()) for reply in replies] == [(404, expected)] * 3
    for who in ("contractor2", "tenant1"):
        async with server.field(organisation[who].api_key) as client:
            assert (await client.get(f"/job/{uuid.hex}")).json() == expected


async def test_a_stranger_cannot_name_what_is_ours(
    server: TestServer, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    stranger = make_organisation()
    async with server.field(stranger["admin"].api_key) as client:
        location = await client.post("/job/", json=new_job(organisation))
        lead = await client.post("/job/", json=new_job(stranger, jobLead={"uuid": organisation["engineer1"].uuid.hex}))

    assert error_of(location)[2] == f"No Location with id={organisation.location_uuid.hex} exists"
    assert error_of(lead)[0] == 404


@pytest.mark.parametrize(
    ("who", "status"), [("contractor1", 403), ("landlord1", 403), ("tenant1", 403), ("agent1", 204)]
)
async def test_reading_brings_no_right_to_write(
    server: TestServer, organisation: TestOrganisation, who: str, status: int
) -> None:
    id_, uuid = organisation.insert_job(contractor_id=organisation["contractor1"].id)
    organisation.execute(
        "INSERT INTO job_contacts (job_id, contact_id, position) VALUES (:job, :contact, 1)",
        job=id_,
        contact=organisation.contact_id,
    )

    async with server.field(organisation[who].api_key) as client:
        read = await client.get(f"/job/{uuid.hex}")
        written = await client.post(f"/job/{uuid.hex}", json={"description": "x"})
        deleted = await client.delete(f"/job/{uuid.hex}")

    assert read.status_code == 200
    assert (written.status_code, deleted.status_code) == (status, status)
    if status == 403:
        assert error_of(written)[1:] == ("PermissionError", "You do not have permission to perform this action")


async def test_without_the_key_to_read_nothing_is_read(server: TestServer, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job()
    organisation.execute(
        "UPDATE people SET denied_keys = ARRAY['api.jobs.manage.list', 'api.jobs.manage.manage'] WHERE id = :id",
        id=organisation["engineer1"].id,
    )

    async with server.field(organisation["engineer1"].api_key) as client:
        replies = [await client.get(f"/job/{uuid.hex}"), await client.get("/job/?start=2000-01-01&end=2060-01-01")]

    assert [error_of(reply)[:2] for reply in replies] == [(403, "PermissionError")] * 2


# Changing


async def test_what_was_read_may_be_posted_back(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    job = await make(
        field,
        organisation,
        description="Boiler",
        estDuration=30,
        contact={"uuid": organisation.contact_uuid.hex},
        jobLead={"uuid": organisation["engineer1"].uuid.hex},
        crew=[{"uuid": organisation["engineer2"].uuid.hex}],
    )
    before = organisation.execute("SELECT updated_at FROM jobs WHERE uuid = :uuid", uuid=job["uuid"])

    reply = await field.post(f"/job/{job['jobId']}", json=job)

    assert (reply.status_code, reply.content) == (204, b"")
    assert organisation.execute("SELECT updated_at FROM jobs WHERE uuid = :uuid", uuid=job["uuid"]) == before
    events = organisation.execute("SELECT action FROM events WHERE entity_uuid = :uuid", uuid=job["uuid"])
    assert [event.action for event in events] == ["created"]


async def test_an_update_changes_what_it_names(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    lead = organisation["engineer1"].uuid.hex
    job = await make(field, organisation, description="Boiler", contact={"uuid": organisation.contact_uuid.hex})

    await field.post(f"/job/{job['uuid']}", json={"jobLead": {"uuid": lead}, "estDuration": 60, "unknown": [1]})
    await field.post(f"/job/{job['uuid']}", json={"scheduledOn": "2030-02-01T10:00:00", "contact": None})

    after = (await field.get(f"/job/{job['uuid']}")).json()
    assert (after["jobLead"]["uuid"], after["scheduledState"]) == (lead, "dispatched")
    assert (after["scheduledOn"], after["contact"]) == ("2030-02-01T10:00:00+00:00", None)
    assert after["timeSlots"] == [
        {
            "duration": 60,
            "scheduledOn": "2030-02-01T10:00:00+00:00",
            "uuid": job["timeSlots"][0]["uuid"],
            "crew": [lead],
        }
    ]
    assert (after["description"], after["plannedEffort"]) == ("Boiler", 60)


async def test_null_clears(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    _, asset = organisation.insert("assets", name="Boiler")
    job = await make(
        field,
        organisation,
        description="Boiler",
        estDuration=30,
        asset={"uuid": asset.hex},
        contact={"uuid": organisation.contact_uuid.hex},
        crew=[{"uuid": organisation["engineer1"].uuid.hex}],
        jobType={"uuid": _uuid(organisation, "job_types", "Roofing")},
    )
    names = ("description", "estDuration", "asset", "contact", "crew", "jobType", "jobLead")

    reply = await field.post(f"/job/{job['uuid']}", json=dict.fromkeys(names))

    after = (await field.get(f"/job/{job['uuid']}")).json()
    assert reply.status_code == 204
    assert {name: after[name] for name in names if name != "jobType"} == {
        "description": "",
        "estDuration": None,
        "asset": None,
        "contact": None,
        "crew": [],
        "jobLead": None,
    }
    assert (job["jobType"]["name"], after["jobType"]["name"]) == ("Roofing", "General maintenance")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"tasks": [], "labor": [{"quantity": 5}], "customFields": {}, "dependencies": None, "timeWindow": None},
        {"tasks": None, "dependencies": {"predecessor": None, "successor": None}, "notificationDelta": 3},
        {"state": ["cancelled"], "scheduledState": "confirmed", "revenue": 5, "timeSlots": [], "uuid": "0" * 32},
        {"jobId": "J7", "invoice": {"uuid": "0" * 32}, "customer": {"uuid": "0" * 32}, "status_id": 1},
    ],
)
async def test_read_only_and_empty_parts_are_ignored(
    field: httpx.AsyncClient, organisation: TestOrganisation, body: dict[str, Any]
) -> None:
    job = await make(field, organisation)
    before = (await field.get(f"/job/{job['uuid']}")).json()

    assert (await field.post(f"/job/{job['uuid']}", json=body)).status_code == 204
    assert (await field.get(f"/job/{job['uuid']}")).json() == before


async def test_a_body_may_be_missing(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job()

    assert (await field.post(f"/job/{uuid.hex}")).status_code == 204


async def test_the_crew_keeps_its_rules(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    lead, other = organisation["engineer1"].uuid.hex, organisation["engineer2"].uuid.hex
    job = await make(field, organisation, jobLead={"uuid": lead})

    without_lead = await field.post(f"/job/{job['uuid']}", json={"crew": [{"uuid": other}]})
    organisation.execute(
        "UPDATE jobs SET status_id = :status, stage = 3 WHERE uuid = :uuid",
        status=organisation.ids["statuses"]["Complete"],
        uuid=job["uuid"],
    )
    too_late = await field.post(f"/job/{job['uuid']}", json={"crew": [{"uuid": lead}, {"uuid": other}]})

    assert error_of(without_lead) == (409, "ConflictError", "The job lead cannot be removed from the crew.")
    assert error_of(too_late) == (409, "ConflictError", "The crew changes only while the job is scheduled.")


async def test_archived_people_and_places_are_in_conflict(
    field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    job = await make(field, organisation)
    gone = organisation["engineer1"]
    organisation.execute("UPDATE people SET archived_at = now() WHERE id = :id", id=gone.id)

    for body in ({"jobLead": {"uuid": gone.uuid.hex}}, {"crew": [{"uuid": gone.uuid.hex}]}):
        for path, sent in (("/job/", new_job(organisation, **body)), (f"/job/{job['uuid']}", body)):
            reply = await field.post(path, json=sent)
            assert error_of(reply) == (409, "ConflictError", f"User with id={gone.uuid.hex} is archived")


@pytest.mark.parametrize(
    ("status", "update", "delete"),
    [
        ("New", 204, 204),
        ("Assigned", 204, 204),
        ("In progress", 409, 409),
        ("On hold", 409, 409),
        ("Complete", 204, 204),
        ("Invoiced", 204, 409),
        ("Archived", 409, 409),
        ("Cancelled", 204, 204),
    ],
)
async def test_the_stage_decides_what_may_be_done(
    server: TestServer, organisation: TestOrganisation, status: str, update: int, delete: int
) -> None:
    _, uuid = organisation.insert_job(status_id=organisation.ids["statuses"][status])

    async with server.field(organisation["agent1"].api_key) as client:
        for body in ({"description": "x"}, {}):
            assert (await client.post(f"/job/{uuid.hex}", json=body)).status_code == update
        assert (await client.get(f"/job/{uuid.hex}")).status_code == 200
        assert (await client.delete(f"/job/{uuid.hex}")).status_code == delete


# Deleting


async def test_a_deleted_job_is_gone(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    job = await make(field, organisation)

    first, again = [await field.delete(f"/job/{job['uuid']}") for _ in range(2)]

    assert (first.status_code, first.content) == (204, b"")
    assert error_of(again) == (404, "NotFoundError", f"No Job with id={job['uuid']} exists")
    assert (await field.get(f"/job/{job['jobId']}")).status_code == 404


@pytest.mark.parametrize("status", ["Invoiced", "Archived"])
async def test_a_closed_job_is_deleted_by_who_may(
    field: httpx.AsyncClient, organisation: TestOrganisation, status: str
) -> None:
    _, uuid = organisation.insert_job(status_id=organisation.ids["statuses"][status])

    assert (await field.delete(f"/job/{uuid.hex}")).status_code == 204


def _uuid(organisation: TestOrganisation, table: str, name: str) -> str:
    (row,) = organisation.execute(f"SELECT uuid FROM {table} WHERE id = :id", id=organisation.ids[table][name])  # noqa: S608
    uuid: str = row.uuid.hex
    return uuid
