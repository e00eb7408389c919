"""Dependencies and time windows of jobs over the wire."""

from typing import Any

import httpx
import pytest

from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

START = "2013-08-21T14:30:00"
WINDOW = {"startAfter": "2014-12-01T00:00:00", "deadline": "2014-12-05T00:00:00"}
WINDOW_OUT = {"startAfter": "2014-12-01T00:00:00+00:00", "deadline": "2014-12-05T00:00:00+00:00"}


class Field:
    """A client with short ways to make, read and change jobs."""

    def __init__(self, client: httpx.AsyncClient, organisation: TestOrganisation) -> None:
        self.client = client
        self.organisation = organisation

    async def try_to_make(self, **fields: Any) -> httpx.Response:  # noqa: ANN401 (whatever a body holds)
        location = {"uuid": self.organisation.location_uuid.hex}
        return await self.client.post("/job/", json={"scheduledOn": START, "location": location, **fields})

    async def make(self, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
        reply = await self.try_to_make(**fields)
        assert reply.status_code == 201, reply.text
        body: dict[str, Any] = reply.json()
        return body

    async def get(self, job: dict[str, Any]) -> dict[str, Any]:
        reply = await self.client.get(f"/job/{job['uuid']}")
        assert reply.status_code == 200, reply.text
        body: dict[str, Any] = reply.json()
        return body

    async def change(self, job: dict[str, Any], **fields: Any) -> int:  # noqa: ANN401
        return (await self.client.post(f"/job/{job['uuid']}", json=fields)).status_code

    async def sides(self, job: dict[str, Any]) -> tuple[str | None, str | None]:
        found = (await self.get(job)).get("dependencies") or {"predecessor": None, "successor": None}
        before, after = found["predecessor"], found["successor"]
        return before and before["uuid"], after and after["uuid"]


@pytest.fixture
async def api(field: httpx.AsyncClient, organisation: TestOrganisation) -> Field:
    return Field(field, organisation)


def ref(job: dict[str, Any]) -> dict[str, str]:
    return {"uuid": job["uuid"]}


def told(api: Field, *actions: str) -> list[tuple[str, dict[str, Any]]]:
    """Read what the history tells: references and changes, in the order of commits."""
    rows = api.organisation.execute(
        "SELECT label, action, changes FROM events WHERE organisation_id = :org ORDER BY position, id",
        org=api.organisation.id,
    )
    return [(row.label, row.changes) for row in rows if not actions or row.action in actions]


def error_of(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["name"]


# Dependencies


async def test_a_job_with_a_predecessor_and_a_successor(server: TestServer, api: Field) -> None:
    first, last = await api.make(), await api.make()

    job = await api.make(dependencies={"predecessor": ref(first), "successor": ref(last)})

    def shown(other: dict[str, Any]) -> dict[str, Any]:
        return {"uuid": other["uuid"], "link": {"url": f"{server.base_url}/job/{other['uuid']}", "rel": "detail"}}

    assert job["dependencies"] == {"predecessor": shown(first), "successor": shown(last)}
    assert (await api.get(job))["dependencies"] == job["dependencies"]


async def test_setting_one_side_sets_the_other(api: Field) -> None:
    first, second, third = [await api.make() for _ in range(3)]

    assert await api.change(second, dependencies={"predecessor": ref(first)}) == 204
    assert await api.change(second, dependencies={"successor": ref(third)}) == 204

    assert await api.sides(first) == (None, second["uuid"])
    assert await api.sides(second) == (first["uuid"], third["uuid"])
    assert await api.sides(third) == (second["uuid"], None)


async def test_a_job_without_dependencies_and_window_shows_neither(api: Field) -> None:
    job = await api.make()

    assert {"dependencies", "timeWindow", "notificationDelta"}.isdisjoint(await api.get(job))


async def test_an_absent_side_stays_and_null_clears_it(api: Field) -> None:
    first, third = await api.make(), await api.make()
    second = await api.make(dependencies={"predecessor": ref(first), "successor": ref(third)})

    assert await api.change(second, dependencies={}) == 204
    assert await api.sides(second) == (first["uuid"], third["uuid"])
    assert await api.change(second, dependencies={"predecessor": None}) == 204
    assert (await api.sides(first), await api.sides(second)) == ((None, None), (None, third["uuid"]))
    assert await api.change(third, dependencies={"predecessor": None}) == 204
    assert (await api.sides(second), await api.sides(third)) == ((None, None), (None, None))


async def test_null_clears_both_sides(api: Field) -> None:
    first, third = await api.make(), await api.make()
    second = await api.make(dependencies={"predecessor": ref(first), "successor": ref(third)})

    assert await api.change(second, dependencies=None) == 204

    assert [await api.sides(job) for job in (first, second, third)] == [(None, None)] * 3


async def test_what_was_read_may_be_posted_back(api: Field) -> None:
    first = await api.make()
    second = await api.make(dependencies={"predecessor": ref(first)})
    windowed = await api.make(timeWindow=WINDOW)
    before = [await api.get(job) for job in (first, second, windowed)]

    for job in before:
        assert (await api.client.post(f"/job/{job['uuid']}", json=job)).status_code == 204

    assert [await api.get(job) for job in before] == before
    assert len(told(api)) == 4  # three were made, and the first has got a successor


async def test_a_job_cannot_depend_on_itself(api: Field) -> None:
    job = await api.make()

    for side in ("predecessor", "successor"):
        reply = await api.client.post(f"/job/{job['uuid']}", json={"dependencies": {side: ref(job)}})
        assert error_of(reply) == (409, "ConflictError")


async def test_a_circle_is_refused(api: Field) -> None:
    first = await api.make()
    second = await api.make(dependencies={"predecessor": ref(first)})
    third = await api.make(dependencies={"predecessor": ref(second)})

    assert await api.change(first, dependencies={"predecessor": ref(third)}) == 409
    assert await api.change(third, dependencies={"successor": ref(first)}) == 409
    reply = await api.try_to_make(dependencies={"predecessor": ref(third), "successor": ref(first)})
    assert error_of(reply) == (409, "ConflictError")
    reply = await api.try_to_make(dependencies={"predecessor": ref(third), "successor": ref(third)})
    assert error_of(reply) == (409, "ConflictError")
    assert await api.sides(first) == (None, second["uuid"])


async def test_a_chain_may_be_turned_round_in_one_body(api: Field) -> None:
    first = await api.make()
    second = await api.make(dependencies={"predecessor": ref(first)})

    assert await api.change(second, dependencies={"predecessor": None, "successor": ref(first)}) == 204

    assert (await api.sides(first), await api.sides(second)) == ((second["uuid"], None), (None, first["uuid"]))


async def test_one_that_already_has_another_predecessor_or_successor_is_refused(api: Field) -> None:
    first = await api.make()
    second = await api.make(dependencies={"predecessor": ref(first)})
    other = await api.make()

    assert error_of(await api.try_to_make(dependencies={"predecessor": ref(first)})) == (409, "ConflictError")
    assert error_of(await api.try_to_make(dependencies={"successor": ref(second)})) == (409, "ConflictError")
    assert await api.change(other, dependencies={"predecessor": ref(first)}) == 409
    assert await api.change(other, dependencies={"successor": ref(second)}) == 409
    assert await api.change(second, dependencies={"predecessor": ref(other)}) == 409
    assert await api.change(first, dependencies={"successor": ref(other)}) == 409
    assert (await api.sides(other), await api.sides(second)) == ((None, None), (first["uuid"], None))


async def test_a_job_that_is_named_must_be_there(api: Field) -> None:
    unknown = {"uuid": "0" * 32}

    reply = await api.try_to_make(dependencies={"predecessor": unknown})
    assert (reply.status_code, reply.json()["error"]["message"]) == (404, f"No Job with id={'0' * 32} exists")
    job = await api.make()
    assert await api.change(job, dependencies={"successor": unknown}) == 404


async def test_a_job_of_another_organisation_is_not_there(api: Field, make_organisation: MakeOrganisation) -> None:
    _, foreign = make_organisation().insert_job()

    assert (await api.try_to_make(dependencies={"predecessor": {"uuid": foreign.hex}})).status_code == 404


async def test_both_ends_must_be_visible(server: TestServer, api: Field) -> None:
    ids = api.organisation.ids["branches"]
    _, hidden = api.organisation.insert_job(branch_id=ids["South"])
    _, mine = api.organisation.insert_job(branch_id=ids["North"])
    async with server.field(api.organisation["agent1"].api_key) as agent:
        body = {"dependencies": {"predecessor": {"uuid": hidden.hex}}}
        assert (await agent.post(f"/job/{mine.hex}", json=body)).status_code == 404

        assert await api.change({"uuid": mine.hex}, dependencies={"predecessor": {"uuid": hidden.hex}}) == 204

        assert "dependencies" not in (await agent.get(f"/job/{mine.hex}")).json()
    assert await api.sides({"uuid": mine.hex}) == (hidden.hex, None)


async def test_what_a_hidden_job_is_called_now_is_not_told(api: Field, server: TestServer) -> None:
    ids = api.organisation.ids["branches"]
    _, mine = api.organisation.insert_job(branch_id=ids["North"])
    _, hidden = api.organisation.insert_job(branch_id=ids["South"], notification_delta=1, notification_minutes=60)
    assert (await api.client.post(f"/job/{hidden.hex}/dispatch")).status_code == 303

    async with server.field(api.organisation["agent1"].api_key) as agent:
        replies = [
            await agent.post(f"/job/{mine.hex}", json={"dependencies": {side: {"uuid": hidden.hex}}})
            for side in ("predecessor", "successor")
        ]

    told = f"No Job with id={hidden.hex} exists"
    assert [(reply.status_code, reply.json()["error"]["message"]) for reply in replies] == [(404, told)] * 2


async def test_an_archived_job_takes_no_dependency_and_a_job_on_a_device_neither(api: Field) -> None:
    statuses = api.organisation.ids["statuses"]
    for status in ("Archived", "In progress"):
        _, other = api.organisation.insert_job(status_id=statuses[status])
        for side in ("predecessor", "successor"):
            reply = await api.try_to_make(dependencies={side: {"uuid": other.hex}})
            assert error_of(reply) == (409, "ConflictError")


async def test_a_deleted_job_leaves_no_dependency(api: Field) -> None:
    first = await api.make()
    second = await api.make(dependencies={"predecessor": ref(first)})
    third = await api.make(dependencies={"predecessor": ref(second)})

    assert (await api.client.delete(f"/job/{second['uuid']}")).status_code == 204

    assert [await api.sides(job) for job in (first, third)] == [(None, None)] * 2
    assert sorted(told(api, "updated")[-2:]) == [
        (first["jobId"], {"successor": [second["jobId"], None]}),
        (third["jobId"], {"predecessor": [second["jobId"], None]}),
    ]


async def test_both_jobs_have_the_dependency_in_their_history(api: Field) -> None:
    first = await api.make()
    second = await api.make()
    await api.change(second, dependencies={"predecessor": ref(first)})

    assert sorted(told(api, "updated")) == [
        (first["jobId"], {"successor": [None, second["jobId"]]}),
        (second["jobId"], {"predecessor": [None, first["jobId"]]}),
    ]
    moved = api.organisation.execute(
        "SELECT count(*) FROM jobs WHERE updated_at > created_at AND organisation_id = :org", org=api.organisation.id
    )
    assert moved[0][0] == 2


# Time windows


async def test_a_job_with_a_time_window(api: Field) -> None:
    job = await api.make(timeWindow=WINDOW)

    assert job["timeWindow"] == WINDOW_OUT
    assert (await api.get(job))["timeWindow"] == WINDOW_OUT


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2014-12-01", "2014-12-01T00:00:00+00:00"),
        ("2014-12-01T00:00:00+13:45", "2014-11-30T10:15:00+00:00"),
        # London leaves and enters summer time: the offset says which of two equal hours, or which side of a gap.
        ("2025-10-26T01:30:00+01:00", "2025-10-26T00:30:00+00:00"),
        ("2025-10-26T01:30:00+00:00", "2025-10-26T01:30:00+00:00"),
        ("2025-03-30T01:30:00", "2025-03-30T01:30:00+00:00"),
        ("2025-03-30T0230", "2025-03-30T02:30:00+00:00"),
    ],
)
async def test_a_window_is_kept_in_utc(api: Field, given: str, shown: str) -> None:
    job = await api.make(timeWindow={"startAfter": given})

    assert (await api.get(job))["timeWindow"] == {"startAfter": shown, "deadline": None}


