"""Pins over HTTP."""

import asyncio

import pytest

from tests.api.manage.conftest import Enter, Office
from tests.factories.organisations import TestOrganisation

TOGGLE = "/api/jobs/toggle-pin"
PINNED = "/api/dashboard/pinned-jobs"


async def test_a_toggle_flips_and_says_so(office: Office, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job()

    pinned = await office.post(TOGGLE, {"job_uuid": str(uuid)})
    unpinned = await office.post(TOGGLE, {"job_uuid": uuid.hex})

    assert pinned.json() == {
        "success": True,
        "data": {"is_pinned": True},
        "message": "Job pinned to your dashboard",
        "is_pinned": True,
    }
    assert unpinned.json() == {
        "success": True,
        "data": {"is_pinned": False},
        "message": "Job unpinned from your dashboard",
        "is_pinned": False,
    }


async def test_fifty_one_flips_at_once_end_pinned(office: Office, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job()
    tokens = [await office.csrf_token() for _ in range(51)]

    async def flip(token: str) -> int:
        reply = await office.client.post(TOGGLE, json={"job_uuid": str(uuid), "csrf_token": token})
        if reply.status_code in {409, 503}:  # a busy machine; asked again as clients are told to
            return await flip(await office.csrf_token())
        return reply.status_code

    statuses = await asyncio.gather(*(flip(token) for token in tokens))

    assert set(statuses) == {200}
    assert (await office.read(str(uuid)))["is_pinned"] is True


async def test_the_list_is_ones_own_newest_pin_first(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    uuids = [str(organisation.insert_job()[1]) for _ in range(3)]
    for uuid in (uuids[1], uuids[0], uuids[2]):
        await office.post(TOGGLE, {"job_uuid": uuid})

    mine = (await office.get(PINNED)).json()
    page = (await office.get(PINNED, limit=1, offset=1)).json()

    assert [job["uuid"] for job in mine["data"]] == [uuids[2], uuids[0], uuids[1]]
    assert mine["data"][0] == await office.read(uuids[2])
    assert (mine["count"], page["count"]) == (3, 3)
    assert [job["uuid"] for job in page["data"]] == [uuids[0]]
    assert (await enter(organisation, "manager").get(PINNED)).json()["count"] == 0


async def test_what_one_no_longer_sees_is_not_on_the_list(enter: Enter, organisation: TestOrganisation) -> None:
    agent = enter(organisation, "agent1")
    job_id, uuid = organisation.insert_job()
    await agent.post(TOGGLE, {"job_uuid": str(uuid)})
    organisation.execute(
        "UPDATE jobs SET branch_id = :branch WHERE id = :id", branch=organisation.ids["branches"]["South"], id=job_id
    )

    assert (await agent.get(PINNED)).json()["data"] == []
    assert (await agent.post(TOGGLE, {"job_uuid": str(uuid)})).status_code == 404


@pytest.mark.parametrize("content", [{}, {"pinned": True}])
async def test_an_archived_job_is_unpinned_and_not_pinned(
    office: Office, organisation: TestOrganisation, content: dict[str, bool]
) -> None:
    job_id, uuid = organisation.insert_job(status_id=organisation.ids["statuses"]["Archived"])
    refused = await office.post(TOGGLE, content | {"job_uuid": str(uuid)})
    organisation.execute(
        "INSERT INTO pins (person_id, job_id) VALUES (:person, :job)", person=organisation["admin"].id, job=job_id
    )

    assert refused.status_code == 409
    assert refused.json()["error"] == "An archived job cannot be pinned."
    assert (await office.get(PINNED)).json()["count"] == 1
    unpinned = await office.post(TOGGLE, {"job_uuid": str(uuid), "pinned": False})
    assert unpinned.json()["is_pinned"] is False


async def test_setting_a_pin_twice_is_setting_it_once(office: Office, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job()
    for _ in range(2):
        reply = await office.post(TOGGLE, {"job_uuid": str(uuid), "pinned": True})
        assert reply.json()["is_pinned"] is True
    events = organisation.execute("SELECT action FROM events WHERE entity = 'pin' AND entity_uuid = :uuid", uuid=uuid)

    assert [event.action for event in events] == ["pinned"]
