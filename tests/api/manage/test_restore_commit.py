"""Putting a job back as it stood after one of its commits, over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from tests.api.manage.conftest import JOBS, Enter, Office
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer


async def commits_of(office: Office, uuid: str) -> list[dict[str, Any]]:
    reply = await office.get(JOBS, action="list_commits", uuid=uuid)
    assert reply.status_code == 200, reply.text
    commits = reply.json()["data"]
    assert isinstance(commits, list)
    return commits


def without_times(job: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in job.items() if name != "updated_at"}


async def test_the_job_is_as_it_was_and_a_new_commit_says_so(office: Office, organisation: TestOrganisation) -> None:
    ids = organisation.ids
    made = await office.create(
        organisation,
        access_details="Key safe 1",
        job_total_budget=250,
        date_works_start_date="2024-06-01",
        date_works_end_date="2024-06-03",
        time_range_id=ids["time_ranges"]["Afternoon"],
        tenants_ids=[organisation.contact_id],
    )
    was = await office.read(made["uuid"])
    later: tuple[dict[str, Any], ...] = (
        {"access_details": None, "job_total_budget": 9.5, "tenants_ids": [], "invoice_no": "I-1"},
        {"date_works_start_date": "2024-07-01", "date_works_end_date": None, "time_range_id": None},
        {"priority_id": ids["priorities"]["High"], "status_id": ids["statuses"]["In progress"]},
    )
    for changes in later:
        reply = await office.post(JOBS, {"action": "update", "uuid": made["uuid"], **changes})
        assert reply.status_code == 200, reply.text
    *_, creation = await commits_of(office, made["uuid"])

    reply = await office.post(
        JOBS, {"action": "restore_commit", "uuid": made["uuid"], "commit_id": creation["commit_id"]}
    )

    assert reply.status_code == 200, reply.text
    assert without_times(reply.json()["data"]) == without_times(was)
    assert reply.json()["data"]["updated_at"] > was["updated_at"]
    newest, *earlier = await commits_of(office, made["uuid"])
    assert (newest["action"], newest["by_name"], len(earlier)) == ("restored", "Admin Tester", 4)
    told = {change["field"]: (change["from"], change["to"]) for change in newest["changes"]}
    assert told["access_details"] == (None, "Key safe 1")
    assert told["job_total_budget"] == (9.5, 250)
    assert told["date_works_start_date"] == ("2024-07-01", "2024-06-01")


async def test_a_second_time_changes_nothing(office: Office, organisation: TestOrganisation) -> None:
    made = await office.create(organisation)
    [creation] = await commits_of(office, made["uuid"])

    reply = await office.post(
        JOBS, {"action": "restore_commit", "uuid": made["uuid"], "commit_id": creation["commit_id"]}
    )

    assert reply.status_code == 200
    assert len(await commits_of(office, made["uuid"])) == 1


async def test_a_commit_of_another_job_is_not_found(office: Office, organisation: TestOrganisation) -> None:
    made, other = [await office.create(organisation) for _ in range(2)]
    [foreign] = await commits_of(office, other["uuid"])

    for commit in (foreign["commit_id"], str(uuid4())):
        reply = await office.post(JOBS, {"action": "restore_commit", "uuid": made["uuid"], "commit_id": commit})
        assert (reply.status_code, reply.json()["error"]) == (404, "Commit not found")
        assert reply.json()["code"] == "history.commit_not_found"


@pytest.mark.parametrize("given", [{}, {"commit_id": "17"}, {"commit_id": None}, {"commit_id": "\0"}])
async def test_a_commit_is_named_by_its_uuid(
    office: Office, organisation: TestOrganisation, given: dict[str, object]
) -> None:
    made = await office.create(organisation)

    reply = await office.post(JOBS, {"action": "restore_commit", "uuid": made["uuid"], **given})

    assert (reply.status_code, reply.json()["field"]) == (400, "commit_id")


async def test_what_a_rule_forbids_is_a_conflict(office: Office, organisation: TestOrganisation) -> None:
    made = await office.create(organisation, time_range_id=organisation.ids["time_ranges"]["Evening"])
    await office.post(JOBS, {"action": "update", "uuid": made["uuid"], "time_range_id": None})
    *_, creation = await commits_of(office, made["uuid"])
    organisation.execute("DELETE FROM time_ranges WHERE name = 'Evening' AND organisation_id = :o", o=organisation.id)
    before = await office.read(made["uuid"])
    asked = {"action": "restore_commit", "uuid": made["uuid"], "commit_id": creation["commit_id"]}

    gone = await office.post(JOBS, asked)
    after = await office.read(made["uuid"])
    organisation.execute(
        "UPDATE jobs SET status_id = :status, stage = 5 WHERE id = :id",
        status=organisation.ids["statuses"]["Archived"],
        id=made["ID"],
    )
    archived = await office.post(JOBS, asked)

    assert (gone.status_code, gone.json()["code"], gone.json()["field"]) == (
        409,
        "jobs.commit_outdated",
        "time_range_id",
    )
    assert (archived.status_code, archived.json()["code"]) == (409, "jobs.archived")
    assert after == before


async def test_who_may_not_change_jobs_puts_none_back(enter: Enter, organisation: TestOrganisation) -> None:
    office = enter(organisation, "admin")
    made = await office.create(organisation, contractor_id=organisation["contractor1"].id)
    [creation] = await commits_of(office, made["uuid"])
    asked = {"action": "restore_commit", "uuid": made["uuid"], "commit_id": creation["commit_id"]}

    contractor = await enter(organisation, "contractor1").post(JOBS, asked)
    stranger = await enter(organisation, "agent2").post(JOBS, asked)

    assert contractor.status_code == 403
    assert (stranger.status_code, stranger.json()["error"]) == (404, "Job not found")


async def test_what_the_field_api_changes_reads_in_its_words(
    office: Office, server: TestServer, organisation: TestOrganisation
) -> None:
    _, task = organisation.insert("catalogue_tasks", name="Boiler service", unit_price=80)
    lead = organisation["engineer1"]
    async with server.field(organisation["admin"].api_key) as client:
        made = await client.post(
            "/job/",
            json={
                "scheduledOn": "2030-06-01T14:00:00Z",
                "location": {"uuid": organisation.location_uuid.hex},
                "description": "No hot water.",
                "estDuration": 90,
                "jobLead": {"uuid": lead.uuid.hex},
                "tasks": [{"task": {"uuid": task.hex}}],
            },
        )
        assert made.status_code == 201, made.text
        uuid = made.json()["uuid"]
        await client.post(f"/job/{uuid}", json={"scheduledOn": "2030-06-01T15:00:00Z", "estDuration": 60})

    newest, creation = await commits_of(office, uuid)

    assert newest["by_name"] == "Admin Tester"
    assert sorted(newest["changes"], key=lambda change: change["field"]) == [
        {"field": "estDuration", "from": 90, "to": 60},
        {"field": "scheduledOn", "from": "2030-06-01T14:00:00Z", "to": "2030-06-01T15:00:00Z"},
    ]
    told = {change["field"]: change for change in creation["changes"]}
    assert (told["jobLead"]["to"], told["jobLead"]["to_name"]) == (lead.id, lead.name)
    assert told["scheduledState"]["to"] == "dispatched"
    [first] = told["tasks"]["to"]
    assert (first["name"], first["unitPrice"], first["done"], first["items"]) == ("Boiler service", 80, False, [])
