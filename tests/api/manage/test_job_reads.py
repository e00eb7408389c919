"""Menus, previews, history and lookups."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.api.manage.conftest import JOBS, Enter, Office
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer


async def test_menus_hold_who_and_what_jobs_that_one_sees_have(
    enter: Enter, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    make_organisation().insert_job()
    south = organisation.ids["branches"]["South"]
    organisation.insert_job(agent_id=organisation["agent1"].id, contractor_id=organisation["contractor1"].id)
    organisation.insert_job(
        branch_id=south, agent_id=organisation["agent2"].id, created_by_id=organisation["engineer1"].id
    )

    async def menu(label: str, action: str) -> list[str]:
        body = (await enter(organisation, label).get(JOBS, action=action)).json()
        assert body["count"] == len(body["data"])
        return [choice["name"] for choice in body["data"]]

    assert await menu("admin", "get_creators") == ["Admin Tester", "Engineer1 Tester"]
    assert await menu("admin", "get_job_agents") == ["Agent1 Tester", "Agent2 Tester"]
    assert await menu("admin", "get_job_contractors") == ["Contractor1 Tester"]
    assert await menu("admin", "get_job_clients") == ["Acme Lettings"]
    types = ["Certificate", "Quote", "Invoice", "Report", "Risk assessment", "Other"]
    assert await menu("admin", "get_file_types") == types
    assert await menu("agent1", "get_job_agents") == ["Agent1 Tester"]
    assert await menu("contractor1", "get_creators") == ["Admin Tester"]
    assert await menu("contractor2", "get_creators") == []
    assert await menu("tenant1", "get_job_clients") == []


async def test_what_a_deletion_would_take_is_told_in_numbers(office: Office, organisation: TestOrganisation) -> None:
    job_id, uuid = organisation.insert_job(photos_count=3, documents_count=1)
    await furnish(organisation, job_id)
    await furnish(organisation, organisation.insert_job()[0])
    await office.post("/api/jobs/toggle-pin", {"job_uuid": str(uuid)})

    told = (await office.get(JOBS, action="preview_delete", uuid=uuid)).json()["data"]

    assert told == {
        "case_notes": 1,
        "photos": 3,
        "documents": 1,
        "amendments": 0,
        "remedial_links": 0,
        "pins": 1,
        "tasks": 1,
        "items": 2,
        "labor": 1,
        "attachments": 1,
        "signatures": 1,
        "time_slots": 1,
        "worked_hours": 1,
        "gate_decisions": 1,
        "recalls": 1,
    }
    assert (await office.read(str(uuid)))["photos_count"] == 3


async def furnish(organisation: TestOrganisation, job_id: int) -> None:
    """Give a job everything that goes with it."""
    engineer = organisation["engineer1"].id
    price = {"unit_cost": 0, "unit_price": 0}
    listed, _ = organisation.insert("catalogue_tasks", name=f"Service {job_id}")
    part, _ = organisation.insert("catalogue_items", name=f"Seal {job_id}", **price)
    task, _ = organisation.insert("job_tasks", job_id=job_id, position=0, catalogue_task_id=listed, **price)
    for position in range(2):
        organisation.insert(
            "job_task_items", job_task_id=task, position=position, catalogue_item_id=part, quantity=1, **price
        )
    organisation.insert("case_notes", job_id=job_id, text_sealed="v1.x.y")
    rate = {"name": "Hour", "rate": 1, "cost": 1, "is_taxable": False}
    organisation.insert("job_labor", job_id=job_id, position=0, person_id=engineer, minutes=5, **rate)
    organisation.insert("time_slots", job_id=job_id, starts_at="2030-01-01T00:00Z", minutes=5)
    day = f"20{job_id % 80 + 10}-01-01"
    organisation.insert("worked_hours", job_id=job_id, person_id=engineer, is_travel=False, starts_at=day, ends_at=day)
    status = {"job_id": job_id, "status_id": organisation.ids["statuses"]["Ready to invoice"]}
    organisation.insert("gate_decisions", **status, asked_at=day, decided_at=day, is_approved=True)
    organisation.insert("recalls", job_id=job_id, reason="Leaks", raised_at=day, status_before_id=status["status_id"])
    kept, signed, archived = (_file(organisation, purpose) for purpose in ("attachment", "signature", "attachment"))
    organisation.execute("UPDATE files SET archived_at = now() WHERE id = :id", id=archived)
    for file in (kept, archived):
        organisation.execute(
            "INSERT INTO job_task_attachments (file_id, job_task_id) VALUES (:file, :task)", file=file, task=task
        )
    organisation.execute(
        "INSERT INTO job_signatures (job_id, is_before, file_id) VALUES (:job, true, :file)",
        job=job_id,
        file=signed,
    )


def _file(organisation: TestOrganisation, purpose: str) -> int:
    file_id, _ = organisation.insert(
        "files",
        storage_key=uuid4(),
        purpose=purpose,
        file_name="a.txt",
        mime_type="text/plain",
        size_bytes=5,
        sha256=b"",
    )
    return file_id


async def test_hidden_jobs_tell_nothing_about_themselves(enter: Enter, organisation: TestOrganisation) -> None:
    job_id, uuid = organisation.insert_job()
    stranger = enter(organisation, "agent2")
    for action in ("get", "preview_delete", "get_assignment_notification_state", "list_commits"):
        for query in ({"uuid": uuid}, {"job_id": job_id}, {"job_uuid": "0" * 32}):
            reply = await stranger.get(JOBS, action=action, **query)
            assert reply.status_code == 404
            assert reply.json()["error"] == "Job not found"


async def test_history_tells_each_change_with_names_and_in_the_wires_own_terms(
    office: Office, organisation: TestOrganisation
) -> None:
    ids = organisation.ids
    made = await office.create(
        organisation, access_details="Key safe 1", job_total_budget=250, date_works_start_date="2024-06-01"
    )
    await office.post(
        JOBS,
        {
            "action": "update",
            "uuid": made["uuid"],
            "priority_id": ids["priorities"]["High"],
            "access_details": "Key safe 2",
            "job_total_budget": 300.5,
            "date_works_start_date": "2024-06-03",
            "tenants_ids": [organisation.contact_id],
            "contractor_id": organisation["contractor1"].id,
            "invoice_no": "v1.looks.sealed",
        },
    )

    reply = await office.get(JOBS, action="list_commits", uuid=made["uuid"])

    body = reply.json()
    newest, oldest = body["data"]
    assert body["count"] == 2
    assert (newest["action"], oldest["action"]) == ("updated", "created")
    assert (newest["by_id"], newest["by_name"]) == (organisation["admin"].id, "Admin Tester")
    assert abs(datetime.fromisoformat(newest["at"]) - datetime.now(UTC)).total_seconds() < 60
    changes = {change.pop("field"): change for change in newest["changes"]}
    assert changes == {
        "priority_id": {
            "from": ids["priorities"]["Medium"],
            "to": ids["priorities"]["High"],
            "from_name": "Medium",
            "to_name": "High",
        },
        "access_details": {"from": "Key safe 1", "to": "Key safe 2"},
        "job_total_budget": {"from": 250, "to": 300.5},
        "date_works_start_date": {"from": "2024-06-01", "to": "2024-06-03"},
        "tenants_ids": {
            "from": [],
            "to": [organisation.contact_id],
            "from_name": [],
            "to_name": ["Tina Tenant"],
        },
        "contractor_id": {
            "from": None,
            "to": organisation["contractor1"].id,
            "from_name": None,
            "to_name": "Contractor1 Tester",
        },
        "invoice_no": {"from": None, "to": "v1.looks.sealed"},
    }
    created = {change["field"]: change["to"] for change in oldest["changes"]}
    assert created["job_title"] == "Boiler not firing"
    assert created["address_id"] == organisation.location_id


async def test_history_tells_of_custom_fields_as_the_field_api_names_them(
    office: Office, organisation: TestOrganisation, server: TestServer
) -> None:
    organisation.insert("custom_fields", entity_class="Job", own_key="gate_code", name="Gate", kind="Text", position=0)
    made = await office.create(organisation)
    async with server.field(organisation["admin"].api_key) as field:
        await field.post(f"/job/{made['uuid']}", json={"customFields": {"gate_code": "1234"}})

    reply = await office.get(JOBS, action="list_commits", uuid=made["uuid"])

    assert reply.json()["data"][0]["changes"] == [{"field": "customFields.gate_code", "from": None, "to": "1234"}]


async def test_history_comes_in_pages(office: Office, organisation: TestOrganisation) -> None:
    made = await office.create(organisation)
    for number in range(3):
        await office.post(JOBS, {"action": "update", "uuid": made["uuid"], "quote_no": str(number)})

    whole = (await office.get(JOBS, action="list_commits", uuid=made["uuid"])).json()
    page = (await office.get(JOBS, action="list_commits", uuid=made["uuid"], limit=2, offset=1)).json()
    beyond = (await office.get(JOBS, action="list_commits", uuid=made["uuid"], offset=9)).json()

    assert page["data"] == whole["data"][1:3]
    assert whole["count"] == page["count"] == beyond["count"] == 4
    assert beyond["data"] == []


async def test_history_hides_the_budget_from_those_who_do_not_see_it(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    made = await office.create(
        organisation, job_total_budget=250, contractor_budget=180, contractor_id=organisation["contractor1"].id
    )

    reply = await enter(organisation, "contractor1").get(JOBS, action="list_commits", uuid=made["uuid"])

    fields = {change["field"] for change in reply.json()["data"][0]["changes"]}
    assert "contractor_budget" in fields
    assert "job_total_budget" not in fields


async def test_lookups_are_told_in_their_order(office: Office, organisation: TestOrganisation) -> None:
    organisation.execute(
        "UPDATE job_types SET archived_at = now() WHERE id = :id", id=organisation.ids["job_types"]["Roofing"]
    )

    async def lookup(name: str) -> list[dict[str, Any]]:
        body = (await office.get(f"/api/jobs/{name}", action="list")).json()
        assert body["count"] == len(body["data"])
        assert [row["position"] for row in body["data"]] == sorted(row["position"] for row in body["data"])
        return list(body["data"])

    statuses = await lookup("statuses")
    assert statuses[0] == {
        "id": organisation.ids["statuses"]["New"],
        "name": "New",
        "position": 1,
        "stage": "new",
        "requires_approval": False,
        "colour": "grey",
    }
    assert [row["stage"] for row in statuses][4:] == [
        *["in_progress"] * 3,
        "complete",
        "complete",
        "closed",
        "archived",
        "cancelled",
    ]
    assert (await lookup("priorities"))[0] == {
        "id": organisation.ids["priorities"]["Emergency"],
        "name": "Emergency",
        "position": 1,
        "rank": 1,
        "colour": "red",
    }
    assert "Roofing" not in [row["name"] for row in await lookup("types")]
    assert [row["name"] for row in await lookup("payment-statuses")] == [
        "Not due",
        "Awaiting payment",
        "Part paid",
        "Paid",
    ]
    assert (await lookup("time-ranges"))[0] == {
        "id": organisation.ids["time_ranges"]["Morning"],
        "name": "Morning",
        "position": 1,
        "start_time": "08:00",
        "end_time": "12:00",
    }


async def test_addresses_are_found_by_words_and_shown_to_whom_they_concern(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    south = organisation.ids["branches"]["South"]
    in_south, _ = organisation.insert("locations", branch_id=south, line1="22 Mill Lane", city="Leeds", name="The Mill")
    nowhere, _ = organisation.insert("locations", line1="9 Mill Road", city="York", postcode="YO1 1AA")
    organisation.insert("locations", line1="10 Mill Road", archived_at=datetime.now(UTC))
    organisation.insert_job(location_id=nowhere, contractor_id=organisation["contractor1"].id)

    async def addresses(label: str, **query: object) -> list[int]:
        body = (await enter(organisation, label).get("/api/jobs/addresses", **query)).json()
        return [address["id"] for address in body["data"]]

    first = (await office.get("/api/jobs/addresses")).json()
    assert first["data"][0] == {
        "id": organisation.location_id,
        "uuid": str(organisation.location_uuid),
        "full_address": "1 Example Street, Sample Town, EX1 1AA",
        "line1": "1 Example Street",
        "line2": "",
        "city": "Sample Town",
        "region": "",
        "postcode": "EX1 1AA",
        "country": None,
    }
    assert first["count"] == 3
    assert await addresses("admin", limit=1, offset=1) == [in_south]
    assert await addresses("admin", search="mill") == [in_south, nowhere]
    assert await addresses("admin", search="the mi") == [in_south]
    assert await addresses("admin", search="yo1 1a") == [nowhere]
    assert await addresses("agent1") == [organisation.location_id, nowhere]
    assert await addresses("agent2", search="mill") == [in_south, nowhere]
    assert await addresses("contractor1") == [nowhere]
    assert await addresses("contractor2") == []
    assert await addresses("tenant1", search="mill") == []


async def test_reading_never_needs_the_right_to_write(enter: Enter, organisation: TestOrganisation) -> None:
    organisation.execute(
        "UPDATE people SET denied_keys = '{api.jobs.manage.list}' WHERE id = :id", id=organisation["agent1"].id
    )
    organisation.execute(
        "UPDATE people SET denied_keys = '{api.jobs.manage.manage,api.jobs.manage.list}' WHERE id = :id",
        id=organisation["agent2"].id,
    )

    for path in (JOBS, "/api/jobs/statuses", "/api/jobs/addresses"):
        assert (await enter(organisation, "landlord1").get(path)).status_code == 200
        assert (await enter(organisation, "agent1").get(path)).status_code == 200
        assert (await enter(organisation, "agent2").get(path)).status_code == 403
