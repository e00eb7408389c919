"""Making, changing and deleting jobs over the manage API."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.api.manage.conftest import JOBS, Enter, Office, new_job
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer


async def edit(office: Office, uuid: str, **changes: object) -> httpx.Response:
    return await office.post(JOBS, {"action": "update", "uuid": uuid, **changes})


async def test_an_update_changes_what_it_names_and_answers_with_the_job(
    office: Office, organisation: TestOrganisation
) -> None:
    made = await office.create(organisation, contractor_budget=100, invoice_no="INV-1")
    before = await office.read(made["uuid"])

    reply = await edit(office, made["uuid"], job_title="Boiler replaced", contractor_budget="99.99", invoice_no=None)

    after = reply.json()["data"]
    assert reply.status_code == 200
    assert set(reply.json()) == {"success", "data", "message"}
    assert after == before | {
        "job_title": "Boiler replaced",
        "contractor_budget": 99.99,
        "total_amount": 119.99,
        "invoice_no": None,
        "updated_at": after["updated_at"],
    }
    assert after == await office.read(made["uuid"])
    assert datetime.fromisoformat(after["updated_at"]) - datetime.fromisoformat(before["updated_at"]) >= timedelta(
        seconds=1
    )


async def test_a_job_without_a_description_may_be_sent_back_as_it_was_read(
    office: Office, organisation: TestOrganisation
) -> None:
    job = await office.create(organisation)
    cleared = await edit(office, job["uuid"], job_description=None)

    again = await office.post(JOBS, {**cleared.json()["data"], "action": "update"})

    assert cleared.json()["data"]["job_description"] == ""
    assert (again.status_code, again.json()["data"]) == (200, cleared.json()["data"])


async def test_totals_counters_and_other_peoples_names_are_not_written(
    office: Office, organisation: TestOrganisation
) -> None:
    made = await office.create(organisation, total_amount=1, created_by=organisation["agent1"].id, photos_count=9)

    await edit(office, made["uuid"], total_amount=1, is_recall=True, gate_status="approved", documents_count=3, ID=1)

    job = await office.read(made["uuid"])
    assert job["total_amount"] is None
    assert job["created_by"] == organisation["admin"].id
    assert (job["photos_count"], job["documents_count"], job["is_recall"], job["gate_status"]) == (0, 0, False, None)


async def test_an_update_that_has_read_an_older_job_is_refused(office: Office, organisation: TestOrganisation) -> None:
    made = await office.create(organisation)
    read_at = (await office.read(made["uuid"]))["updated_at"]

    first = await edit(office, made["uuid"], job_title="First", expected_updated_at=read_at)
    second = await edit(office, made["uuid"], job_title="Second", expected_updated_at=read_at)

    assert first.status_code == 200
    assert second.status_code == 409
    assert second.json()["code"] == "jobs.changed_meanwhile"
    assert (await office.read(made["uuid"]))["job_title"] == "First"


async def test_a_gated_status_waits_and_the_rest_is_saved(office: Office, organisation: TestOrganisation) -> None:
    statuses = organisation.ids["statuses"]
    made = await office.create(organisation)
    await edit(office, made["uuid"], status_id=statuses["Complete"])

    reply = await edit(office, made["uuid"], status_id=statuses["Ready to invoice"], quote_no="Q-7")

    body = reply.json()
    assert reply.status_code == 200
    assert body["approval_required"] is True
    assert body["data"]["status_name"] == "Complete"
    assert body["data"]["gate_status"] == "pending"
    assert body["data"]["quote_no"] == "Q-7"
    waiting = await edit(office, made["uuid"], status_id=statuses["On hold"])
    assert waiting.status_code == 409


async def test_a_move_that_the_stages_do_not_allow_is_refused(office: Office, organisation: TestOrganisation) -> None:
    made = await office.create(organisation)

    reply = await edit(office, made["uuid"], status_id=organisation.ids["statuses"]["Invoiced"])

    assert reply.status_code == 409
    assert reply.json()["field"] == "status_id"


async def test_a_closed_job_keeps_its_amounts(office: Office, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job(status_id=organisation.ids["statuses"]["Invoiced"])

    for field, value in (("invoice_no", "X"), ("quote_no", "X"), ("job_total_budget", 1), ("vat_percentage", 5)):
        reply = await edit(office, str(uuid), **{field: value})
        assert reply.status_code == 409
        assert reply.json()["field"] == field
    assert (await edit(office, str(uuid), works_order_ref="WO")).status_code == 200


async def test_contractors_progress_their_jobs_and_no_more(enter: Enter, organisation: TestOrganisation) -> None:
    contractor = enter(organisation, "contractor1")
    _, mine = organisation.insert_job(
        contractor_id=organisation["contractor1"].id, status_id=organisation.ids["statuses"]["Assigned"]
    )
    _, others = organisation.insert_job(contractor_id=organisation["contractor2"].id)
    started = {"status_id": organisation.ids["statuses"]["In progress"]}

    assert (await edit(contractor, str(others), **started)).status_code == 404
    assert (await edit(contractor, str(mine), **started, job_title="Mine")).status_code == 403
    assert (await edit(contractor, str(mine), job_title="Mine")).status_code == 403
    reply = await edit(contractor, str(mine), **started)
    assert reply.status_code == 200
    assert reply.json()["data"]["status_name"] == "In progress"
    assert (await contractor.post(JOBS, new_job(organisation))).status_code == 403
    assert (await contractor.post(JOBS, {"action": "delete", "uuid": str(mine)})).status_code == 403


async def test_who_is_not_shown_the_clients_budget_does_not_write_it(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    person = organisation["contractor1"].id
    organisation.execute("UPDATE people SET granted_keys = ARRAY['api.jobs.manage.manage'] WHERE id = :id", id=person)
    made = await office.create(organisation, contractor_id=person, job_total_budget=500)
    contractor = enter(organisation, "contractor1")

    read = await contractor.read(made["uuid"])
    sent_back = await contractor.post(JOBS, {**read, "action": "update", "job_title": "Boiler replaced"})
    await edit(contractor, made["uuid"], job_total_budget=1)

    assert (sent_back.status_code, read["job_total_budget"]) == (200, None)
    after = await office.read(made["uuid"])
    assert (after["job_title"], after["job_total_budget"]) == ("Boiler replaced", 500)


async def test_agents_name_the_agents_that_they_see(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    made, agent = await office.create(organisation), enter(organisation, "agent1")
    hidden, own = organisation["agent2"].id, organisation["agent1"].id

    unseen, absent = [await edit(agent, made["uuid"], agent_id=one) for one in (hidden, 2**40)]
    await edit(office, made["uuid"], agent_id=hidden)
    sent_back = await agent.post(JOBS, {**await agent.read(made["uuid"]), "action": "update"})

    for reply in (unseen, absent):
        assert (reply.status_code, reply.json()["error"]) == (404, "Not found: agent_id")
    assert sent_back.status_code == 200
    assert (await edit(agent, made["uuid"], agent_id=own)).status_code == 200


async def test_a_deleted_job_is_gone(office: Office, organisation: TestOrganisation) -> None:
    made = await office.create(organisation)

    reply = await office.post(JOBS, {"action": "delete", "uuid": made["uuid"]})

    assert reply.json() == {"success": True, "message": "Job deleted successfully"}
    assert (await office.get(JOBS, action="get", uuid=made["uuid"])).status_code == 404
    assert (await office.post(JOBS, {"action": "delete", "uuid": made["uuid"]})).status_code == 404
    assert (await office.get(JOBS)).json()["count"] == 0


async def test_a_closed_job_is_deleted_by_who_may(office: Office, enter: Enter, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job(status_id=organisation.ids["statuses"]["Invoiced"])
    delete = {"action": "delete", "uuid": str(uuid)}

    assert (await enter(organisation, "agent1").post(JOBS, delete)).status_code == 409
    assert (await office.post(JOBS, delete)).status_code == 200


async def test_an_invoiced_job_stays_and_stays_completed(
    office: Office, server: TestServer, organisation: TestOrganisation
) -> None:
    statuses = organisation.ids["statuses"]
    _, uuid = organisation.insert_job(status_id=statuses["Complete"], completed_at="2024-06-01T17:00:00Z")
    async with server.field(organisation["admin"].api_key) as field:
        made = (await field.post("/invoice/", json={"jobs": [{"uuid": uuid.hex}]})).json()

        for content in ({"action": "delete"}, {"action": "update", "status_id": statuses["In progress"]}):
            reply = await office.post(JOBS, {**content, "uuid": str(uuid)})
            assert (reply.status_code, reply.json()["error"]) == (
                409,
                "The job is invoiced: while it is, it stays, and stays completed.",
            )
        commits = (await office.get(JOBS, action="list_commits", uuid=uuid)).json()["data"]
        assert [commit["changes"] for commit in commits] == [
            [{"field": "invoice", "from": None, "to": made["invoiceNumber"]}]
        ]

        assert (await field.delete(f"/invoice/{made['uuid']}")).status_code == 204
    assert (await office.post(JOBS, {"action": "delete", "uuid": str(uuid)})).status_code == 200


async def test_strangers_change_and_delete_nothing(
    enter: Enter, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    _, uuid = organisation.insert_job()
    for stranger in (enter(make_organisation(), "admin"), enter(organisation, "agent2")):
        for content in ({"action": "update", "job_title": "Mine"}, {"action": "delete"}):
            reply = await stranger.post(JOBS, content | {"uuid": str(uuid)})
            assert reply.status_code == 404
            assert reply.json()["error"] == "Job not found"
        pinned = await stranger.post("/api/jobs/toggle-pin", {"job_uuid": str(uuid)})
        assert pinned.status_code == 404


async def test_a_form_says_what_json_says(office: Office, organisation: TestOrganisation) -> None:
    fields: dict[str, Any] = {
        **{name: str(value) for name, value in new_job(organisation).items()},
        "tenants_ids[]": [str(organisation.contact_id)],
        "job_total_budget": "250.50",
        "contractor_id": "",
        "date_works_start_date": "2024-06-01",
        "date_works_end_date": "",
        "invoice_no": "",
        "csrf_token": await office.csrf_token(),
    }

    reply = await office.client.post(JOBS, data=fields)

    job = await office.read(reply.json()["job_uuid"])
    assert job["tenants_ids"] == [organisation.contact_id]
    assert job["job_total_budget"] == 250.5
    assert (job["contractor_id"], job["invoice_no"]) == (None, None)
    assert job["date_works_start_date"] == "2024-06-01"


async def test_one_tenant_in_a_form_is_a_list_of_one(office: Office, organisation: TestOrganisation) -> None:
    made = await office.create(organisation)
    fields = {"action": "update", "uuid": made["uuid"], "tenants_ids": str(organisation.contact_id)}

    one = await office.client.post(JOBS, data=fields | {"csrf_token": await office.csrf_token()})
    none = await office.client.post(JOBS, data=fields | {"tenants_ids": "", "csrf_token": await office.csrf_token()})

    assert one.json()["data"]["tenants_ids"] == [organisation.contact_id]
    assert none.json()["data"]["tenants_ids"] == []


@pytest.mark.parametrize("name", ["tenants_ids", "tenants_ids[]", "tenants_ids[0]"])
async def test_a_form_may_name_one_tenant(office: Office, organisation: TestOrganisation, name: str) -> None:
    fields = {**new_job(organisation), name: organisation.contact_id, "csrf_token": await office.csrf_token()}

    reply = await office.client.post(JOBS, data=fields)

    assert (await office.read(reply.json()["job_uuid"]))["tenants_ids"] == [organisation.contact_id]


async def test_a_multipart_form_without_files_is_a_form(office: Office, organisation: TestOrganisation) -> None:
    fields = new_job(organisation, csrf_token=await office.csrf_token(), job_title="Größe ✓")
    files = {name: (None, str(value)) for name, value in fields.items()}

    made = await office.client.post(JOBS, files=files)
    with_file = await office.client.post(JOBS, files=files | {"photo": ("a.jpg", b"\xff\xd8", "image/jpeg")})
    broken = await office.client.post(
        JOBS, content=b"--x\r\n", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    unbounded = await office.client.post(JOBS, content=b"--x\r\n", headers={"Content-Type": "multipart/form-data"})

    assert made.status_code == 201
    assert (await office.read(made.json()["job_uuid"]))["job_title"] == "Größe ✓"
    assert {with_file.status_code, broken.status_code, unbounded.status_code} == {400}


@pytest.mark.parametrize(("written", "meant"), [("true", True), ("1", True), ("false", False), ("0", False)])
async def test_a_boolean_may_be_written_as_text(
    office: Office, organisation: TestOrganisation, *, written: str, meant: bool
) -> None:
    _, uuid = organisation.insert_job()

    as_form = await office.client.post(
        "/api/jobs/toggle-pin", data={"job_uuid": str(uuid), "pinned": written, "csrf_token": await office.csrf_token()}
    )
    as_text = await office.post("/api/jobs/toggle-pin", {"job_uuid": str(uuid), "pinned": written})
    as_number = await office.post("/api/jobs/toggle-pin", {"job_uuid": str(uuid), "pinned": int(meant)})

    assert [reply.json()["is_pinned"] for reply in (as_form, as_text, as_number)] == [meant] * 3


async def test_of_updates_at_once_none_is_lost(office: Office, organisation: TestOrganisation) -> None:
    made = await office.create(organisation)
    fields = ("invoice_no", "quote_no", "works_order_ref", "access_details", "private_contact_name")

    replies = await asyncio.gather(*(edit(office, made["uuid"], **{field: "set"}) for field in fields))

    assert {reply.status_code for reply in replies} == {200}
    job = await office.read(made["uuid"])
    assert [job[field] for field in fields] == ["set"] * len(fields)
    assert datetime.fromisoformat(job["updated_at"]) < datetime.now(UTC) + timedelta(seconds=10)


async def test_values_that_look_sealed_stay_what_they_are(office: Office, organisation: TestOrganisation) -> None:
    forged = '","access_details":"v1.k1.AAAA/00000000-0000-4000-8000-000000000000'
    texts = ("v1.k1.AAAA", forged, "v1.", '"access_details":"v1.', "\\", 'a\\"access_details\\":\\"v1.')
    for text in texts:
        made = await office.create(organisation, job_title=text, job_description=text, access_details=text)

        job = await office.read(made["uuid"])

        assert [job[name] for name in ("job_title", "job_description", "access_details")] == [text] * 3


async def test_sealed_values_are_sealed_where_they_lie(office: Office, organisation: TestOrganisation) -> None:
    made = await office.create(organisation, access_details="Key safe 1234", private_contact_email="ann@example.com")

    (row,) = organisation.execute("SELECT * FROM jobs WHERE uuid = :uuid", uuid=made["uuid"])
    (event,) = organisation.execute("SELECT changes::text FROM events WHERE entity_uuid = :uuid", uuid=made["uuid"])

    assert row.access_details_sealed.startswith("v1.")
    assert "1234" not in str(row)
    assert "1234" not in event.changes
    assert "ann@" not in event.changes
