"""What is promised about jobs, and when it is worked, as the office sets it up."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.web.conftest import Browse
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation

SETTINGS, POLICIES = "/web/settings/sla", "/web/settings/sla-policies"
WEEK, DAYS, PAUSING = "/web/settings/working-week", "/web/settings/days-off", "/web/settings/pausing-statuses"
NIGHT = [
    {"weekday": "friday", "start": "22:30", "end": "24:00"},
    {"weekday": "saturday", "start": "00:00", "end": "06:00"},
]


@pytest.fixture
async def browser(browse: Browse, organisation: TestOrganisation) -> httpx.AsyncClient:
    return await browse(organisation, "admin")


def new_policy(organisation: TestOrganisation, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 (whatever a body holds)
    medium = organisation.ids["priorities"]["Medium"]
    return {"priority_id": medium, "response_minutes": 60, "resolution_minutes": 240, **fields}


async def settings(browser: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await browser.get(SETTINGS)).json()
    return found


def refusal(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


async def test_an_organisation_begins_with_a_plain_week_and_no_promises(
    browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    found = await settings(browser)

    statuses = organisation.ids["statuses"]
    assert (found["policies"], found["branch_weeks"], found["days_off"]) == ([], [], [])
    assert found["week"]["hours"][0] == {"weekday": "monday", "start": "08:00", "end": "18:00"}
    assert (len(found["week"]["hours"]), found["week"]["holiday_country"]) == (5, None)
    assert found["pausing_status_ids"] == [statuses["Awaiting quote"], statuses["On hold"]]


async def test_a_policy_is_added_changed_and_removed(
    browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    made = await browser.post(POLICIES, json=new_policy(organisation, branch_id=organisation.ids["branches"]["North"]))
    assert made.status_code == 201, made.text
    path = f"{POLICIES}/{made.json()['uuid']}"

    assert (await browser.patch(path, json={"warning_minutes": 30, "branch_id": None})).status_code == 204

    found = await settings(browser)
    assert found["policies"] == [
        {
            **new_policy(organisation),
            "uuid": made.json()["uuid"],
            "branch_id": None,
            "job_type_id": None,
            "warning_minutes": 30,
        }
    ]
    assert found["is_refreshing"]
    assert (await browser.delete(path)).status_code == 204
    assert (await settings(browser))["policies"] == []
    assert (await browser.delete(path)).status_code == 404
    told = organisation.execute(
        "SELECT action FROM events WHERE organisation_id = :id AND entity = 'sla_policy' ORDER BY id",
        id=organisation.id,
    )
    assert [event.action for event in told] == ["created", "updated", "deleted"]


async def test_one_policy_for_a_branch_priority_and_type(
    browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    body = new_policy(organisation)
    roofing = {"job_type_id": organisation.ids["job_types"]["Roofing"]}
    assert (await browser.post(POLICIES, json=body)).status_code == 201

    assert refusal(await browser.post(POLICIES, json=body)) == (409, "value_taken")
    other = await browser.post(POLICIES, json=body | roofing)
    assert other.status_code == 201
    path = f"{POLICIES}/{other.json()['uuid']}"
    assert refusal(await browser.patch(path, json={"job_type_id": None})) == (409, "value_taken")


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"response_minutes": 0}, 422, "response_minutes"),
        ({"resolution_minutes": 129_601}, 422, "resolution_minutes"),
        ({"warning_minutes": 241}, 422, "warning_minutes"),
        ({"priority_id": 2**62}, 404, None),
        ({"branch_id": 2**62}, 404, None),
        ({"job_type_id": 2**62}, 404, None),
    ],
)
async def test_what_no_policy_can_say_is_refused(
    browser: httpx.AsyncClient, organisation: TestOrganisation, fields: dict[str, int], status: int, field: str | None
) -> None:
    reply = await browser.post(POLICIES, json=new_policy(organisation, **fields))

    assert reply.status_code == status, reply.text
    assert field is None or field in reply.text
    assert (await settings(browser))["policies"] == []


async def test_others_policies_and_branches_are_not_there(
    browser: httpx.AsyncClient, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    stranger = make_organisation()
    foreign = stranger.insert("sla_policies", **new_policy(stranger))[1]

    replies = [
        await browser.post(POLICIES, json=new_policy(organisation, branch_id=stranger.ids["branches"]["North"])),
        await browser.patch(f"{POLICIES}/{foreign}", json={"warning_minutes": 5}),
        await browser.delete(f"{POLICIES}/{uuid4()}"),
        await browser.put(PAUSING, json={"status_ids": [stranger.ids["statuses"]["New"]]}),
    ]

    assert [reply.status_code for reply in replies] == [404] * 4


async def test_hours_of_the_organisation_and_of_a_branch(
    browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    north = organisation.execute(
        "SELECT id, uuid FROM branches WHERE name = 'North' AND organisation_id = :id", id=organisation.id
    )[0]
    path = f"/web/settings/branches/{north.uuid}/working-week"

    week = {"hours": NIGHT, "holiday_country": "GB", "holiday_subdivision": "SCT"}
    for _ in range(2):
        assert (await browser.put(WEEK, json=week)).status_code == 204
    assert (await browser.put(path, json={"holiday_country": "DE"})).status_code == 204

    found = await settings(browser)
    assert found["week"] == week
    assert found["branch_weeks"] == [
        {"branch_id": north.id, "hours": None, "holiday_country": "DE", "holiday_subdivision": None}
    ]
    for _ in range(2):
        assert (await browser.delete(path)).status_code == 204
    assert (await settings(browser))["branch_weeks"] == []


@pytest.mark.parametrize(
    "week",
    [
        {"hours": []},
        {"hours": [{"weekday": "monday", "start": "10:00", "end": "09:00"}]},
        {"hours": [{"weekday": "monday", "start": "24:00", "end": "24:00"}]},
        {"hours": NIGHT, "holiday_country": "XX"},
        {"hours": NIGHT, "holiday_country": "GB", "holiday_subdivision": "BY"},
    ],
)
async def test_what_is_no_week_is_refused(browser: httpx.AsyncClient, week: dict[str, Any]) -> None:
    before = await settings(browser)

    assert (await browser.put(WEEK, json=week)).status_code == 422

    assert await settings(browser) == before


async def test_days_off(browser: httpx.AsyncClient) -> None:
    day = {"day": "2044-12-24", "name": "Christmas Eve"}

    made = await browser.post(DAYS, json=day)

    assert (await settings(browser))["days_off"] == [{"uuid": made.json()["uuid"], **day}]
    assert refusal(await browser.post(DAYS, json=day)) == (409, "value_taken")
    assert (await browser.delete(f"{DAYS}/{made.json()['uuid']}")).status_code == 204
    assert (await settings(browser))["days_off"] == []


async def test_statuses_in_which_the_clock_stands(browser: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    booked = organisation.ids["statuses"]["Booked"]

    assert (await browser.put(PAUSING, json={"status_ids": [booked]})).status_code == 204

    assert (await settings(browser))["pausing_status_ids"] == [booked]
    told = organisation.execute(
        "SELECT label FROM events WHERE organisation_id = :id AND entity = 'status' ORDER BY label", id=organisation.id
    )
    assert [event.label for event in told] == ["Awaiting quote", "Booked", "On hold"]
