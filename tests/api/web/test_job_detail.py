"""One job's page."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from firstfix.api.web.job_detail import JobDetail
from firstfix.kit.sealing import load_key_ring
from tests.api.web.conftest import Browse
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

Seal = Callable[[UUID, str, str], None]


@pytest.fixture
def seal(server: TestServer, organisation: TestOrganisation) -> Seal:
    """Seal a value into a job with the server's own keys."""
    ring = load_key_ring(server.log.parent / "keys.json")

    def seal(job: UUID, column: str, value: str) -> None:
        sealed = ring.seal(value, record=job, field=f"jobs.{column}")
        organisation.execute(f"UPDATE jobs SET {column}_sealed = :sealed WHERE uuid = :job", sealed=sealed, job=job)  # noqa: S608

    return seal


async def test_a_job_is_shown_with_all_that_its_page_has(
    browse: Browse, organisation: TestOrganisation, seal: Seal
) -> None:
    office = await browse(organisation, "admin")
    engineers = [organisation["engineer1"], organisation["engineer2"]]
    job_id, job_uuid = organisation.insert_job(
        reference="J7",
        lead_id=engineers[0].id,
        agent_id=organisation["agent1"].id,
        contractor_id=organisation["contractor1"].id,
        scheduled_at="2024-06-01T23:30:00Z",
        scheduled_state=2,
        estimated_minutes=90,
        client_budget="250.00",
        contractor_budget="180.00",
        vat_percentage="17.5",
        invoice_no="INV-1",
        quote_no="Q-1",
        works_order_ref="WO/1",
        payment_status_id=organisation.ids["payment_statuses"]["Paid"],
        started_at="2024-06-01T23:31:00Z",
        completed_at="2024-06-02T01:00:00Z",
    )
    for position, engineer in enumerate(engineers):
        organisation.execute(
            "INSERT INTO job_crew (job_id, person_id, position) VALUES (:job, :person, :position)",
            job=job_id,
            person=engineer.id,
            position=position,
        )
    organisation.execute(
        "INSERT INTO job_contacts (job_id, contact_id, position) VALUES (:job, :contact, 0)",
        job=job_id,
        contact=organisation.contact_id,
    )
    seal(job_uuid, "access_details", 'Key safe by the "side" door, code 4417.')
    seal(job_uuid, "private_contact_name", "Maria Holt")
    (row,) = (await office.post("/web/jobs/rows", json={"ids": [job_id]})).json()["rows"]

    reply = await office.get(f"/web/jobs/{job_uuid}")

    assert reply.status_code == 200
    assert reply.headers["Cache-Control"] == "no-store"
    job = reply.json()
    msgspec.convert(job, JobDetail)
    assert {name: job.pop(name) for name in row} == row
    assert job == {
        "description": "No hot water since Monday.",
        "gate": None,
        "recall": None,
        "status_name": "New",
        "priority_name": "Medium",
        "job_type_name": "Gas & Heating",
        "branch_name": "North",
        "customer": {
            "uuid": str(organisation.customer_uuid),
            "name": "Acme Lettings",
            "email": None,
            "phone": None,
        },
        "location": {
            "uuid": str(organisation.location_uuid),
            "name": None,
            "line1": "1 Example Street",
            "line2": "",
            "city": "Sample Town",
            "region": "",
            "postcode": "EX1 1AA",
            "country": None,
            "lat": None,
            "lng": None,
        },
        "contacts": [
            {
                "uuid": str(organisation.contact_uuid),
                "name": "Tina Tenant",
                "email": "tina@example.com",
                "phone": "07700 900123",
            }
        ],
        "lead": {"id": engineers[0].id, "name": engineers[0].name, "email": engineers[0].email, "phone": None},
        "crew": [
            {"id": engineer.id, "name": engineer.name, "state": "scheduled", "worked_hours": []}
            for engineer in engineers
        ],
        "slots": [],
        "agent": {"id": organisation["agent1"].id, "name": organisation["agent1"].name},
        "contractor": {"id": organisation["contractor1"].id, "name": organisation["contractor1"].name},
        "estimated_minutes": 90,
        "works_start_on": "2024-06-02",
        "time_range_name": None,
        "time_zone": "Europe/London",
        "scheduled_state": "dispatched",
        "client_budget": "250.00",
        "contractor_budget": "180.00",
        "vat_percentage": "17.50",
        "currency": "GBP",
        "invoice_no": "INV-1",
        "quote_no": "Q-1",
        "works_order_ref": "WO/1",
        "payment_status_name": "Paid",
        "access_details": 'Key safe by the "side" door, code 4417.',
        "private_contact_name": "Maria Holt",
        "private_contact_email": None,
        "started_at": "2024-06-01T23:31:00Z",
        "completed_at": "2024-06-02T01:00:00Z",
        "created_by_name": organisation["admin"].name,
        "abilities": ALL,
    }


