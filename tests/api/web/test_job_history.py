"""What happened to a job."""

from uuid import uuid4

import httpx
import msgspec
import pytest

from firstfix.api.web.job_history import JobHistory
from tests.api.web.conftest import Browse
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer


async def make_job(server: TestServer, organisation: TestOrganisation, **values: object) -> str:
    """Make a job by the field API, as the administrator, and return its uuid."""
    body = {
        "scheduledOn": "2024-06-01T14:00:00Z",
        "location": {"uuid": organisation.location_uuid.hex},
        "description": "No hot water.",
    } | values
    async with server.field(organisation["admin"].api_key) as client:
        reply = await client.post("/job/", json=body)
        assert reply.status_code == 201, reply.text
        uuid: str = reply.json()["uuid"]
        return uuid


async def change_job(server: TestServer, organisation: TestOrganisation, uuid: str, **values: object) -> None:
    """Change a job by the field API, as an engineer."""
    async with server.field(organisation["engineer1"].api_key) as client:
        reply = await client.post(f"/job/{uuid}", json=values)
        assert reply.status_code == 204, reply.text


def told(reply: httpx.Response) -> dict[str, tuple[str, object, object]]:
    """Take the newest commit's changes by field."""
    assert reply.status_code == 200, reply.text
    return {
        change["field"]: (change["label"], change["from"], change["to"])
        for change in reply.json()["commits"][0]["changes"]
    }


async def test_a_change_by_one_api_is_told_in_words(
    browse: Browse, server: TestServer, organisation: TestOrganisation
) -> None:
    uuid = await make_job(server, organisation)
    engineer = organisation["engineer2"]
    await change_job(
        server,
        organisation,
        uuid,
        description="No hot water, no heating.",
        jobLead={"uuid": engineer.uuid.hex},
        scheduledOn="2024-06-02T09:00:00Z",
    )
    office = await browse(organisation, "manager")

    reply = await office.get(f"/web/jobs/{uuid}/history")

    history = reply.json()
    msgspec.convert(history, JobHistory)
    newest, oldest = history["commits"]
    assert (newest["action"], newest["source"], newest["by_name"]) == (
        "updated",
        "field",
        organisation["engineer1"].name,
    )
    assert (oldest["action"], oldest["by_name"]) == ("created", organisation["admin"].name)
    assert history["more"] is False
    changes = told(reply)
    assert changes["description"] == ("Description", "No hot water.", "No hot water, no heating.")
    assert changes["lead_id"] == ("Lead engineer", None, engineer.name)
    assert changes["crew_ids"] == ("Crew", [], [engineer.name])
    assert changes["scheduled_at"] == ("Works start", "2024-06-01T14:00:00Z", "2024-06-02T09:00:00Z")
    assert changes["scheduled_state"] == ("Planning", "tentative", "dispatched")


async def test_values_of_custom_fields_are_told_by_the_names_of_their_fields(
    browse: Browse, server: TestServer, organisation: TestOrganisation
) -> None:
    for key, kind in (("gate", "Text"), ("keys", "Number")):
        organisation.insert("custom_fields", entity_class="Job", own_key=key, name=f"The {key}", kind=kind, position=0)
    uuid = await make_job(server, organisation, customFields={"gate": "12", "keys": 2})
    office = await browse(organisation, "admin")
    made = told(await office.get(f"/web/jobs/{uuid}/history"))
    await change_job(server, organisation, uuid, customFields={"gate": "34", "keys": None})
    organisation.execute("UPDATE custom_fields SET own_key = 'renamed' WHERE own_key = 'keys'")

    changes = told(await office.get(f"/web/jobs/{uuid}/history"))

    assert {name: change for name, change in made.items() if name.startswith("custom_fields")} == {
        "custom_fields.gate": ("The gate", None, "12"),
        "custom_fields.keys": ("The keys", None, "2"),
    }
    assert changes == {
        "custom_fields.gate": ("The gate", "12", "34"),
        "custom_fields.keys": ("keys", "2", None),
    }


async def test_a_history_comes_in_pages(browse: Browse, server: TestServer, organisation: TestOrganisation) -> None:
    uuid = await make_job(server, organisation)
    for number in range(4):
        await change_job(server, organisation, uuid, description=f"Version {number}")
    office = await browse(organisation, "admin")
    whole = (await office.get(f"/web/jobs/{uuid}/history")).json()["commits"]

    pages = [(await office.get(f"/web/jobs/{uuid}/history", params={"limit": 2})).json()]
    while pages[-1]["more"]:
        before = pages[-1]["commits"][-1]["id"]
        pages.append((await office.get(f"/web/jobs/{uuid}/history", params={"limit": 2, "before": before})).json())

    assert [len(page["commits"]) for page in pages] == [2, 2, 1]
    assert [commit for page in pages for commit in page["commits"]] == whole


@pytest.mark.parametrize(("label", "expected"), [("agent1", ["client_budget", "title"]), ("contractor1", ["title"])])
async def test_what_is_hidden_on_the_job_is_hidden_in_its_past(
    browse: Browse, organisation: TestOrganisation, label: str, expected: list[str]
) -> None:
    job_id, job_uuid = organisation.insert_job(contractor_id=organisation["contractor1"].id)
    organisation.execute(
        "INSERT INTO events (source, entity, entity_id, entity_uuid, action, changes) VALUES"
        " ('manage', 'job', :id, :uuid, 'updated', CAST(:changes AS jsonb))",
        id=job_id,
        uuid=job_uuid,
        changes='{"client_budget": ["100.00", "250.00"], "title": ["Old", "New"]}',
    )
    browser = await browse(organisation, label)

    changes = told(await browser.get(f"/web/jobs/{job_uuid}/history"))

    assert changes["title"] == ("Title", "Old", "New")
    assert sorted(changes) == expected


async def test_the_past_of_a_hidden_job_is_hidden(browse: Browse, organisation: TestOrganisation) -> None:
    _, hidden = organisation.insert_job(branch_id=organisation.ids["branches"]["South"])
    browser = await browse(organisation, "agent1")

    replies = [await browser.get(f"/web/jobs/{uuid}/history") for uuid in (hidden, uuid4(), "nonsense")]

    assert [(reply.status_code, reply.json()["code"]) for reply in replies] == [(404, "jobs.not_found")] * 3


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "201"}, {"limit": "x"}, {"before": "1"}, {"offset": "1"}, {"before": "\0"}]
)
async def test_a_page_is_asked_for_rightly(
    browse: Browse, organisation: TestOrganisation, query: dict[str, str]
) -> None:
    _, job_uuid = organisation.insert_job()
    office = await browse(organisation, "admin")

    reply = await office.get(f"/web/jobs/{job_uuid}/history", params=query)

    assert reply.status_code == 422
    assert [field["path"] for field in reply.json()["fields"]] == list(query)
