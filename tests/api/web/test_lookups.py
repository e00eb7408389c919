"""What filter menus choose from."""

import msgspec
import pytest

from firstfix.api.web.lookups import Lookups
from tests.api.web.conftest import Browse
from tests.factories.organisations import TestOrganisation


async def test_lookups_come_in_the_order_of_menus(browse: Browse, organisation: TestOrganisation) -> None:
    office = await browse(organisation, "admin")

    lookups = (await office.get("/web/lookups")).json()

    msgspec.convert(lookups, Lookups)
    assert [status["name"] for status in lookups["statuses"]][:3] == ["New", "Awaiting quote", "Assigned"]
    gated = next(status for status in lookups["statuses"] if status["name"] == "Ready to invoice")
    assert gated == {
        "id": organisation.ids["statuses"]["Ready to invoice"],
        "name": "Ready to invoice",
        "stage": "complete",
        "colour": "teal",
        "position": 9,
        "requires_approval": True,
    }
    assert [priority["name"] for priority in lookups["priorities"]] == ["Emergency", "High", "Medium", "Low"]
    assert lookups["priorities"][0]["rank"] == 1
    assert lookups["job_types"][0]["name"] == "General maintenance"
    assert [branch["name"] for branch in lookups["branches"]] == ["North", "South"]
    assert lookups["time_ranges"][0] | {"id": 0} == {
        "id": 0,
        "name": "Morning",
        "start_time": "08:00",
        "end_time": "12:00",
    }
    assert lookups["payment_statuses"][-1]["name"] == "Paid"
    assert [person["name"] for person in lookups["agents"]] == ["Agent1 Tester", "Agent2 Tester"]
    assert [person["name"] for person in lookups["contractors"]] == ["Contractor1 Tester", "Contractor2 Tester"]
    staff = ["Admin Tester", "Engineer1 Tester", "Engineer2 Tester", "Manager Tester"]
    assert [person["name"] for person in lookups["engineers"]] == staff


async def test_archived_people_leave_the_menus(browse: Browse, organisation: TestOrganisation) -> None:
    office = await browse(organisation, "admin")
    organisation.execute("UPDATE people SET archived_at = now() WHERE id = :id", id=organisation["agent2"].id)

    lookups = (await office.get("/web/lookups")).json()

    assert [person["id"] for person in lookups["agents"]] == [organisation["agent1"].id]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (
            "agent1",
            {"branches": ["North"], "agents": ["agent1", "agent2"], "contractors": ["contractor1", "contractor2"]},
        ),
        ("landlord1", {"branches": ["North"]}),
        (
            "contractor1",
            {"branches": ["South"], "agents": ["agent2"], "contractors": ["contractor1"], "engineers": ["engineer1"]},
        ),
        ("contractor2", {}),
        (
            "tenant1",
            {"branches": ["South"], "agents": ["agent2"], "contractors": ["contractor1"], "engineers": ["engineer1"]},
        ),
    ],
)
async def test_who_may_not_list_people_gets_those_of_their_own_jobs(
    browse: Browse, organisation: TestOrganisation, label: str, expected: dict[str, list[str]]
) -> None:
    job_id, _ = organisation.insert_job(
        branch_id=organisation.ids["branches"]["South"],
        agent_id=organisation["agent2"].id,
        contractor_id=organisation["contractor1"].id,
        lead_id=organisation["engineer1"].id,
    )
    organisation.execute(
        "INSERT INTO job_contacts (job_id, contact_id, position) VALUES (:job, :contact, 0)",
        job=job_id,
        contact=organisation.contact_id,
    )
    browser = await browse(organisation, label)

    lookups = (await browser.get("/web/lookups")).json()

    assert [branch["name"] for branch in lookups["branches"]] == expected.get("branches", [])
    for name in ("agents", "contractors", "engineers"):
        people = [organisation[person].id for person in expected.get(name, [])]
        assert [person["id"] for person in lookups[name]] == people