async def test_a_job_tells_of_its_gate_and_who_decided_it(browse: Browse, organisation: TestOrganisation) -> None:
    office = await browse(organisation, "admin")
    ready = organisation.ids["statuses"]["Ready to invoice"]
    job_id, job_uuid = organisation.insert_job(
        status_id=organisation.ids["statuses"]["Complete"],
        gate_status="pending",
        gate_wanted_status_id=ready,
        gate_asked_by_id=organisation["manager"].id,
        gate_asked_at="2024-06-02T01:00:00Z",
    )
    waiting = (await office.get(f"/web/jobs/{job_uuid}")).json()
    for day, notes in ((1, "Earlier."), (2, "Photos are missing.")):
        organisation.insert(
            "gate_decisions",
            job_id=job_id,
            status_id=ready,
            asked_at=f"2024-06-0{day}T01:00:00Z",
            decided_by_id=organisation["admin"].id,
            decided_at=f"2024-06-0{day}T02:00:00Z",
            is_approved=False,
            notes=notes,
        )
    organisation.execute("UPDATE jobs SET gate_status = 'rejected' WHERE id = :id", id=job_id)

    decided = (await office.get(f"/web/jobs/{job_uuid}")).json()

    msgspec.convert(decided, JobDetail)
    asked = {
        "status_name": "Ready to invoice",
        "asked_by_name": organisation["manager"].name,
        "asked_at": "2024-06-02T01:00:00Z",
    }
    assert waiting["gate"] == {**asked, "decided_by_name": None, "decided_at": None, "notes": None}
    assert decided["gate"] == {
        **asked,
        "decided_by_name": organisation["admin"].name,
        "decided_at": "2024-06-02T02:00:00Z",
        "notes": "Photos are missing.",
    }


async def test_a_job_in_recall_tells_why(browse: Browse, organisation: TestOrganisation) -> None:
    office = await browse(organisation, "admin")
    job_id, job_uuid = organisation.insert_job(is_recall=True)
    closed = {"closed_at": "2024-05-01T12:00:00Z", "outcome": "cancel"}
    for reason, state in (("It dripped.", closed), ("It leaks again.", {})):
        organisation.insert(
            "recalls",
            job_id=job_id,
            reason=reason,
            raised_by_id=organisation["agent1"].id,
            raised_at="2024-06-01T12:00:00Z",
            status_before_id=organisation.ids["statuses"]["Complete"],
            **state,
        )

    job = (await office.get(f"/web/jobs/{job_uuid}")).json()

    msgspec.convert(job, JobDetail)
    assert job["recall"] == {
        "reason": "It leaks again.",
        "raised_by_name": organisation["agent1"].name,
        "raised_at": "2024-06-01T12:00:00Z",
    }


async def test_what_a_job_has_not_is_null_or_empty(browse: Browse, organisation: TestOrganisation) -> None:
    office = await browse(organisation, "admin")
    location_id, _ = organisation.insert("locations", line1="2 Example Street")
    _, job_uuid = organisation.insert_job(location_id=location_id, created_by_id=None)

    job = (await office.get(f"/web/jobs/{job_uuid}")).json()

    msgspec.convert(job, JobDetail)
    missing = ("customer", "lead", "agent", "contractor", "works_start_on", "time_range_name", "created_by_name")
    assert [job[name] for name in missing] == [None] * len(missing)
    assert (job["contacts"], job["crew"]) == ([], [])


async def test_dates_are_the_branchs_own(browse: Browse, organisation: TestOrganisation) -> None:
    office = await browse(organisation, "admin")
    branch_id, _ = organisation.insert("branches", name="Far", time_zone="Asia/Kolkata")
    _, job_uuid = organisation.insert_job(branch_id=branch_id, scheduled_at="2024-06-01T19:00:00Z")

    job = (await office.get(f"/web/jobs/{job_uuid}")).json()

    assert (job["time_zone"], job["works_start_on"]) == ("Asia/Kolkata", "2024-06-02")


