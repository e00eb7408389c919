"""Recalls over HTTP."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.manage.conftest import JOBS, Enter, Office
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

RECALL = "/api/jobs/recall"
COMPLETED = "/api/jobs/mark-recall-completed"
NONE = "00000000-0000-4000-8000-000000000000"


def complete(organisation: TestOrganisation, **values: Any) -> str:  # noqa: ANN401 (columns of whatever type)
    """Make a job that was completed in June, and give its uuid."""
    status = organisation.ids["statuses"]["Complete"]
    values = {"status_id": status, "completed_at": "2024-06-01T14:00:00Z", **values}
    return str(organisation.insert_job(**values)[1])


async def recall(office: Office, uuid: str, **fields: Any) -> httpx.Response:  # noqa: ANN401 (whatever a test sends)
    return await office.post(RECALL, {"job_uuid": uuid, "is_recall": 1, "reason": "It leaks again.", **fields})


async def end(office: Office, uuid: str, completion_type: str) -> httpx.Response:
    return await office.post(RECALL, {"job_uuid": uuid, "is_recall": 0, "completion_type": completion_type})


async def test_a_recall_reopens_the_job_and_keeps_why_and_who(office: Office, organisation: TestOrganisation) -> None:
    uuid = complete(organisation)

    reply = await recall(office, uuid)

    body = reply.json()
    assert reply.status_code == 200
    assert set(body) == {"success", "data", "message"}
    assert UUID(body["data"]["recall"].pop("uuid")).version == 7
    raised_at = body["data"]["recall"].pop("raised_at")
    assert raised_at.endswith("Z")
    assert body["data"] == {
        "job_uuid": uuid,
        "is_recall": True,
        "recall": {
            "reason": "It leaks again.",
            "raised_by_name": organisation["admin"].name,
            "closed_at": None,
            "outcome": None,
        },
    }
    job = await office.read(uuid)
    assert (job["status_name"], job["is_recall"]) == ("Recalled", True)


async def test_a_recall_that_is_done_completes_the_job(office: Office, organisation: TestOrganisation) -> None:
    uuid = complete(organisation)
    raised = (await recall(office, uuid)).json()["data"]["recall"]

    reply = await end(office, uuid, "standard")

    data = reply.json()["data"]
    assert (reply.status_code, data["is_recall"], data["recall"]["outcome"]) == (200, False, "standard")
    assert data["recall"]["closed_at"] >= raised["raised_at"]
    assert data["recall"] | {"closed_at": None, "outcome": None} == raised
    job = await office.read(uuid)
    assert (job["status_name"], job["is_recall"]) == ("Complete", False)
    (row,) = organisation.execute("SELECT completed_at FROM jobs WHERE uuid = :uuid", uuid=uuid)
    assert row.completed_at.year > 2024


async def test_a_recall_that_is_called_off_puts_the_job_back(office: Office, organisation: TestOrganisation) -> None:
    uuid = complete(organisation, status_id=organisation.ids["statuses"]["Invoiced"])
    await recall(office, uuid)

    reply = await end(office, uuid, "cancel")

    assert (reply.status_code, reply.json()["data"]["recall"]["outcome"]) == (200, "cancel")
    job = await office.read(uuid)
    assert (job["status_name"], job["is_recall"]) == ("Invoiced", False)
    (row,) = organisation.execute("SELECT completed_at FROM jobs WHERE uuid = :uuid", uuid=uuid)
    assert row.completed_at.isoformat() == "2024-06-01T14:00:00+00:00"


async def test_a_recall_is_marked_completed(office: Office, organisation: TestOrganisation) -> None:
    uuid = complete(organisation)
    await recall(office, uuid)

    reply = await office.post(COMPLETED, {"job_uuid": uuid})
    again = await office.post(COMPLETED, {"job_uuid": uuid})

    assert (reply.status_code, reply.json()["data"]["is_recall"]) == (200, False)
    assert reply.json()["data"]["recall"]["outcome"] == "standard"
    assert (again.status_code, again.json()["error"]) == (409, "The job is not in recall.")


async def test_a_job_that_is_not_done_is_not_recalled_and_none_is_twice(
    office: Office, organisation: TestOrganisation
) -> None:
    _, fresh = organisation.insert_job()
    uuid = complete(organisation)
    await recall(office, uuid)

    not_done, twice = await recall(office, str(fresh)), await recall(office, uuid)

    assert (not_done.status_code, not_done.json()["code"]) == (409, "recalls.not_complete")
    assert (twice.status_code, twice.json()["code"]) == (409, "recalls.recalled_already")
    for completion_type in ("standard", "cancel"):
        assert (await end(office, str(fresh), completion_type)).status_code == 409


async def test_an_invoiced_job_is_recalled_without_its_invoice(
    office: Office, server: TestServer, organisation: TestOrganisation
) -> None:
    uuid = complete(organisation)
    async with server.field(organisation["admin"].api_key) as field:
        made = (await field.post("/invoice/", json={"jobs": [{"uuid": UUID(uuid).hex}]})).json()

        refused = await recall(office, uuid)
        await field.delete(f"/invoice/{made['uuid']}")

    assert (refused.status_code, refused.json()["error"]) == (
        409,
        "The job is invoiced: it can be recalled once the invoice is removed.",
    )
    assert (await recall(office, uuid)).status_code == 200


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"is_recall": None}, "is_recall"),
        ({"is_recall": 2}, "is_recall"),
        ({"reason": None}, "reason"),
        ({"reason": "  "}, "reason"),
        ({"is_recall": 0}, "completion_type"),
        ({"is_recall": 0, "completion_type": "later"}, "completion_type"),
        ({"job_uuid": "no"}, "job_uuid"),
        ({"job_uuid": None}, "job_uuid"),
    ],
)
async def test_what_a_recall_must_have_is_asked_for(
    office: Office, organisation: TestOrganisation, fields: dict[str, Any], fault: str
) -> None:
    uuid = complete(organisation)

    reply = await recall(office, uuid, **fields)

    assert (reply.status_code, reply.json()["field"]) == (400, fault)
    assert reply.json()["error"] == f"Invalid or missing required parameter: {fault}"
    assert not (await office.read(uuid))["is_recall"]


async def test_a_form_says_the_same(office: Office, organisation: TestOrganisation) -> None:
    uuid = complete(organisation)
    fields = {"job_uuid": uuid, "is_recall": "1", "reason": "It leaks again.", "completion_type": ""}

    raised = await office.client.post(RECALL, data=fields | {"csrf_token": await office.csrf_token()})
    fields |= {"is_recall": "0", "reason": "", "completion_type": "standard"}
    ended = await office.client.post(RECALL, data=fields | {"csrf_token": await office.csrf_token()})

    assert (raised.json()["data"]["is_recall"], ended.json()["data"]["is_recall"]) == (True, False)


async def test_the_history_tells_why_and_how_it_ended(office: Office, organisation: TestOrganisation) -> None:
    uuid = complete(organisation)
    await recall(office, uuid)
    await end(office, uuid, "cancel")

    ended, raised = (await office.get(JOBS, action="list_commits", uuid=uuid)).json()["data"]

    told = [{change["field"]: change["to"] for change in commit["changes"]} for commit in (raised, ended)]
    assert (told[0]["is_recall"], told[0]["recall_reason"]) == (True, "It leaks again.")
    assert (told[1]["is_recall"], told[1]["recall_outcome"]) == (False, "cancel")


async def test_agents_recall_their_jobs_and_contractors_none(enter: Enter, organisation: TestOrganisation) -> None:
    uuid = complete(organisation, contractor_id=organisation["contractor1"].id)

    for label in ("contractor1", "landlord1", "tenant1"):
        theirs = enter(organisation, label)
        assert (await recall(theirs, uuid)).status_code == 403
        assert (await theirs.post(COMPLETED, {"job_uuid": uuid})).status_code == 403
    agent = enter(organisation, "agent1")
    assert (await recall(agent, uuid)).status_code == 200
    assert (await agent.post(COMPLETED, {"job_uuid": uuid})).status_code == 200


async def test_a_contractor_who_completes_the_work_leaves_the_recall_open(
    enter: Enter, office: Office, organisation: TestOrganisation
) -> None:
    uuid = complete(organisation, contractor_id=organisation["contractor1"].id)
    await recall(office, uuid)

    done = await enter(organisation, "contractor1").post(
        JOBS, {"action": "update", "uuid": uuid, "status_id": organisation.ids["statuses"]["Complete"]}
    )

    assert (done.json()["data"]["status_name"], done.json()["data"]["is_recall"]) == ("Complete", True)
    assert (await office.post(COMPLETED, {"job_uuid": uuid})).json()["data"]["is_recall"] is False


async def test_what_one_does_not_see_is_not_recalled(
    enter: Enter, office: Office, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    uuid = complete(organisation)

    for stranger in (enter(make_organisation(), "admin"), enter(organisation, "agent2")):
        for reply in (await recall(stranger, uuid), await stranger.post(COMPLETED, {"job_uuid": uuid})):
            assert (reply.status_code, reply.json()["error"]) == (404, "Job not found")
    assert (await recall(office, NONE)).status_code == 404


async def test_where_completing_needs_approval_the_reply_says_so(
    office: Office, organisation: TestOrganisation
) -> None:
    uuid = complete(organisation)
    await recall(office, uuid)
    organisation.execute(
        "UPDATE statuses SET requires_approval = true WHERE organisation_id = :id AND stage = 3", id=organisation.id
    )

    reply = await office.post(COMPLETED, {"job_uuid": uuid})

    assert (reply.status_code, reply.json()["approval_required"]) == (200, True)
    assert (reply.json()["data"]["is_recall"], (await office.read(uuid))["gate_status"]) == (True, "pending")


async def test_the_field_api_shows_a_recalled_job_as_active(
    office: Office, server: TestServer, organisation: TestOrganisation
) -> None:
    uuid = complete(organisation)
    states = []
    async with server.field(organisation["admin"].api_key) as field:
        states.append((await field.get(f"/job/{UUID(uuid).hex}")).json()["state"])
        await recall(office, uuid)
        states.append((await field.get(f"/job/{UUID(uuid).hex}")).json()["state"])
        await end(office, uuid, "standard")
        states.append((await field.get(f"/job/{UUID(uuid).hex}")).json()["state"])

    assert states == [["completed"], ["active"], ["completed"]]
