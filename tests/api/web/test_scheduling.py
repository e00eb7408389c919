"""Planning a job and moving its crew over the wire, and what the other APIs show of it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import Struct

from tests.api.web.conftest import Browse
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

START = "2030-01-02T09:30:00Z"


class Site(Struct):
    """A job with a lead and a mate, and who looks at it."""

    organisation: TestOrganisation
    uuid: UUID
    office: httpx.AsyncClient
    field: httpx.AsyncClient

    @property
    def path(self) -> str:
        return f"/web/jobs/{self.uuid}"

    async def move(self, who: str, step: str, **details: Any) -> httpx.Response:  # noqa: ANN401 (whatever a body holds)
        body = {"person_id": self.organisation[who].id, "step": step, **details}
        return await self.office.post(f"{self.path}/crew", json=body)

    async def read(self) -> dict[str, Any]:
        """Read it as the browser does."""
        body: dict[str, Any] = (await self.office.get(self.path)).json()
        return body

    async def read_in_field(self) -> dict[str, Any]:
        body: dict[str, Any] = (await self.field.get(f"/job/{self.uuid.hex}")).json()
        return body


@pytest.fixture
async def site(server: TestServer, organisation: TestOrganisation, browse: Browse) -> AsyncIterator[Site]:
    async with server.field(organisation["admin"].api_key) as field:
        reply = await field.post(
            "/job/",
            json={
                "scheduledOn": START,
                "location": {"uuid": organisation.location_uuid.hex},
                "estDuration": 60,
                "jobLead": {"uuid": organisation["engineer1"].uuid.hex},
                "crew": [{"uuid": organisation["engineer2"].uuid.hex}],
            },
        )
        office = await browse(organisation, "admin")
        yield Site(organisation, UUID(reply.json()["uuid"]), office, field)


async def test_a_days_work_in_all_three_apis(server: TestServer, site: Site) -> None:
    shop, place = {"lat": 41.38879, "lng": 2.15899}, {"lat": 41.40338, "lng": 2.17403}
    replies = [
        await site.move("engineer1", "travel", at="2024-09-19T16:40:00Z", position=shop),
        await site.move("engineer1", "arrive", at="2024-09-19T18:57:00+02:00", position=place),
        await site.move("engineer1", "pause", at="2024-09-19T16:59:14Z", reason="lunch"),
        await site.move("engineer1", "resume", at="2024-09-19T16:59:44Z", position=place),
        await site.move("engineer1", "pause", at="2024-09-19T17:00:00Z", reason="break", position=place),
    ]
    paused, paused_in_field = await site.read(), await site.read_in_field()
    done = await site.move("engineer1", "complete", at="2024-09-19T17:00:00Z")

    assert [reply.json() for reply in replies] == [
        {"state": state, "approval_required": False} for state in ("in_transit", "active", "paused", "active", "paused")
    ]
    assert (done.status_code, done.json()) == (200, {"state": "completed", "approval_required": False})

    hours = [
        {
            "start": "2024-09-19T16:40:00+00:00",
            "inTransit": True,
            "end": "2024-09-19T16:57:00+00:00",
            "startLocation": shop,
            "endLocation": place,
            "pauseReason": None,
        },
        {
            "start": "2024-09-19T16:57:00+00:00",
            "inTransit": False,
            "end": "2024-09-19T16:59:14+00:00",
            "startLocation": place,
            "endLocation": None,
            "pauseReason": "lunch",
        },
        {
            "start": "2024-09-19T16:59:44+00:00",
            "inTransit": False,
            "end": "2024-09-19T17:00:00+00:00",
            "startLocation": place,
            "endLocation": place,
            "pauseReason": "break",
        },
    ]
    lead = {"workedHours": hours, "pauseReason": "break", "uuid": site.organisation["engineer1"].uuid.hex}
    mate: dict[str, Any] = {"workedHours": [], "pauseReason": None, "uuid": site.organisation["engineer2"].uuid.hex}
    assert paused_in_field["state"] == ["active", "paused"]
    assert paused_in_field["crew"] == [lead | {"state": "paused"}, mate | {"state": "scheduled"}]
    job = await site.read_in_field()
    assert job["state"] == ["completed"]
    assert job["crew"] == [lead | {"state": "completed"}, mate | {"state": "completed"}]
    assert (job["startedOn"], job["completedOn"]) == ("2024-09-19T16:40:00+00:00", "2024-09-19T17:00:00+00:00")

    assert (paused["stage"], paused["substate"]) == ("in_progress", "paused")
    assert [member["state"] for member in paused["crew"]] == ["paused", "scheduled"]
    assert paused["crew"][0]["worked_hours"][1] == {
        "starts_at": "2024-09-19T16:57:00Z",
        "ends_at": "2024-09-19T16:59:14Z",
        "is_travel": False,
        "started_in": place,
        "ended_in": None,
        "pause_reason": "lunch",
    }

    async with server.client() as manage:
        admin = site.organisation["admin"]
        token = (await manage.post("/api/auth/login", json={"email": admin.email, "password": admin.password})).json()
        manage.headers["Authorization"] = f"Bearer {token['token']}"
        shown = (await manage.get("/api/jobs/manage", params={"action": "get", "uuid": str(site.uuid)})).json()["data"]
        told = (await manage.get("/api/jobs/manage", params={"action": "list_commits", "uuid": str(site.uuid)})).json()
    assert shown["status_name"] == "Complete"
    completion, *_, setting_out, creation = told["data"]
    assert told["count"] == 7
    assert creation["action"] == "created"
    assert {
        (change["field"], change["from"], change["to"], change.get("to_name")) for change in setting_out["changes"]
    } == {
        ("crew", None, site.organisation["engineer1"].id, "Engineer1 Tester"),
        ("crewState", "scheduled", "in transit", None),
        (
            "status_id",
            site.organisation.ids["statuses"]["Assigned"],
            site.organisation.ids["statuses"]["In progress"],
            "In progress",
        ),
        ("state", None, "in transit", None),
        ("startedOn", None, "2024-09-19T16:40:00Z", None),
    }
    assert {"status_id", "completedOn", "crewState"} <= {change["field"] for change in completion["changes"]}


async def test_what_still_runs_has_no_end(site: Site) -> None:
    await site.move("engineer1", "travel")

    job, shown = await site.read_in_field(), await site.read()

    (running,) = job["crew"][0]["workedHours"]
    assert (running["end"], running["inTransit"], running["startLocation"], running["endLocation"]) == (
        None, True, None, None,
    )  # fmt: skip
    assert job["state"] == ["active", "in transit"]
    assert (job["crew"][0]["state"], job["startedOn"]) == ("in transit", running["start"])
    assert shown["crew"][0]["state"] == "in_transit"
    assert shown["crew"][0]["worked_hours"][0]["ends_at"] is None


async def test_a_job_on_a_mobile_device_is_left_alone_by_the_field_api(site: Site) -> None:
    path = f"/job/{site.uuid.hex}"
    for step in ("travel", "arrive", "pause"):
        await site.move("engineer1", step, **({"reason": "lunch"} if step == "pause" else {}))
        refused = [await site.field.post(path, json={"description": "Else."}), await site.field.delete(path)]
        assert [reply.status_code for reply in refused] == [409, 409]
        assert "mobile device" in refused[0].json()["error"]["message"]

    await site.move("engineer1", "complete")
    assert (await site.field.post(path, json={"description": "Else."})).status_code == 204


async def test_a_read_of_a_worked_job_can_be_posted_back(site: Site) -> None:
    await site.move("engineer1", "arrive", position={"lat": 1, "lng": 2})
    await site.move("engineer1", "complete")
    job = await site.read_in_field()

    assert (await site.field.post(f"/job/{site.uuid.hex}", json=job)).status_code == 204
    assert await site.read_in_field() == job


async def test_planning_and_slots_are_the_web_apis_alone(site: Site) -> None:
    lead, mate = site.organisation["engineer1"], site.organisation["engineer2"]
    (kept,) = (await site.read())["slots"]
    body = {
        "slots": [
            {"uuid": kept["uuid"], "starts_at": "2030-01-03T09:00:00Z", "minutes": 20, "crew_ids": [mate.id, lead.id]},
            {"starts_at": "2030-01-04T09:00:00+01:00", "minutes": 45, "crew_ids": [mate.id]},
        ]
    }

    assert (await site.office.put(f"{site.path}/slots", json=body)).status_code == 204
    planned = await site.office.put(f"{site.path}/planning", json={"scheduled_state": "confirmed"})
    assert planned.status_code == 204
    before = await site.read_in_field()
    ignored = {"scheduledState": "tentative", "timeSlots": [], "plannedEffort": 1, "scheduledDuration": 1, "state": []}
    assert (await site.field.post(f"/job/{site.uuid.hex}", json=ignored)).status_code == 204

    job = await site.read_in_field()
    assert job == before
    assert job["timeSlots"] == [
        {
            "duration": 20,
            "scheduledOn": "2030-01-03T09:00:00+00:00",
            "uuid": UUID(kept["uuid"]).hex,
            "crew": [lead.uuid.hex, mate.uuid.hex],
        },
        {
            "duration": 45,
            "scheduledOn": "2030-01-04T08:00:00+00:00",
            "uuid": job["timeSlots"][1]["uuid"],
            "crew": [mate.uuid.hex],
        },
    ]
    assert (job["plannedEffort"], job["scheduledDuration"]) == (20 * 2 + 45, 23 * 60 + 45)
    assert (job["scheduledOn"], job["scheduledState"]) == ("2030-01-03T09:00:00+00:00", "confirmed")


async def test_a_first_lead_dispatches_what_was_confirmed(site: Site) -> None:
    path = f"/job/{site.uuid.hex}"
    await site.field.post(path, json={"jobLead": None})
    assert (await site.read_in_field())["scheduledState"] == "tentative"
    await site.office.put(f"{site.path}/planning", json={"scheduled_state": "confirmed"})

    await site.field.post(path, json={"jobLead": {"uuid": site.organisation["engineer2"].uuid.hex}})

    assert (await site.read_in_field())["scheduledState"] == "dispatched"


async def test_an_empty_crew_has_no_planned_effort(site: Site) -> None:
    path = f"/job/{site.uuid.hex}"
    await site.field.post(path, json={"jobLead": None})
    await site.field.post(path, json={"crew": []})

    job = await site.read_in_field()
    assert (job["crew"], job["plannedEffort"], job["timeSlots"][0]["crew"]) == ([], 0, [])


async def test_a_cancelled_job(site: Site) -> None:
    await site.move("engineer1", "travel")

    replies = [await site.office.post(f"{site.path}/cancel", json={}) for _ in range(2)]

    assert [(reply.status_code, reply.json()) for reply in replies] == [(200, {"approval_required": False})] * 2
    job = await site.read_in_field()
    assert (job["state"], job["crew"][0]["state"]) == (["cancelled"], "completed")
    assert job["crew"][0]["workedHours"][0]["end"] is not None


@pytest.mark.parametrize(
    ("path", "method", "body", "field"),
    [
        ("crew", "POST", {"step": "travel"}, "person_id"),
        ("crew", "POST", {"person_id": 1, "step": "fly"}, "step"),
        ("crew", "POST", {"person_id": 1, "step": "pause"}, "reason"),
        ("crew", "POST", {"person_id": 1, "step": "travel", "reason": "lunch"}, "reason"),
        ("crew", "POST", {"person_id": 1, "step": "travel", "at": "2024-01-01T10:00:00"}, "at"),
        ("crew", "POST", {"person_id": 1, "step": "travel", "at": "2999-01-01T10:00:00Z"}, "at"),
        ("crew", "POST", {"person_id": 1, "step": "travel", "position": {"lat": 91, "lng": 0}}, "position.lat"),
        ("crew", "POST", {"person_id": 1, "step": "travel", "position": {"lat": 9}}, "position.lng"),
        ("crew", "POST", {"person_id": 1, "step": "travel", "wings": True}, "wings"),
        ("slots", "PUT", {}, "slots"),
        ("slots", "PUT", {"slots": [{"starts_at": START, "minutes": -1}]}, "slots[0].minutes"),
        ("slots", "PUT", {"slots": [{"starts_at": "tomorrow", "minutes": 1}]}, "slots[0].starts_at"),
        ("slots", "PUT", {"slots": [{"starts_at": START, "minutes": 1}] * 101}, "slots"),
        ("planning", "PUT", {"scheduled_state": "begun"}, "scheduled_state"),
        ("planning", "PUT", {"scheduled_state": 1}, "scheduled_state"),
    ],
)
async def test_what_is_malformed_changes_nothing(
    *, site: Site, path: str, method: str, body: dict[str, Any], field: str
) -> None:
    before = await site.read()

    reply = await site.office.request(method, f"{site.path}/{path}", json=body)

    assert (reply.status_code, [at["path"] for at in reply.json()["fields"]]) == (422, [field])
    assert await site.read() == before


async def test_what_the_state_forbids_is_told(site: Site) -> None:
    stranger = {"slots": [{"starts_at": START, "minutes": 5, "crew_ids": [site.organisation["manager"].id]}]}
    stale = {"slots": [], "expected_updated_at": "2024-01-01T00:00:00Z"}

    replies = [
        await site.move("engineer1", "pause", reason="lunch"),
        await site.move("manager", "travel"),
        await site.office.put(f"{site.path}/slots", json=stranger),
        await site.office.put(f"{site.path}/slots", json=stale),
        await site.office.put(f"{site.path}/planning", json={"scheduled_state": "tentative", **stale | {"slots": []}}),
    ]

    assert [(reply.status_code, reply.json()["code"]) for reply in replies[:4]] == [
        (409, "scheduling.step_not_allowed"),
        (409, "jobs.not_in_crew"),
        (409, "jobs.not_in_crew"),
        (409, "jobs.changed_meanwhile"),
    ]
    assert replies[4].status_code == 422


async def test_a_repeated_request_replays(site: Site) -> None:
    key = {"Idempotency-Key": "3f2a"}
    body = {"person_id": site.organisation["engineer1"].id, "step": "travel"}

    first = await site.office.post(f"{site.path}/crew", json=body, headers=key)
    await site.move("engineer1", "arrive")
    again = await site.office.post(f"{site.path}/crew", json=body, headers=key)

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (await site.read())["substate"] == "on_site"


async def test_history_tells_of_the_crew_in_words(site: Site) -> None:
    await site.move("engineer1", "arrive")
    await site.move("engineer1", "pause", reason="waiting for parts")

    commits = (await site.office.get(f"{site.path}/history")).json()["commits"]

    assert {(told["label"], told["from"], told["to"]) for told in commits[0]["changes"]} == {
        ("Crew member", None, "Engineer1 Tester"),
        ("Their work", "active", "paused"),
        ("Reason for the pause", None, "waiting for parts"),
        ("Crew", "on_site", "paused"),
    }


async def test_history_tells_when_slots_begin(site: Site) -> None:
    await site.office.put(f"{site.path}/slots", json={"slots": [{"starts_at": "2030-01-03T09:00:00Z", "minutes": 5}]})

    commits = (await site.office.get(f"{site.path}/history")).json()["commits"]

    assert {(told["label"], str(told["from"]), str(told["to"])) for told in commits[0]["changes"]} == {
        ("Works start", START, "2030-01-03T09:00:00Z"),
        ("Time slots", str([START]), "['2030-01-03T09:00:00Z']"),
    }