async def test_the_part_of_the_day_is_the_one_set_else_the_first_that_holds_the_start(
    browse: Browse, organisation: TestOrganisation
) -> None:
    office = await browse(organisation, "admin")
    start = "2024-06-01T10:30:00Z"  # half past eleven in London: Morning and Midday hold it
    _, derived = organisation.insert_job(scheduled_at=start)
    _, chosen = organisation.insert_job(scheduled_at=start, time_range_id=organisation.ids["time_ranges"]["Evening"])

    names = [(await office.get(f"/web/jobs/{uuid}")).json()["time_range_name"] for uuid in (derived, chosen)]

    assert names == ["Morning", "Evening"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("manager", "250.00"),
        ("agent1", "250.00"),
        ("landlord1", "250.00"),
        ("contractor1", None),
        ("tenant1", None),
    ],
)
async def test_contractors_and_tenants_do_not_see_what_the_client_pays(
    browse: Browse, organisation: TestOrganisation, seal: Seal, label: str, expected: str | None
) -> None:
    job_id, job_uuid = organisation.insert_job(
        client_budget="250.00", contractor_budget="180.00", contractor_id=organisation["contractor1"].id
    )
    organisation.execute(
        "INSERT INTO job_contacts (job_id, contact_id, position) VALUES (:job, :contact, 0)",
        job=job_id,
        contact=organisation.contact_id,
    )
    seal(job_uuid, "access_details", "Ring twice.")
    browser = await browse(organisation, label)

    job = (await browser.get(f"/web/jobs/{job_uuid}")).json()

    assert (job["client_budget"], job["contractor_budget"]) == (expected, "180.00")
    assert job["access_details"] == "Ring twice."


NOTHING = {"update": False, "delete": False, "pin": False, "read_notes": False, "write_notes": False}
ALL = dict.fromkeys(NOTHING, True)


@pytest.mark.parametrize(
    ("label", "status", "expected"),
    [
        ("admin", "New", ALL),
        ("admin", "Invoiced", ALL),
        ("admin", "Archived", NOTHING | {"read_notes": True, "delete": True}),
        ("agent1", "New", ALL),
        ("agent1", "Invoiced", ALL | {"delete": False}),
        ("agent1", "Archived", NOTHING | {"read_notes": True}),
        ("landlord1", "New", NOTHING | {"pin": True}),
        ("contractor1", "Cancelled", ALL | {"update": False, "delete": False}),
    ],
)
async def test_the_server_says_what_somebody_may_do(
    browse: Browse, organisation: TestOrganisation, label: str, status: str, expected: dict[str, bool]
) -> None:
    _, job_uuid = organisation.insert_job(
        status_id=organisation.ids["statuses"][status], contractor_id=organisation["contractor1"].id
    )
    browser = await browse(organisation, label)

    assert (await browser.get(f"/web/jobs/{job_uuid}")).json()["abilities"] == expected


async def test_an_invoiced_job_cannot_be_deleted(browse: Browse, organisation: TestOrganisation) -> None:
    _, invoice = organisation.insert(
        "invoices", number="00000007", location_id=organisation.location_id, currency="GBP"
    )
    _, job_uuid = organisation.insert_job(status_id=organisation.ids["statuses"]["Complete"], invoice_uuid=invoice)
    browser = await browse(organisation, "admin")

    abilities = (await browser.get(f"/web/jobs/{job_uuid}")).json()["abilities"]

    assert abilities == ALL | {"delete": False}


async def test_a_denied_key_takes_an_ability_away(browse: Browse, organisation: TestOrganisation) -> None:
    _, job_uuid = organisation.insert_job()
    browser = await browse(organisation, "manager")
    organisation.execute(
        "UPDATE people SET denied_keys = '{api.jobs.toggle_pin.manage}' WHERE id = :id", id=organisation["manager"].id
    )

    assert (await browser.get(f"/web/jobs/{job_uuid}")).json()["abilities"]["pin"] is False


async def test_absent_hidden_and_foreign_jobs_look_the_same(
    browse: Browse, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    _, hidden = organisation.insert_job(branch_id=organisation.ids["branches"]["South"])
    _, foreign = make_organisation().insert_job()
    browser = await browse(organisation, "agent1")

    replies = [await browser.get(f"/web/jobs/{job}") for job in (uuid4(), hidden, foreign, "nonsense", "%00", "1")]

    assert [reply.status_code for reply in replies] == [404] * 6
    assert {reply.json()["code"] for reply in replies} == {"jobs.not_found"}


async def test_a_uuid_without_dashes_finds_the_job_too(browse: Browse, organisation: TestOrganisation) -> None:
    _, job_uuid = organisation.insert_job()
    browser = await browse(organisation, "admin")

    job: dict[str, Any] = (await browser.get(f"/web/jobs/{job_uuid.hex}")).json()

    assert job["uuid"] == str(job_uuid)