async def test_a_side_of_a_window_stays_and_null_clears_it(api: Field) -> None:
    job = await api.make(timeWindow=WINDOW)

    assert await api.change(job, timeWindow={"startAfter": "2014-12-02"}) == 204
    assert (await api.get(job))["timeWindow"] == WINDOW_OUT | {"startAfter": "2014-12-02T00:00:00+00:00"}
    assert await api.change(job, timeWindow={"startAfter": None}) == 204
    assert (await api.get(job))["timeWindow"] == WINDOW_OUT | {"startAfter": None}
    assert await api.change(job, timeWindow=None) == 204
    assert "timeWindow" not in await api.get(job)


@pytest.mark.parametrize(
    "window",
    [
        {"startAfter": "2014-12-05", "deadline": "2014-12-01"},
        {"startAfter": "2014-12-05T10:00:00+01:00", "deadline": "2014-12-05T08:59:59"},
    ],
)
async def test_a_deadline_before_the_start_is_refused(api: Field, window: dict[str, str]) -> None:
    reply = await api.try_to_make(timeWindow=window)

    error = reply.json()["error"]
    assert (reply.status_code, error["fields"][0]["path"]) == (422, "timeWindow.deadline")
    job = await api.make(timeWindow={"startAfter": window["startAfter"]})
    assert await api.change(job, timeWindow={"deadline": window["deadline"]}) == 422
    assert await api.change(job, timeWindow={"deadline": window["startAfter"]}) == 204


