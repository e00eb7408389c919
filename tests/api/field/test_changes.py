"""The change feed over real HTTP, also while many writers commit."""

import asyncio

import httpx
import pytest

from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer
from tests.factories.waiting import PATIENCE_SECONDS

WRITERS, JOBS_EACH = 16, 4


def new_job(organisation: TestOrganisation, **fields: object) -> dict[str, object]:
    return {"scheduledOn": "2026-03-01T09:00", "location": {"uuid": organisation.location_uuid.hex}, **fields}


async def read_since(client: httpx.AsyncClient, token: int) -> tuple[list[dict[str, object]], int]:
    items, more = [], True
    while more:
        page = (await client.get(f"/changes/{token}/")).json()
        items += page["items"]
        token, more = page["sinceToken"], page["more"]
    return items, token


async def test_a_job_is_told_of_when_it_is_made_changed_and_deleted(
    server: TestServer, organisation: TestOrganisation
) -> None:
    admin, engineer = organisation["admin"], organisation["engineer1"]
    async with server.field(admin.api_key) as client:
        token = (await client.get("/changes/token")).json()["sinceToken"]
        job = (await client.post("/job/", json=new_job(organisation))).json()["uuid"]
        await client.post(f"/job/{job}", json={"jobLead": {"uuid": engineer.uuid.hex}})
        await client.post(f"/job/{job}", json={"jobLead": {"uuid": admin.uuid.hex}})
        await client.post(f"/job/{job}", json={"jobLead": None})
        await client.delete(f"/job/{job}")
        items, token = await read_since(client, token)
        nothing, _ = await read_since(client, token)

    told = [(item["status"], item["actions"]) for item in items]
    assert told == [
        ("created", []),
        ("updated", ["ASSIGNED", "DISPATCHED"]),
        ("updated", ["REASSIGNED"]),
        ("updated", ["UNASSIGNED"]),
        ("deleted", []),
    ]
    first = items[0]
    assert (first["entityClass"], first["entity"], first["changedBy"]) == ("Job", job, admin.uuid.hex)
    assert first["url"] == f"{server.base_url}/job/{job}"
    assert nothing == []


async def test_following_the_feed_under_load_skips_and_doubles_nothing(
    server: TestServer, organisation: TestOrganisation
) -> None:
    async with server.field(organisation["admin"].api_key) as client:
        made: list[str] = []
        told: list[str] = []

        async def write() -> None:
            for _ in range(JOBS_EACH):
                reply = await client.post("/job/", json=new_job(organisation))
                made.append(reply.json()["uuid"])

        async def follow() -> None:
            token = 0
            while len(told) < WRITERS * JOBS_EACH:
                items, token = await read_since(client, token)
                told.extend(str(item["entity"]) for item in items)

        await asyncio.wait_for(asyncio.gather(follow(), *(write() for _ in range(WRITERS))), timeout=PATIENCE_SECONDS)

    assert len(made) == WRITERS * JOBS_EACH
    assert sorted(told) == sorted(made)


async def test_a_page_never_splits_what_was_committed_together(
    server: TestServer, organisation: TestOrganisation
) -> None:
    for events in (400, 150, 1):
        organisation.execute(
            """
            WITH position AS (
                UPDATE event_positions SET last_position = last_position + 1 WHERE organisation_id = :organisation
                RETURNING last_position
            )
            INSERT INTO events (source, entity, entity_id, entity_uuid, action, position)
            SELECT 'field', 'job', 1, uuidv7(), 'updated', last_position
            FROM position, generate_series(1, CAST(:events AS integer))
            """,
            organisation=organisation.id,
            events=events,
        )

    async with server.field(organisation["admin"].api_key) as client:
        first = (await client.get("/changes/0/")).json()
        rest = (await client.get(f"/changes/{first['sinceToken']}/")).json()
        token = (await client.get("/changes/token")).json()["sinceToken"]

    assert (len(first["items"]), first["more"]) == (550, True)
    assert (len(rest["items"]), rest["more"], rest["sinceToken"]) == (1, False, token)


async def test_another_organisations_changes_are_not_told(
    server: TestServer, organisation: TestOrganisation, home: TestOrganisation
) -> None:
    async with server.field(home["admin"].api_key) as stranger:
        token = (await stranger.get("/changes/token")).json()["sinceToken"]
        async with server.field(organisation["admin"].api_key) as client:
            await client.post("/job/", json=new_job(organisation))

        assert (await stranger.get(f"/changes/{token}/")).json() == {"items": [], "sinceToken": token, "more": False}


@pytest.mark.parametrize("token", ["-1", "x", "1.5", "99999999", "9" * 30, pytest.param("9" * 5000, id="long")])
async def test_a_token_that_was_never_given_out_is_refused(
    server: TestServer, organisation: TestOrganisation, token: str
) -> None:
    async with server.field(organisation["admin"].api_key) as client:
        reply = await client.get(f"/changes/{token}/")

    assert reply.status_code == 422
    assert reply.json()["error"]["name"] == "APIValidationError"


async def test_contractors_do_not_read_the_feed(server: TestServer, organisation: TestOrganisation) -> None:
    async with server.field(organisation["contractor1"].api_key) as client:
        assert (await client.get("/changes/token")).status_code == 403
