"""Deferred jobs over the wire: dispatched once, and found under their old names for ever."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

START = "2040-12-11T09:00:00"


@pytest.fixture
async def api(field: httpx.AsyncClient) -> httpx.AsyncClient:
    field.timeout = httpx.Timeout(60)
    return field


async def make(api: httpx.AsyncClient, organisation: TestOrganisation, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    body = {"scheduledOn": START, "location": {"uuid": organisation.location_uuid.hex}, **fields}
    reply = await api.post("/job/", json=body)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def dispatch(api: httpx.AsyncClient, job: dict[str, Any]) -> str:
    reply = await api.post(f"/job/{job['uuid']}/dispatch")
    assert reply.status_code == 303, reply.text
    return reply.headers["location"].rpartition("/")[2]


def status_and_path(reply: httpx.Response) -> tuple[int, str | None]:
    error = reply.json()["error"]
    return reply.status_code, error["fields"][0]["path"] if "fields" in error else None


# Waiting


async def test_a_deferred_job_shows_its_delta_and_no_other_job_has_one(
    api: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    deferred = await make(api, organisation, notificationDelta=2)
    ordinary = await make(api, organisation, notificationDelta=None)

    assert deferred["notificationDelta"] == 2
    assert "notificationDelta" not in ordinary
    shown = [(await api.get(f"/job/{job['uuid']}")).json().get("notificationDelta") for job in (deferred, ordinary)]
    assert shown == [2, None]
    page = (await api.get("/job/", params={"start": "2040-01-01", "end": "2041-01-01"})).json()
    assert {item["jobId"]: item.get("notificationDelta", "absent") for item in page["items"]} == {
        deferred["jobId"]: 2,
        ordinary["jobId"]: "absent",
    }


@pytest.mark.parametrize("delta", [-1, 8785, 10**30, 2.5, "2", True])
async def test_a_delta_is_a_whole_number_of_at_most_8784_hours(
    api: httpx.AsyncClient, organisation: TestOrganisation, delta: object
) -> None:
    body = {"scheduledOn": START, "location": {"uuid": organisation.location_uuid.hex}, "notificationDelta": delta}
    assert status_and_path(await api.post("/job/", json=body)) == (422, "notificationDelta")
    job = await make(api, organisation, notificationDelta=8784)
    reply = await api.post(f"/job/{job['uuid']}", json={"notificationDelta": delta})
    assert status_and_path(reply) == (422, "notificationDelta")


@pytest.mark.parametrize(
    ("unit", "delta", "due"),
    [
        ("minutes", 90, "2040-12-11 07:30:00+00"),
        ("hours", 2, "2040-12-11 07:00:00+00"),
        ("days", 3, "2040-12-08 09:00:00+00"),
        ("hours", 0, "2040-12-11 09:00:00+00"),
    ],
)
async def test_it_is_due_so_long_before_it_is_scheduled(
    api: httpx.AsyncClient, organisation: TestOrganisation, unit: str, delta: int, due: str
) -> None:
    organisation.execute(
        "UPDATE organisations SET notification_unit = :unit WHERE id = :id", unit=unit, id=organisation.id
    )
    job = await make(api, organisation, notificationDelta=delta)

    def due_at() -> Any:  # noqa: ANN401
        found = "SELECT dispatch_due_at = CAST(:due AS timestamptz) AS is_it FROM jobs WHERE uuid = CAST(:uuid AS uuid)"
        return organisation.execute(found, due=due, uuid=job["uuid"])[0].is_it

    assert due_at()
    too_long = {"minutes": 527_041, "hours": 8_785, "days": 367}[unit]
    reply = await api.post(f"/job/{job['uuid']}", json={"notificationDelta": too_long})
    assert status_and_path(reply) == (422, "notificationDelta")
    await api.post(f"/job/{job['uuid']}", json={"scheduledOn": "2041-12-11T10:00:00+01:00"})
    assert not due_at()
    await api.post(f"/job/{job['uuid']}", json={"scheduledOn": START})
    assert due_at()


async def test_a_due_time_over_a_change_of_clocks_is_hours_apart(
    make_organisation: MakeOrganisation, server: TestServer
) -> None:
    # Central Europe puts its clocks back in this night: 24 hours before nine o'clock it was ten.
    organisation = make_organisation(time_zone="Europe/Berlin")
    async with server.field(organisation["admin"].api_key) as client:
        job = await make(client, organisation, scheduledOn="2040-10-28T09:00:00+01:00", notificationDelta=24)

    (row,) = organisation.execute(
        "SELECT dispatch_due_at AT TIME ZONE 'Europe/Berlin' AS due FROM jobs WHERE uuid = CAST(:uuid AS uuid)",
        uuid=job["uuid"],
    )
    assert row.due.isoformat() == "2040-10-27T10:00:00"


async def test_the_delta_of_a_waiting_job_may_change_and_null_makes_it_ordinary(
    api: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    job = await make(api, organisation, notificationDelta=2)
    path = f"/job/{job['uuid']}"

    assert (await api.post(path, json={"notificationDelta": 5})).status_code == 204
    assert (await api.get(path)).json()["notificationDelta"] == 5
    assert (await api.post(path, json={"notificationDelta": None})).status_code == 204
    assert "notificationDelta" not in (await api.get(path)).json()
    assert (await api.post(f"{path}/dispatch")).status_code == 409


async def test_on_a_job_that_never_was_deferred_a_delta_is_ignored(
    api: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    job = await make(api, organisation)
    path = f"/job/{job['uuid']}"
    before = (await api.get(path)).json()

    assert (await api.post(path, json={"notificationDelta": 3})).status_code == 204

    assert (await api.get(path)).json() == before


# Dispatching


async def test_dispatch_makes_a_new_job_with_a_new_uuid_and_jobid(
    server: TestServer, api: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    lead = {"uuid": organisation["engineer1"].uuid.hex}
    old = await make(api, organisation, notificationDelta=2, jobLead=lead, description="Boiler", estDuration=30)

    reply = await api.post(f"/job/{old['uuid']}/dispatch")

    assert (reply.status_code, reply.content) == (303, b"")
    location = reply.headers["location"]
    assert location.startswith(f"{server.base_url}/job/")
    new = (await api.get(location)).json()
    assert location.endswith(new["uuid"])
    assert (new["uuid"] != old["uuid"], new["jobId"] != old["jobId"]) == (True, True)
    changed = {"uuid", "jobId", "createdOn", "link", "notificationDelta"}
    assert {name: value for name, value in new.items() if name not in changed} == {
        name: value for name, value in old.items() if name not in changed
    }
    assert "notificationDelta" not in new


async def test_the_old_job_leaves_every_list(api: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    old = await make(api, organisation, notificationDelta=2)
    new = await dispatch(api, old)

    page = (await api.get("/job/", params={"start": "2000-01-01", "end": "2060-01-01"})).json()

    assert (page["count"], [item["uuid"] for item in page["items"]]) == (1, [new])


async def test_a_job_that_is_not_deferred_is_not_dispatched(
    api: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    job = await make(api, organisation)

    reply = await api.post(f"/job/{job['uuid']}/dispatch")

    assert (reply.status_code, reply.json()["error"]["name"]) == (409, "ConflictError")
    assert (await api.post(f"/job/{'0' * 32}/dispatch")).status_code == 404
    assert (await api.post("/job/J999999/dispatch")).status_code == 404


@pytest.mark.parametrize("status", ["In progress", "Complete", "Cancelled"])
async def test_a_job_that_is_no_longer_scheduled_is_not_dispatched(
    api: httpx.AsyncClient, organisation: TestOrganisation, status: str
) -> None:
    job = await make(api, organisation, notificationDelta=2)
    organisation.execute(
        "UPDATE jobs SET status_id = s.id, stage = s.stage FROM statuses s WHERE s.id = :status"
        " AND jobs.uuid = CAST(:uuid AS uuid)",
        status=organisation.ids["statuses"][status],
        uuid=job["uuid"],
    )

    assert (await api.post(f"/job/{job['uuid']}/dispatch")).status_code == 409
    assert (await api.get(f"/job/{job['uuid']}")).status_code == 200


@pytest.mark.parametrize("name", ["uuid", "jobId"])
async def test_a_job_is_dispatched_once(api: httpx.AsyncClient, organisation: TestOrganisation, name: str) -> None:
    job = await make(api, organisation, notificationDelta=2)
    new = await dispatch(api, job)

    again = await api.post(f"/job/{job[name]}/dispatch")

    assert (again.status_code, again.json()["error"]["name"]) == (409, "ConflictError")
    assert (await api.post(f"/job/{new}/dispatch")).status_code == 409


async def test_fifty_at_once_dispatch_once(api: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    job = await make(api, organisation, notificationDelta=2)

    replies = await asyncio.gather(*(api.post(f"/job/{job['uuid']}/dispatch") for _ in range(50)))

    statuses = Counter(reply.status_code for reply in replies)
    assert statuses[303] == 1
    assert set(statuses) <= {303, 409, 503}
    (row,) = organisation.execute("SELECT count(*) FROM jobs WHERE organisation_id = :org", org=organisation.id)
    assert row[0] == 1


async def test_a_retried_dispatch_gets_the_same_answer(api: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    job = await make(api, organisation, notificationDelta=2)
    path, headers = f"/job/{job['uuid']}/dispatch", {"Idempotency-Key": "once"}

    replies = [await api.post(path, headers=headers) for _ in range(3)]

    assert [reply.status_code for reply in replies] == [303] * 3
    assert len({reply.headers["location"] for reply in replies}) == 1


# The old names


@pytest.mark.parametrize(
    ("method", "below"),
    [
        ("GET", ""),
        ("POST", ""),
        ("DELETE", ""),
        ("POST", "/task/"),
        ("GET", "/task/61b8a942d4e2487290c1b49618252305"),
        ("PUT", "/task/61b8a942d4e2487290c1b49618252305"),
        ("DELETE", "/task/61b8a942d4e2487290c1b49618252305"),
        ("GET", "/task/0/attachment/"),
        ("POST", "/task/0/attachment/"),
        ("GET", "/task/0/attachment/a3aa9575739c43989bfec0fca014d3d0"),
        ("PUT", "/task/0/attachment/a3aa9575739c43989bfec0fca014d3d0"),
        ("DELETE", "/task/0/attachment/a3aa9575739c43989bfec0fca014d3d0"),
    ],
)
async def test_every_call_on_the_old_job_is_sent_to_the_same_path_of_the_new_one(
    server: TestServer, api: httpx.AsyncClient, organisation: TestOrganisation, method: str, below: str
) -> None:
    job = await make(api, organisation, notificationDelta=2)
    new = await dispatch(api, job)
    body: dict[str, Any] = {"json": {"task": {"uuid": "0" * 32}}} if method in ("POST", "PUT") else {}
    if (method, below[-12:]) == ("POST", "/attachment/"):
        body = {"files": {"file": ("requirements.txt", b"a pipe")}}

    for name in (job["uuid"], job["jobId"]):
        reply = await api.request(method, f"/job/{name}{below}", **body)

        assert (reply.status_code, reply.content) == (307, b"")
        assert reply.headers["location"] == f"{server.base_url}/job/{new}{below}"
    assert (await api.get(f"/job/{new}")).json()["description"] == ""


async def test_the_query_comes_along(
    server: TestServer, api: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    job = await make(api, organisation, notificationDelta=2)
    new = await dispatch(api, job)
    key = organisation["admin"].api_key

    async with httpx.AsyncClient(base_url=server.base_url, follow_redirects=True) as client:
        reply = await client.get(f"/job/{job['uuid']}", params={"api_key": key})

    assert (reply.status_code, reply.json()["uuid"]) == (200, new)
    assert str(reply.url) == f"{server.base_url}/job/{new}?api_key={key}"


async def test_a_client_that_follows_changes_the_new_job(
    api: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    job = await make(api, organisation, notificationDelta=2)
    new = await dispatch(api, job)

    reply = await api.post(f"/job/{job['uuid']}", json={"description": "After"}, follow_redirects=True)

    assert (reply.status_code, (await api.get(f"/job/{new}")).json()["description"]) == (204, "After")
    deleted = await api.delete(f"/job/{job['uuid']}", follow_redirects=True)
    assert deleted.status_code == 204


async def test_after_the_deletion_of_the_new_job_the_target_is_404(
    api: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    job = await make(api, organisation, notificationDelta=2)
    new = await dispatch(api, job)
    await api.delete(f"/job/{new}")

    reply = await api.get(f"/job/{job['uuid']}")

    assert (reply.status_code, reply.headers["location"].endswith(new)) == (307, True)
    assert (await api.get(reply.headers["location"])).status_code == 404
    assert (await api.post(f"/job/{job['uuid']}/dispatch")).status_code == 409


async def test_who_may_not_see_the_new_job_is_not_sent_there(
    server: TestServer, api: httpx.AsyncClient, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    job = await make(api, organisation, notificationDelta=2)
    await dispatch(api, job)
    stranger = make_organisation()

    for key, status in (
        (organisation["agent1"].api_key, 307),
        (organisation["agent2"].api_key, 404),
        (organisation["contractor1"].api_key, 404),
        (stranger["admin"].api_key, 404),
    ):
        async with server.field(key) as client:
            reply = await client.get(f"/job/{job['uuid']}")
            assert (reply.status_code, "location" in reply.headers) == (status, status == 307)


# What the others see


async def test_dependencies_go_with_the_job(api: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    first = await make(api, organisation, notificationDelta=2)
    second = await make(api, organisation, notificationDelta=1, dependencies={"predecessor": {"uuid": first["uuid"]}})

    new_first, new_second = await dispatch(api, first), await dispatch(api, second)

    shown = (await api.get(f"/job/{new_second}")).json()["dependencies"]
    assert shown["predecessor"]["uuid"] == new_first
    # A body that was read before the dispatch names the old one.
    body = {"dependencies": {"predecessor": {"uuid": first["uuid"]}}}
    assert (await api.post(f"/job/{new_second}", json=body)).status_code == 204
    assert (await api.get(f"/job/{new_second}")).json()["dependencies"] == shown


async def test_the_feed_tells_that_one_job_ended_and_another_began(
    api: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    job = await make(api, organisation, notificationDelta=2)
    token = (await api.get("/changes/token")).json()["sinceToken"]
    new = await dispatch(api, job)

    items = (await api.get(f"/changes/{token}/")).json()["items"]

    assert [(item["entityClass"], item["entity"], item["status"], item["actions"]) for item in items] == [
        ("Job", job["uuid"], "deleted", []),
        ("Job", new, "created", ["DISPATCHED"]),
    ]
