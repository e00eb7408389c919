"""Users, groups, service areas, the business, exceptions and unavailability types over the wire."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

PASSWORD = "long enough for anybody"


async def add_user(field: httpx.AsyncClient, organisation: TestOrganisation, **body: Any) -> dict[str, Any]:  # noqa: ANN401
    reply = await field.post("/user/", json={"email": f"new@{organisation.uuid.hex}.example.com", **body})
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


def complete(organisation: TestOrganisation, job: str) -> None:
    organisation.execute(
        "UPDATE jobs SET status_id = :status, stage = 3 WHERE uuid = :uuid",
        status=organisation.ids["statuses"]["Complete"],
        uuid=job,
    )


async def test_a_user(server: TestServer, field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    user = await add_user(
        field, organisation, firstName="Ada", platform="ios", timezone="Europe/Paris", password=PASSWORD
    )

    assert user == {
        "uuid": user["uuid"],
        "email": f"new@{organisation.uuid.hex}.example.com",
        "firstName": "Ada",
        "lastName": "",
        "phone": None,
        "locale": "en_GB",
        "timezone": "Europe/Paris",
        "platform": "ios",
        "role": "Employee",
        "archived": False,
        "customFields": {},
        "link": {"rel": "detail", "url": f"{server.base_url}/user/{user['uuid']}"},
    }
    assert (await field.get(f"/user/{user['uuid']}")).json() == user
    async with server.client() as client:
        signed_in = await client.post("/api/auth/login", json={"email": user["email"], "password": PASSWORD})
    assert signed_in.status_code == 200
    assert PASSWORD not in str(organisation.execute("SELECT changes FROM events"))


async def test_users_are_filtered_and_sorted(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    everybody = (await field.get("/user/?pageSize=200")).json()

    emails = [user["email"] for user in everybody["items"]]
    assert emails == sorted(emails)
    assert {email.partition("@")[0] for email in emails} == {
        "admin", "manager", "engineer1", "engineer2", "contractor1", "contractor2",
    }  # fmt: skip
    assert {user["email"] for user in everybody["items"] if user["role"] == "Admin"} == {organisation["admin"].email}
    for query in (
        "firstName=Engineer1",
        f"email={organisation['engineer1'].email}",
        "firstName=Engineer1&lastName=Tester",
    ):
        found = (await field.get(f"/user/?{query}")).json()["items"]
        assert [user["uuid"] for user in found] == [organisation["engineer1"].uuid.hex], query
    assert (await field.get("/user/?archived=true")).json()["count"] == 0
    assert (await field.get("/user/?colour=red")).status_code == 422


@pytest.mark.parametrize("said", [True, "true", "TRUE"])
async def test_an_archived_user_can_do_nothing(
    server: TestServer, field: httpx.AsyncClient, organisation: TestOrganisation, said: object
) -> None:
    engineer = organisation["engineer1"]
    path = f"/user/{engineer.uuid.hex}"

    archived = await field.put(path, json={"archived": said})
    async with server.field(engineer.api_key) as client:
        whoami = await client.get("/auth/whoami")
    job = {"scheduledOn": "2030-01-01", "location": {"uuid": organisation.location_uuid.hex}}
    as_lead = await field.post("/job/", json={**job, "jobLead": {"uuid": engineer.uuid.hex}})
    credentials = organisation.execute("SELECT FROM credentials WHERE person_id = :id", id=engineer.id)
    back = await field.put(path, json={"archived": "false"})

    assert [reply.status_code for reply in (archived, whoami, as_lead, back)] == [204, 401, 409, 204]
    assert credentials == []
    assert (await field.get(path)).json()["archived"] is False


async def test_roles_and_the_last_administrator(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    admin, manager = (f"/user/{organisation[label].uuid.hex}" for label in ("admin", "manager"))
    contractor = f"/user/{organisation['contractor1'].uuid.hex}"

    refused = [
        (await field.put(admin, json={"role": "Employee"})).status_code,
        (await field.put(admin, json={"archived": True})).status_code,
        (await field.delete(admin)).status_code,
        (await field.put(contractor, json={"role": "Admin"})).status_code,
    ]
    raised = await field.put(manager, json={"role": "Admin"})
    shown = (await field.get(manager)).json()["role"]
    lowered = await field.put(admin, json={"role": "Employee"})

    assert refused == [409, 409, 409, 409]
    assert (raised.status_code, shown, lowered.status_code) == (204, "Admin", 204)
    assert (await field.get("/user/")).status_code == 200
    assert (await field.put(admin, json={"role": "Admin"})).status_code == 403


async def test_a_user_with_open_jobs_stays(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    lead, crew = organisation["engineer1"], organisation["engineer2"]
    body = {
        "scheduledOn": "2030-01-01",
        "location": {"uuid": organisation.location_uuid.hex},
        "jobLead": {"uuid": lead.uuid.hex},
        "crew": [{"uuid": crew.uuid.hex}],
    }
    job = (await field.post("/job/", json=body)).json()["uuid"]
    paths = [f"/user/{person.uuid.hex}" for person in (lead, crew)]

    kept = [(await field.delete(path)).status_code for path in paths]
    complete(organisation, job)
    gone = [(await field.delete(path)).status_code for path in paths]

    assert (kept, gone) == ([409, 409], [204, 204])
    assert [(await field.get(path)).status_code for path in paths] == [404, 404]
    assert (await field.get(f"/job/{job}")).json()["jobLead"]["name"] == "Engineer1"
    assert (await add_user(field, organisation, email=lead.email))["email"] == lead.email


async def test_a_removed_user_is_as_absent_as_one_that_never_was(
    field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    user = await add_user(field, organisation, firstName="Ada")
    job = {"scheduledOn": "2014-01-23", "location": {"uuid": organisation.location_uuid.hex}}
    done = (await field.post("/job/", json={**job, "jobLead": {"uuid": user["uuid"]}})).json()
    complete(organisation, done["uuid"])
    assert (await field.delete(f"/user/{user['uuid']}")).status_code == 204

    async def named(uuid: str) -> list[tuple[int, str]]:
        rate = {"name": "Overtime", "rate": 1.0}
        bodies: list[dict[str, Any]] = [
            {"jobLead": {"uuid": uuid}},
            {"crew": [{"uuid": uuid}]},
            {"labor": [{"user": {"uuid": uuid}, "quantity": 5, "rate": rate}]},
        ]
        replies = [await field.post("/job/", json=job | body) for body in bodies]
        return [(reply.status_code, reply.text.replace(uuid, "")) for reply in replies]

    never = await named(uuid4().hex)
    assert [status for status, _ in never] == [404, 404, 404]
    assert await named(user["uuid"]) == never
    posted_back = await field.post(f"/job/{done['uuid']}", json=(await field.get(f"/job/{done['uuid']}")).json())
    assert posted_back.status_code == 204, posted_back.text


async def test_refusals_about_users(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    email = f"x@{organisation.uuid.hex}.example.com"
    for body, at in (
        ({"firstName": "A"}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": email, "password": "short"}, "password"),
        ({"email": email, "timezone": "Mars/Base"}, "timezone"),
        ({"email": email, "platform": "palm"}, "platform"),
        ({"email": email, "role": "King"}, "role"),
    ):
        reply = await field.post("/user/", json=body)
        assert (reply.status_code, reply.json()["error"]["fields"][0]["path"]) == (422, at), (body, reply.text)
    assert (await field.post("/user/", json={"email": organisation["agent1"].email.upper()})).status_code == 409


async def test_only_administrators_write_users(server: TestServer, organisation: TestOrganisation) -> None:
    path = f"/user/{organisation['engineer1'].uuid.hex}"
    async with server.field(organisation["manager"].api_key) as manager:
        assert (await manager.get(path)).status_code == 200
        assert (await manager.put(path, json={"phone": "1"})).status_code == 403
        assert (await manager.post("/user/", json={"email": "a@example.com"})).status_code == 403
        assert (await manager.delete(path)).status_code == 403
    async with server.field(organisation["agent1"].api_key) as agent:
        assert (await agent.get("/user/")).status_code == 403


async def test_exceptions_of_a_user(
    server: TestServer, field: httpx.AsyncClient, organisation: TestOrganisation, stranger: httpx.AsyncClient
) -> None:
    engineer = organisation["engineer1"]
    for day in (1, 3):
        organisation.insert(
            "working_exceptions",
            person_id=engineer.id,
            starts_at=f"2030-01-0{day}T08:00Z",
            ends_at=f"2030-01-0{day}T12:00Z",
        )
    path = f"/user/{engineer.uuid.hex}/exception"

    everything = (await field.get(path)).json()
    later = (await field.get(f"{path}?start=2030-01-02&sortedBy=-start")).json()
    earlier = (await field.get(f"{path}?end=2030-01-02")).json()

    assert [item["start"] for item in everything["items"]] == ["2030-01-01T08:00:00+00:00", "2030-01-03T08:00:00+00:00"]
    assert set(everything["items"][0]) == {"uuid", "start", "end", "link"}
    assert everything["items"][0]["link"]["url"] == f"{server.base_url}{path}"
    assert (later["items"], earlier["items"]) == (everything["items"][1:], everything["items"][:1])
    assert (await stranger.get(path)).status_code == 404
    assert (await field.get(f"{path}?start=soon")).status_code == 422
    assert (await field.get(f"{path}?day=1")).status_code == 422


async def test_unavailability_types(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    organisation.insert("unavailability_types", name="Annual leave")
    organisation.insert("unavailability_types", name="Sick leave", is_paid=False, archived_at="2020-01-01")

    found = (await field.get("/unavailability/types?name=LEAVE")).json()

    assert [(item["name"], item["paid"], item["archived"]) for item in found["items"]] == [
        ("Annual leave", True, False),
        ("Sick leave", False, True),
    ]
    assert (await field.get("/unavailability/types?archived=true")).json()["count"] == 1
    assert (await field.get("/unavailability/types?name=sick")).json()["count"] == 1
    assert (await field.get("/unavailability/types?paid=true")).status_code == 422


async def test_groups_only_under_enterprise(
    server: TestServer, field: httpx.AsyncClient, make_organisation: MakeOrganisation, organisation: TestOrganisation
) -> None:
    enterprise = make_organisation(is_enterprise=True)
    assert (await field.get("/group/")).status_code == 403
    assert (await field.post("/group/", json={"name": "East"})).status_code == 403
    async with (
        server.field(enterprise["admin"].api_key) as admin,
        server.field(enterprise["manager"].api_key) as manager,
    ):
        made = (await admin.post("/group/", json={"name": "East"})).json()
        path = f"/group/{made['uuid']}"
        north = (await admin.get("/group/?name=North")).json()["items"][0]
        enterprise.insert_job(branch_id=enterprise.ids["branches"]["North"])

        assert (made["name"], made["archived"]) == ("East", False)
        assert [group["name"] for group in (await manager.get("/group/")).json()["items"]] == ["East", "North", "South"]
        assert (await manager.put(path, json={"name": "West"})).status_code == 403
        assert (await admin.put(path, json={"archived": "true"})).status_code == 204
        assert (await manager.get(path)).json()["archived"] is True
        assert (await manager.get("/group/?archived=true")).json()["count"] == 1
        assert (await admin.post("/group/", json={"name": "North"})).status_code == 409
        assert (await admin.delete(f"/group/{north['uuid']}")).status_code == 409
        assert (await admin.delete(path)).status_code == 204
        assert (await admin.get(path)).status_code == 404
        assert (await admin.get("/group/?colour=red")).status_code == 422
    assert organisation.id != enterprise.id


async def test_service_areas(field: httpx.AsyncClient) -> None:
    area = {"shape": "RECTANGLE", "geometry": {"ne": {"lat": 51.61, "lng": 0.1}, "sw": {"lat": 51.4, "lng": -0.2}}}
    reply = await field.post("/service_area/", json={"name": "City", "colour": "ff8800", "area": area})
    made = reply.json()
    path = f"/service_area/{made['uuid']}"

    assert (reply.status_code, made["area"], made["colour"], made["description"]) == (201, area, "ff8800", "")
    assert (await field.put(path, json={**made, "description": "All of it"})).status_code == 204
    assert (await field.get("/service_area/?name=City")).json()["items"] == [{**made, "description": "All of it"}]
    for body in (
        {"colour": "red"},
        {"area": None},
        {"area": {**area, "shape": "CIRCLE"}},
        {"area": {"geometry": {"ne": area["geometry"]["sw"], "sw": area["geometry"]["ne"]}}},  # type: ignore[index]
        {"area": {"geometry": {**area["geometry"], "ne": {"lat": 91, "lng": 0}}}},  # type: ignore[dict-item]
    ):
        assert (await field.put(path, json=body)).status_code == 422, body
    assert (await field.delete(path)).status_code == 204


async def test_the_business(server: TestServer, field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    before = (await field.get("/business")).json()

    changed = await field.put(
        "/business", json={**before, "name": "Fixers", "timezone": "Europe/Paris", "currency": "EUR"}
    )

    assert before == {
        "uuid": organisation.uuid.hex,
        "name": organisation.name,
        "timezone": "Europe/London",
        "currency": "GBP",
        "jobPrefix": "J",
        "enterprise": False,
        "trueCrew": False,
    }
    assert changed.status_code == 204
    assert (await field.get("/business")).json() == {
        **before,
        "name": "Fixers",
        "timezone": "Europe/Paris",
        "currency": "EUR",
    }
    for body in ({"name": None}, {"timezone": "Mars"}, {"currency": "pounds"}):
        assert (await field.put("/business", json=body)).status_code == 422
    async with server.field(organisation["manager"].api_key) as manager:
        assert (await manager.put("/business", json={"name": "Mine"})).status_code == 403
