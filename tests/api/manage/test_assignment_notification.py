"""A job's contractor is told by hand, and the office sees what became of it."""

from typing import Any

from tests.api.manage.conftest import Enter, Office
from tests.factories.organisations import TestOrganisation

JOBS = "/api/jobs/manage"
SEND = {"action": "send_assignment_notification"}


async def state_of(office: Office, uuid: object) -> dict[str, Any]:
    reply = await office.get(JOBS, action="get_assignment_notification_state", uuid=str(uuid))
    assert reply.status_code == 200, reply.text
    state: dict[str, Any] = reply.json()["data"]
    return state


async def test_a_notification_is_queued_to_the_contractor_whatever_they_switched_off(
    office: Office, organisation: TestOrganisation
) -> None:
    contractor = organisation["contractor1"]
    organisation.execute("UPDATE people SET mails_off = '{job_assigned}' WHERE id = :id", id=contractor.id)
    job_id, uuid = organisation.insert_job(contractor_id=contractor.id)
    before = await state_of(office, uuid)

    reply = await office.post(JOBS, {**SEND, "uuid": str(uuid)})

    assert (reply.status_code, reply.json()["success"]) == (200, True)
    assert reply.json()["message"] == "Assignment notification queued"
    assert before == {"sent": False, "last_sent_at": None, "recipient": contractor.name, "status": "not_sent"}
    assert await state_of(office, uuid) == before | {"status": "queued"}
    mails = organisation.execute("SELECT kind, recipient_kind, recipient_id FROM outbox WHERE job_id = :id", id=job_id)
    assert [tuple(mail) for mail in mails] == [("job_assigned", 1, contractor.id)]


async def test_what_became_of_it_is_told(office: Office, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job(contractor_id=organisation["contractor1"].id)
    told = []
    for state, sent_at in (("sent", "2024-06-01T14:00:00Z"), ("dead", None), ("withheld", None)):
        await office.post(JOBS, {**SEND, "uuid": str(uuid)})
        organisation.execute(
            "UPDATE outbox SET state = :state, next_at = NULL, sent_at = CAST(:sent_at AS timestamptz)"
            " WHERE state = 'waiting'",
            state=state,
            sent_at=sent_at,
        )
        told.append(await state_of(office, uuid))

    assert [state["status"] for state in told] == ["sent", "failed", "withheld"]
    assert {(state["sent"], state["last_sent_at"]) for state in told} == {(True, "2024-06-01T14:00:00Z")}


async def test_without_a_contractor_nobody_is_told(office: Office, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job()

    reply = await office.post(JOBS, {**SEND, "uuid": str(uuid)})

    assert (reply.status_code, reply.json()["code"]) == (409, "messaging.nobody_assigned")
    assert await state_of(office, uuid) == {
        "sent": False,
        "last_sent_at": None,
        "recipient": None,
        "status": "not_sent",
    }


async def test_archived_jobs_tell_nobody(office: Office, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job(
        contractor_id=organisation["contractor1"].id, status_id=organisation.ids["statuses"]["Archived"]
    )

    assert (await office.post(JOBS, {**SEND, "uuid": str(uuid)})).status_code == 409


async def test_who_does_not_see_the_job_tells_nobody(enter: Enter, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job(contractor_id=organisation["contractor1"].id)

    reply = await enter(organisation, "agent2").post(JOBS, {**SEND, "uuid": str(uuid)})

    assert (reply.status_code, reply.json()["error"]) == (404, "Job not found")
    assert organisation.execute("SELECT FROM outbox WHERE organisation_id = :id", id=organisation.id) == []
