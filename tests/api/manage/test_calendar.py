"""The calendar over HTTP: which jobs stand on which days."""

from typing import Any

import pytest

from tests.api.manage.conftest import Enter, Office
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation

PATH = "/api/calendar-jobs"


async def days(office: Office, first: str, last: str, **filters: object) -> dict[str, list[str]]:
    reply = await office.get(PATH, start_date=first, end_date=last, **filters)
    assert reply.status_code == 200, reply.text
    return {day: [job["job_title"] for job in jobs] for day, jobs in reply.json()["data"].items()}


async def test_the_calendar_as_the_contract_shows_it(office: Office, organisation: TestOrganisation) -> None:
    job = await office.create(
        organisation,
        contractor_id=organisation["contractor1"].id,
        date_works_start_date="2024-06-10",
        date_works_end_date="2024-06-12",
    )

    reply = await office.get(PATH, start_date="2024-06-01", end_date="2024-06-30")

    told = {
        "ID": job["ID"],
        "uuid": job["uuid"],
        "job_ref": job["job_ref"],
        "job_title": "Boiler not firing",
        "status_name": "New",
        "priority_name": "Medium",
        "contractor_name": "Contractor1 Tester",
        "full_address": "1 Example Street, Sample Town, EX1 1AA",
        "booked_to_complete": "2024-06-12",
    }
    assert reply.json() == {
        "success": True,
        "data": {"2024-06-10": [told], "2024-06-11": [told], "2024-06-12": [told]},
        "message": "Operation completed successfully",
        "total_jobs": 1,
        "date_range": {"start": "2024-06-01", "end": "2024-06-30"},
    }


async def test_a_job_stands_on_the_days_of_its_works_or_of_its_slots(
    office: Office, organisation: TestOrganisation
) -> None:
    organisation.insert_job(title="day", scheduled_at="2024-06-10T09:00:00Z")
    organisation.insert_job(title="span", scheduled_at="2024-05-01T08:00:00Z", works_end_on="2024-06-11")
    organisation.insert_job(title="later", scheduled_at="2024-06-13T08:00:00Z", works_end_on="2024-08-01")
    organisation.insert_job(title="undated")
    slotted, _ = organisation.insert_job(title="slots", scheduled_at="2024-06-08T09:00:00Z")
    for starts_at in ("2024-06-08T09:00:00Z", "2024-06-10T07:00:00Z", "2024-06-12T09:00:00Z"):
        organisation.insert("time_slots", job_id=slotted, starts_at=starts_at, minutes=60)

    found = await days(office, "2024-06-10", "2024-06-12")
    counted = (await office.get(PATH, start_date="2024-06-10", end_date="2024-06-12")).json()

    assert found == {"2024-06-10": ["span", "slots", "day"], "2024-06-11": ["span"], "2024-06-12": ["slots"]}
    assert counted["total_jobs"] == 3
    assert counted["data"]["2024-06-12"][0]["booked_to_complete"] == "2024-06-12"
    assert await days(office, "2024-07-31", "2024-08-02") == {"2024-07-31": ["later"], "2024-08-01": ["later"]}
    assert await days(office, "2030-01-01", "2030-12-31") == {}


async def test_days_are_those_of_the_branchs_zone(office: Office, organisation: TestOrganisation) -> None:
    south = organisation.ids["branches"]["South"]
    organisation.execute("UPDATE branches SET time_zone = 'Pacific/Kiritimati' WHERE id = :id", id=south)
    noon = "2024-06-10T12:00:00Z"
    for branch, title in ((organisation.ids["branches"]["North"], "here"), (south, "there")):
        organisation.insert_job(branch_id=branch, title=title, scheduled_at=noon)
        organisation.insert_job(branch_id=branch, title=f"{title} long", scheduled_at=noon, works_end_on="2024-06-12")

    assert await days(office, "2024-06-10", "2024-06-10") == {"2024-06-10": ["here", "here long"]}
    assert await days(office, "2024-06-11", "2024-06-11") == {"2024-06-11": ["here long", "there", "there long"]}


async def test_the_calendar_is_filtered(office: Office, organisation: TestOrganisation) -> None:
    south, contractor = organisation.ids["branches"]["South"], organisation["contractor1"].id
    organisation.insert_job(title="one", scheduled_at="2024-06-10T09:00:00Z", branch_id=south)
    organisation.insert_job(title="two", scheduled_at="2024-06-10T09:00:00Z", contractor_id=contractor)

    assert await days(office, "2024-06-10", "2024-06-10", branch_id=south) == {"2024-06-10": ["one"]}
    assert await days(office, "2024-06-10", "2024-06-10", contractor_id=contractor) == {"2024-06-10": ["two"]}
    assert await days(office, "2024-06-10", "2024-06-10", contractor_id=contractor, branch_id=south) == {}
    assert await days(office, "2024-06-10", "2024-06-10", branch_id=2**62) == {}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "start_date"),
        ({"start_date": "2024-06-01"}, "end_date"),
        ({"start_date": "2024-06-01", "end_date": "2024-05-31"}, "end_date"),
        ({"start_date": "2024-01-01", "end_date": "2025-01-01"}, "end_date"),
        ({"start_date": "June", "end_date": "2024-05-31"}, "start_date"),
        ({"start_date": "2024-06-01", "from_date": "2024-06-02", "to_date": "2024-06-03"}, "start_date"),
    ],
)
async def test_what_is_no_calendar_is_refused(office: Office, query: dict[str, Any], field: str) -> None:
    reply = await office.get(PATH, **query)

    assert (reply.status_code, reply.json()["field"]) == (400, field)


async def test_days_have_two_names_and_a_leap_year_fits(office: Office, organisation: TestOrganisation) -> None:
    organisation.insert_job(scheduled_at="2024-06-10T09:00:00Z")

    for query in (
        {"from_date": "2024-01-01", "to_date": "2024-12-31"},
        {"start_date": "2024-01-01", "to_date": "2024-12-31", "from_date": "2024-01-01"},
    ):
        assert (await office.get(PATH, **query)).json()["total_jobs"] == 1


async def test_everybody_sees_their_own_jobs(
    enter: Enter, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    for label in ("agent2", "contractor1"):
        organisation.execute(
            "UPDATE people SET granted_keys = '{api.calendar.jobs.read}' WHERE id = :id", id=organisation[label].id
        )
    organisation.insert_job(
        title="north", scheduled_at="2024-06-10T09:00:00Z", contractor_id=organisation["contractor1"].id
    )
    south = organisation.ids["branches"]["South"]
    for title, ends_on in (("south", None), ("long", "2024-06-10")):
        organisation.insert_job(title=title, scheduled_at="2024-06-10T10:00:00Z", branch_id=south, works_end_on=ends_on)

    assert await days(enter(organisation, "agent2"), "2024-06-10", "2024-06-10") == {"2024-06-10": ["south", "long"]}
    assert await days(enter(organisation, "contractor1"), "2024-06-10", "2024-06-10") == {"2024-06-10": ["north"]}
    assert await days(enter(make_organisation(), "admin"), "2024-06-10", "2024-06-10") == {}
