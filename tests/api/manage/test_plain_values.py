"""What is written as no contract writes it is refused, and changes nothing."""

import pytest

from tests.api.manage.conftest import JOBS, Office, new_job
from tests.factories.organisations import TestOrganisation


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contractor_budget", "1_000"),
        ("contractor_budget", "\u0661\u0662"),
        ("contractor_budget", " 5"),
        ("vat_percentage", "NaN"),
        ("agent_id", "null"),
        ("date_works_start_date", "\uff12024-06-01"),
        ("job_title", " \t\u3000"),
        ("job_description", "\n \n"),
    ],
)
async def test_a_new_job_takes_no_such_value(
    office: Office, organisation: TestOrganisation, field: str, value: str
) -> None:
    as_json = await office.post(JOBS, new_job(organisation, **{field: value}))
    form = {name: str(given) for name, given in new_job(organisation, **{field: value}).items()}
    as_form = await office.client.post(JOBS, data=form | {"csrf_token": await office.csrf_token()})

    for reply in (as_json, as_form):
        assert (reply.status_code, reply.json()["field"]) == (400, field)
    assert organisation.execute("SELECT FROM jobs WHERE organisation_id = :org", org=organisation.id) == []


@pytest.mark.parametrize("value", [0, 1717250400, "00", "1717250401"])
async def test_the_time_of_the_last_change_is_no_number(
    office: Office, organisation: TestOrganisation, value: object
) -> None:
    made = await office.create(organisation)

    reply = await office.post(
        JOBS, {"action": "update", "uuid": made["uuid"], "job_title": "Other", "expected_updated_at": value}
    )

    assert (reply.status_code, reply.json()["field"]) == (400, "expected_updated_at")
    assert (await office.read(made["uuid"]))["job_title"] == "Boiler not firing"


@pytest.mark.parametrize(
    ("name", "value"), [("limit", "1_0"), ("offset", "\u0663"), ("status_id", "null"), ("limit", " 5")]
)
async def test_a_list_takes_no_such_number(office: Office, name: str, value: str) -> None:
    reply = await office.get(JOBS, action="list", **{name: value})

    assert (reply.status_code, reply.json()["field"]) == (400, name)


async def test_a_title_cannot_become_blank(office: Office, organisation: TestOrganisation) -> None:
    made = await office.create(organisation)

    reply = await office.post(JOBS, {"action": "update", "uuid": made["uuid"], "job_title": "  "})

    assert (reply.status_code, reply.json()["field"]) == (400, "job_title")
