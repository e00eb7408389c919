"""Deciding gates over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.manage.conftest import JOBS, Enter, Office
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation

GATE = "/api/jobs/approval-gate"


def waiting(organisation: TestOrganisation, asked_by: str = "engineer1", **values: Any) -> str:  # noqa: ANN401 (columns)
    """Make a job that waits for approval, and give its uuid."""
    statuses = organisation.ids["statuses"]
    _, uuid = organisation.insert_job(
        status_id=statuses["Complete"],
        gate_status="pending",
        gate_wanted_status_id=statuses["Ready to invoice"],
        gate_asked_by_id=organisation[asked_by].id,
        gate_asked_at="2024-06-01T15:00:00Z",
        **values,
    )
    return str(uuid)


@pytest.mark.parametrize("name", ["decision", "action"])
async def test_an_approval_moves_the_job(office: Office, organisation: TestOrganisation, name: str) -> None:
    uuid = waiting(organisation)

    reply = await office.post(GATE, {"job_uuid": uuid, name: "approve", "notes": "Go ahead."})

    body = reply.json()
    assert reply.status_code == 200
    assert set(body) == {"success", "data", "message"}
    assert (body["data"]["status_name"], body["data"]["gate_status"]) == ("Ready to invoice", "approved")
    assert body["data"] == await office.read(uuid)


@pytest.mark.parametrize("name", ["decision", "action"])
async def test_a_rejection_leaves_it_where_it_is(office: Office, organisation: TestOrganisation, name: str) -> None:
    uuid = waiting(organisation)

    reply = await office.post(GATE, {"job_uuid": uuid, name: "reject"})

    assert reply.status_code == 200
    assert (reply.json()["data"]["status_name"], reply.json()["data"]["gate_status"]) == ("Complete", "rejected")


async def test_a_gate_that_an_update_opened_is_decided_by_somebody_else(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    statuses = organisation.ids["statuses"]
    made = await office.create(organisation)
    for name in ("Complete", "Ready to invoice"):
        await office.post(JOBS, {"action": "update", "uuid": made["uuid"], "status_id": statuses[name]})

    own = await office.post(GATE, {"job_uuid": made["uuid"], "decision": "approve"})
    others = await enter(organisation, "manager").post(GATE, {"job_uuid": made["uuid"], "decision": "approve"})

    assert (own.status_code, own.json()["code"]) == (403, "approvals.own_gate")
    assert (others.status_code, others.json()["data"]["gate_status"]) == (200, "approved")


async def test_a_decision_is_final(office: Office, organisation: TestOrganisation) -> None:
    uuid = waiting(organisation)
    await office.post(GATE, {"job_uuid": uuid, "decision": "reject"})

    for decision in ("approve", "reject"):
        reply = await office.post(GATE, {"job_uuid": uuid, "decision": decision})
        assert (reply.status_code, reply.json()["error"]) == (
            409,
            "No change of status of this job waits for approval.",
        )


async def test_the_history_tells_who_decided_what(office: Office, organisation: TestOrganisation) -> None:
    uuid = waiting(organisation)
    await office.post(GATE, {"job_uuid": uuid, "decision": "reject", "notes": "Photos are missing."})

    (commit,) = (await office.get(JOBS, action="list_commits", uuid=uuid)).json()["data"]

    assert commit["by_name"] == organisation["admin"].name
    assert {change["field"]: (change["from"], change["to"]) for change in commit["changes"]} == {
        "gate_status": ("pending", "rejected"),
        "gate_notes": (None, "Photos are missing."),
    }


async def test_what_cannot_be_a_decision_is_refused(office: Office, organisation: TestOrganisation) -> None:
    uuid = waiting(organisation)

    for content, field in (
        ({"job_uuid": uuid}, "decision"),
        ({"job_uuid": uuid, "decision": "maybe"}, "decision"),
        ({"job_uuid": uuid, "action": "maybe"}, "action"),
        ({"job_uuid": uuid, "action": "approve", "decision": "reject"}, "decision"),
        ({"decision": "approve"}, "job_uuid"),
    ):
        reply = await office.post(GATE, content)
        assert (reply.status_code, reply.json()["field"]) == (400, field), content
    assert (await office.read(uuid))["gate_status"] == "pending"


async def test_who_lacks_authority_is_told_so_before_all_else(enter: Enter, organisation: TestOrganisation) -> None:
    uuid = waiting(organisation, contractor_id=organisation["contractor1"].id)

    for label in ("agent1", "contractor1", "landlord1", "tenant1"):
        theirs = enter(organisation, label)
        for content in ({"job_uuid": uuid, "decision": "approve"}, {"job_uuid": uuid, "action": "approve"}, {}):
            reply = await theirs.post(GATE, content)
            assert (reply.status_code, reply.json()["code"]) == (403, "auth.permission_missing")


async def test_who_has_authority_and_manages_no_jobs_is_told_so_before_all_else(
    enter: Enter, organisation: TestOrganisation
) -> None:
    """The contract: who may not ask hears that before what is wrong with the request, and before what is not there."""
    uuid = waiting(organisation)
    organisation.execute(
        "UPDATE people SET denied_keys = '{api.jobs.manage.manage}' WHERE id = :id", id=organisation["manager"].id
    )
    theirs = enter(organisation, "manager")

    for content in (
        {"job_uuid": uuid, "decision": "approve"},
        {"decision": 1},
        {"job_uuid": str(uuid4()), "action": "reject"},
    ):
        reply = await theirs.post(GATE, content)
        assert (reply.status_code, reply.json()["code"]) == (403, "auth.permission_missing"), content


async def test_strangers_find_no_gate(
    enter: Enter, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    uuid = waiting(organisation)
    organisation.execute(
        "UPDATE people SET granted_keys = ARRAY['api.jobs.amend_request.decide'] WHERE id = :id",
        id=organisation["agent2"].id,
    )

    for stranger in (enter(make_organisation(), "admin"), enter(organisation, "agent2")):
        reply = await stranger.post(GATE, {"job_uuid": uuid, "decision": "approve"})
        assert (reply.status_code, reply.json()["error"]) == (404, "Job not found")


async def test_a_retry_with_its_key_gets_the_same_answer(office: Office, organisation: TestOrganisation) -> None:
    uuid = waiting(organisation)
    content = {"job_uuid": uuid, "decision": "approve"}

    replies = [await office.post(GATE, content, **{"Idempotency-Key": "once"}) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [200, 200]
    assert replies[0].json()["data"] == replies[1].json()["data"]
