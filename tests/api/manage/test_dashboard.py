"""What the dashboard counts, in both APIs that show it."""

from datetime import UTC, datetime
from typing import Any

from tests.api.manage.conftest import Enter, Office, make_credential
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

PATH = "/api/dashboard/counts"


def fill(organisation: TestOrganisation) -> None:
    """Insert one or more of what is counted, on days that are none of today's."""
    statuses, types = organisation.ids["statuses"], organisation.ids["job_types"]
    old: dict[str, Any] = {"created_at": "2024-06-01T09:00:00Z", "scheduled_at": "2024-06-02T09:00:00Z"}
    contractor = organisation["contractor1"].id
    organisation.insert_job(**old)
    organisation.insert_job(**old, status_id=statuses["Assigned"], contractor_id=contractor)
    organisation.insert_job(**old, status_id=statuses["Assigned"], branch_id=organisation.ids["branches"]["South"])
    organisation.insert_job(**old, status_id=statuses["In progress"], job_type_id=types["Plumbing"], is_recall=True)
    organisation.insert_job(**old, status_id=statuses["Complete"])
    organisation.insert_job(**old, status_id=statuses["Invoiced"])
    organisation.insert_job(**old, status_id=statuses["Cancelled"])


async def counts(office: Office) -> dict[str, Any]:
    reply = await office.get(PATH)
    assert reply.status_code == 200, reply.text
    data: dict[str, Any] = reply.json()["data"]
    return data


async def test_jobs_are_counted_by_stage_contractor_and_type(office: Office, organisation: TestOrganisation) -> None:
    fill(organisation)
    types = organisation.ids["job_types"]

    assert await counts(office) == {
        "accepted": 2,
        "recalls": 1,
        "new_today": 0,
        "completed": 1,
        "no_contractor": 3,
        "booked_today": 0,
        "by_type": [
            {"job_type_id": types["Gas & Heating"], "job_type_name": "Gas & Heating", "count": 3},
            {"job_type_id": types["Plumbing"], "job_type_name": "Plumbing", "count": 1},
        ],
    }


async def test_everybody_counts_the_jobs_that_they_see(
    enter: Enter, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    fill(organisation)
    for label in ("agent2", "contractor1"):
        organisation.execute(
            "UPDATE people SET granted_keys = '{api.dashboard.read}' WHERE id = :id", id=organisation[label].id
        )

    agent, contractor = [await counts(enter(organisation, label)) for label in ("agent2", "contractor1")]
    stranger = await counts(enter(make_organisation(), "admin"))

    told = ("accepted", "recalls", "completed", "no_contractor")
    assert [agent[name] for name in told] == [1, 0, 0, 1]
    assert [contractor[name] for name in told] == [1, 0, 0, 0]
    assert [kind["count"] for kind in contractor["by_type"]] == [1]
    assert ([stranger[name] for name in told], stranger["by_type"]) == ([0, 0, 0, 0], [])


def zone_of_noon(hours_ahead: int = 0) -> str:
    """Name a zone in which it is about noon, so that no day ends while this runs, or some hours after noon."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12 - hours_ahead:+d}"


async def test_today_is_that_of_the_reader_else_of_the_organisation(
    office: Office, organisation: TestOrganisation
) -> None:
    zone = zone_of_noon()
    organisation.execute("UPDATE organisations SET time_zone = :zone WHERE id = :id", zone=zone, id=organisation.id)
    for seconds in (-1, 0, 3600):
        organisation.execute(
            "UPDATE jobs SET created_at = date_trunc('day', now(), :zone) + make_interval(secs => :seconds)"
            " WHERE id = :id",
            zone=zone,
            seconds=seconds,
            id=organisation.insert_job()[0],
        )

    by_organisation = await counts(office)
    organisation.execute(
        "UPDATE people SET time_zone = :zone WHERE id = :id", zone=zone_of_noon(2), id=organisation["admin"].id
    )
    by_reader = await counts(office)

    assert (by_organisation["new_today"], by_reader["new_today"]) == (2, 3)


async def test_what_stands_on_todays_calendar_is_booked_today(office: Office, organisation: TestOrganisation) -> None:
    zone = zone_of_noon()
    organisation.execute("UPDATE organisations SET time_zone = :zone WHERE id = :id", zone=zone, id=organisation.id)
    (now,) = organisation.execute(
        "SELECT now() AS here, now() - interval '3 days' AS before, (now() AT TIME ZONE :zone)::date AS day", zone=zone
    )
    organisation.insert_job(scheduled_at=now.here)
    organisation.insert_job(scheduled_at=now.before)
    organisation.insert_job(scheduled_at=now.before, works_end_on=now.day)
    organisation.insert_job(scheduled_at=now.here, status_id=organisation.ids["statuses"]["Cancelled"])
    slotted, _ = organisation.insert_job(scheduled_at=now.before)
    organisation.insert("time_slots", job_id=slotted, starts_at=now.here, minutes=60)

    assert (await counts(office))["booked_today"] == 3


async def test_the_web_app_is_told_the_same(office: Office, organisation: TestOrganisation, server: TestServer) -> None:
    fill(organisation)
    secret = make_credential(organisation, "admin", kind="session")

    async with server.client(Cookie=f"firstfix_session={secret}") as client:
        reply = await client.get("/web/dashboard/counts")

    assert reply.json() == await counts(office)