@pytest.mark.parametrize(
    ("window", "path"),
    [
        ({"startAfter": "soon"}, "timeWindow.startAfter"),
        ({"deadline": "2014-02-30"}, "timeWindow.deadline"),
        ({"deadline": 5}, "timeWindow.deadline"),
        ({"deadline": "3000-01-01"}, "timeWindow.deadline"),
        ([], "timeWindow"),
    ],
)
async def test_a_window_is_made_of_times(api: Field, window: object, path: str) -> None:
    reply = await api.try_to_make(timeWindow=window)

    assert (reply.status_code, reply.json()["error"]["fields"][0]["path"]) == (422, path)


# One or the other


async def test_setting_dependencies_wipes_the_window_of_both_jobs(api: Field) -> None:
    first, second = await api.make(timeWindow=WINDOW), await api.make(timeWindow=WINDOW)

    assert await api.change(second, dependencies={"predecessor": ref(first)}) == 204

    assert "timeWindow" not in await api.get(first)
    assert "timeWindow" not in await api.get(second)
    third = await api.make(timeWindow=WINDOW)
    await api.make(dependencies={"successor": ref(third)})
    assert "timeWindow" not in await api.get(third)


async def test_a_window_on_a_job_with_dependencies_is_refused(api: Field) -> None:
    first = await api.make()
    second = await api.make(dependencies={"predecessor": ref(first)})

    assert await api.change(first, timeWindow=WINDOW) == 409
    assert await api.change(second, timeWindow={"deadline": "2014-12-05"}) == 409
    assert await api.change(second, timeWindow=None) == 204
    assert "timeWindow" not in await api.get(second)


async def test_both_in_one_body_are_refused(api: Field) -> None:
    first, job = await api.make(), await api.make()
    both = {"dependencies": {"predecessor": ref(first)}, "timeWindow": WINDOW}

    assert error_of(await api.try_to_make(**both)) == (409, "ConflictError")
    assert await api.change(job, **both) == 409
    assert await api.change(job, dependencies=None, timeWindow=WINDOW) == 204


async def test_a_job_that_leaves_its_dependencies_may_take_a_window_in_the_same_body(api: Field) -> None:
    first = await api.make()
    second = await api.make(dependencies={"predecessor": ref(first)})

    assert await api.change(second, dependencies=None, timeWindow=WINDOW) == 204

    assert (await api.get(second))["timeWindow"] == WINDOW_OUT
    assert await api.sides(first) == (None, None)
