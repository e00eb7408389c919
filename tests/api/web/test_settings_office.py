"""The organisation and its branches, as the office sets them up."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from firstfix.adapters.database import Database, Limits
from firstfix.domain.access.queries import Claim
from firstfix.domain.organisations.commands import change_organisation
from firstfix.kit.key_file import KeyFile
from tests.api.web.conftest import Browse
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer
from tests.factories.waiting import Hold

PATH, BRANCHES = "/web/settings/organisation", "/web/settings/branches"


@pytest.fixture
async def office(browse: Browse, organisation: TestOrganisation) -> httpx.AsyncClient:
    return await browse(organisation, "admin")


@pytest.fixture
async def field(server: TestServer, organisation: TestOrganisation) -> AsyncIterator[httpx.AsyncClient]:
    async with server.field(organisation["admin"].api_key) as client:
        yield client


async def read(office: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await office.get(PATH)).json()
    return found


async def change(office: httpx.AsyncClient, **values: Any) -> httpx.Response:  # noqa: ANN401 (whatever a body holds)
    return await office.patch(PATH, json=values)


def refusal(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


async def new_job(field: httpx.AsyncClient, organisation: TestOrganisation, **values: Any) -> httpx.Response:  # noqa: ANN401
    body = {"scheduledOn": "2030-01-02T09:30:00Z", "location": {"uuid": organisation.location_uuid.hex}, **values}
    return await field.post("/job/", json=body)


def events(organisation: TestOrganisation, entity: str) -> list[Any]:
    return organisation.execute(
        "SELECT action, changes FROM events WHERE organisation_id = :id AND entity = :entity ORDER BY id",
        id=organisation.id,
        entity=entity,
    )


# The organisation ---------------------------------------------------------------------------------------------------


async def test_it_is_shown_as_it_is_set_up(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    organisation.execute("INSERT INTO file_usage (organisation_id, used_bytes) VALUES (:o, 5)", o=organisation.id)

    found = await read(office)

    slug = found.pop("slug")
    assert organisation.name.endswith(slug)
    assert found == {
        "uuid": str(organisation.uuid),
        "name": organisation.name,
        "time_zone": "Europe/London",
        "currency": "GBP",
        "default_vat_percentage": "20.00",
        "job_prefix": "J",
        "next_job_number": 1,
        "notification_unit": "hours",
        "enterprise": False,
        "true_crew": False,
        "file_quota_bytes": 50 << 30,
        "file_used_bytes": 5,
    }


async def test_it_is_set_up_otherwise(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    wanted = {
        "name": "Acme Repairs",
        "time_zone": "Europe/Madrid",
        "currency": "EUR",
        "default_vat_percentage": "21.00",
        "job_prefix": "AR-",
        "next_job_number": 500,
        "notification_unit": "days",
        "enterprise": True,
        "true_crew": True,
    }
    before = await read(office)

    reply = await change(office, **wanted)

    assert (reply.status_code, reply.content) == (204, b"")
    assert await read(office) == before | wanted
    own = (await office.get("/web/me")).json()["organisation"]
    assert (own["name"], own["enterprise"], own["true_crew"]) == ("Acme Repairs", True, True)
    (event,) = events(organisation, "organisation")
    assert event.changes["next_job_number"] == [1, 500]
    assert event.changes["currency"] == ["GBP", "EUR"]
    assert len(event.changes) == len(wanted)


async def test_what_it_is_already_is_no_change(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    before = await read(office)
    kept = {name: before[name] for name in ("name", "time_zone", "currency", "default_vat_percentage", "job_prefix")}

    reply = await change(office, next_job_number=1, **kept)

    assert reply.status_code == 204
    assert events(organisation, "organisation") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", "  "),
        ("name", None),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", ""),
        ("currency", "gbp"),
        ("currency", "POUND"),
        ("default_vat_percentage", "100.01"),
        ("default_vat_percentage", "-1"),
        ("default_vat_percentage", "17.555"),
        ("default_vat_percentage", "lots"),
        ("job_prefix", ""),
        ("job_prefix", "7"),
        ("job_prefix", "A/B"),
        ("job_prefix", "A B"),
        ("job_prefix", "ABCDEFGHIJK"),
        ("job_prefix", "É"),
        ("next_job_number", 0),
        ("next_job_number", -5),
        ("next_job_number", 1_000_000_000),
        ("next_job_number", "12"),
        ("notification_unit", "weeks"),
        ("enterprise", "yes"),
        ("file_quota_bytes", 1 << 40),
        ("slug", "another"),
    ],
)
async def test_a_value_that_no_organisation_can_have_is_refused(
    office: httpx.AsyncClient, organisation: TestOrganisation, name: str, value: object
) -> None:
    before = await read(office)

    reply = await change(office, **{"true_crew": True, name: value})

    assert (reply.status_code, reply.json()["fields"][0]["path"]) == (422, name)
    assert await read(office) == before
    assert events(organisation, "organisation") == []


async def test_a_change_is_of_ones_own_organisation_alone(
    office: httpx.AsyncClient, browse: Browse, make_organisation: MakeOrganisation
) -> None:
    stranger = await browse(make_organisation(), "admin")
    before = await read(office)

    await change(stranger, name="Mine", next_job_number=99)

    assert await read(office) == before


async def test_numbers_go_forward_and_never_back(
    office: httpx.AsyncClient, field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    first = (await new_job(field, organisation)).json()["jobId"]
    await change(office, next_job_number=100)
    second = (await new_job(field, organisation)).json()["jobId"]

    back = [await change(office, next_job_number=number) for number in (1, 50, 100)]

    assert (first, second) == ("J1", "J100")
    assert [refusal(reply) for reply in back] == [(409, "organisations.number_used")] * 3
    assert "101" in back[0].json()["detail"]
    assert (await read(office))["next_job_number"] == 101


async def test_a_number_that_came_in_by_itself_is_past_too(
    office: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    organisation.insert_job(number=700, reference="J700")

    assert refusal(await change(office, next_job_number=700)) == (409, "organisations.number_used")
    assert (await change(office, next_job_number=701)).status_code == 204


async def test_a_job_made_while_the_number_moves_gets_the_new_one(
    database_url: str, tmp_path: Path, field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), limits=Limits(transactions=2, reads=2))
    hold = Hold()

    async def move() -> None:
        async with database.work(
            Claim("api_key", organisation["admin"].api_key), operation_keys=(), source="web"
        ) as work:
            await change_organisation(work, {"next_job_number": 1000})
            await hold(work)

    moving = asyncio.ensure_future(move())
    await hold.begun()
    job = await new_job(field, organisation)
    await moving
    await database.close()

    assert job.json()["jobId"] == "J1000"


async def test_a_prefix_is_that_of_new_jobs(
    office: httpx.AsyncClient, field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    old = (await new_job(field, organisation)).json()
    await change(office, job_prefix="AR-")
    new = (await new_job(field, organisation)).json()

    assert (old["jobId"], new["jobId"]) == ("J1", "AR-2")
    assert (await field.get("/job/J1")).json()["uuid"] == old["uuid"]
    assert (await field.get("/job/AR-2")).json()["uuid"] == new["uuid"]


async def test_a_prefix_that_makes_an_old_reference_makes_another(
    office: httpx.AsyncClient, field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    organisation.insert_job(number=12, reference="J12")
    await change(office, job_prefix="J1")
    organisation.execute(f"SELECT setval('job_numbers_{organisation.id}', 1)")

    job = await new_job(field, organisation)

    assert job.json()["jobId"] == "J113"


async def test_the_currency_of_invoices_stays(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    changed = await change(office, currency="EUR")
    organisation.insert("invoices", number="00000001", location_id=organisation.location_id, currency="EUR")

    refused = await change(office, currency="GBP")
    kept = await change(office, currency="EUR", name="Acme")

    assert (changed.status_code, kept.status_code) == (204, 204)
    assert refusal(refused) == (409, "organisations.currency_invoiced")


async def test_a_time_zone_lets_no_open_job_end_before_it_begins(
    office: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    for status in ("New", "Cancelled"):
        organisation.insert_job(
            scheduled_at="2030-01-15T22:00:00Z",
            works_end_on="2030-01-15",
            status_id=organisation.ids["statuses"][status],
        )

    refused = await change(office, time_zone="Asia/Tokyo")
    moved = await change(office, time_zone="Europe/Lisbon")

    assert refusal(refused) == (409, "organisations.dates_would_cross")
    assert "(jobs: 1)" in refused.json()["detail"]
    assert (moved.status_code, (await read(office))["time_zone"]) == (204, "Europe/Lisbon")


async def test_enterprise_lets_the_field_api_work_with_groups(
    office: httpx.AsyncClient, field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    statuses = [(await field.get("/group/")).status_code]
    for enterprise in (True, False):
        await change(office, enterprise=enterprise)
        statuses += [(await field.get("/group/")).status_code, (await new_job(field, organisation)).status_code]

    assert statuses == [403, 200, 422, 403, 201]


async def test_true_crew_hides_whom_a_task_is_given_to_and_keeps_it(
    office: httpx.AsyncClient, field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    task = (await field.post("/task/", json={"name": "Boiler service"})).json()
    engineer = {"uuid": organisation["engineer1"].uuid.hex}
    given = {"task": {"uuid": task["uuid"]}, "assignee": engineer}

    while_off = await new_job(field, organisation, jobLead=engineer, tasks=[given])
    await change(office, true_crew=True)
    job = (await new_job(field, organisation, jobLead=engineer, tasks=[given])).json()
    await change(office, true_crew=False)
    hidden = (await field.get(f"/job/{job['uuid']}")).json()
    posted_back = await field.post(f"/job/{job['uuid']}", json=hidden)
    await change(office, true_crew=True)
    shown = (await field.get(f"/job/{job['uuid']}")).json()

    assert while_off.status_code == 422
    assert job["tasks"][0]["assignee"]["uuid"] == engineer["uuid"]
    assert "assignee" not in hidden["tasks"][0]
    assert posted_back.status_code == 204
    assert shown["tasks"][0]["assignee"]["uuid"] == engineer["uuid"]


# Branches -----------------------------------------------------------------------------------------------------------


async def branch(office: httpx.AsyncClient, name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = (await office.get(BRANCHES)).json()["branches"]
    return next(one for one in found if one["name"] == name)


async def test_branches_are_listed_with_what_hangs_on_them(
    office: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    organisation.insert_job()
    organisation.insert_job(branch_id=organisation.ids["branches"]["South"])
    organisation.insert_job()

    found = (await office.get(BRANCHES)).json()["branches"]

    assert [(one["name"], one["jobs_count"], one["people_count"]) for one in found] == [
        ("North", 2, 2),
        ("South", 1, 1),
    ]
    assert found[0] | {
        "id": organisation.ids["branches"]["North"], "code": "NOR", "time_zone": None, "is_active": True,
    } == found[0]  # fmt: skip


async def test_a_branch_is_added_changed_and_removed(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    added = await office.post(BRANCHES, json={"name": "Eastern", "time_zone": "Europe/Paris"})
    east = await branch(office, "Eastern")
    path = f"{BRANCHES}/{east['uuid']}"
    changed = await office.patch(path, json={"name": "Far east", "code": "FE", "time_zone": None, "is_active": False})
    after = await branch(office, "Far east")
    removed = await office.delete(path)

    assert (added.status_code, added.json()) == (201, {"uuid": east["uuid"]})
    assert (east["code"], east["time_zone"], east["is_active"]) == ("EAS", "Europe/Paris", True)
    assert changed.status_code == 204
    assert (after["code"], after["time_zone"], after["is_active"]) == ("FE", None, False)
    assert removed.status_code == 204
    assert [event.action for event in events(organisation, "branch")] == ["created", "updated", "deleted"]


async def test_a_branch_of_its_own_code(office: httpx.AsyncClient) -> None:
    await office.post(BRANCHES, json={"name": "Eastern", "code": "E1"})

    assert (await branch(office, "Eastern"))["code"] == "E1"


async def test_a_branch_that_is_not_active_takes_no_new_jobs(
    office: httpx.AsyncClient, field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    await change(office, enterprise=True)
    north = await branch(office, "North")
    await office.patch(f"{BRANCHES}/{north['uuid']}", json={"is_active": False})

    job = await new_job(field, organisation, group={"uuid": north["uuid"]})

    assert job.status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": " "},
        {"name": None},
        {"name": "East", "time_zone": "Mars/Olympus"},
        {"name": "East", "code": "far too long"},
        {"name": "East", "organisation_id": 1},
    ],
)
async def test_a_value_that_no_branch_can_have_is_refused(office: httpx.AsyncClient, body: dict[str, Any]) -> None:
    before = (await office.get(BRANCHES)).json()
    north = await branch(office, "North")

    replies = [await office.post(BRANCHES, json=body), await office.patch(f"{BRANCHES}/{north['uuid']}", json=body)]

    assert [reply.status_code for reply in replies] == [422, 422]
    assert (await office.get(BRANCHES)).json() == before


async def test_two_branches_have_not_one_name(office: httpx.AsyncClient) -> None:
    south = await branch(office, "South")

    replies = [
        await office.post(BRANCHES, json={"name": "North"}),
        await office.patch(f"{BRANCHES}/{south['uuid']}", json={"name": "North"}),
    ]

    assert [refusal(reply) for reply in replies] == [(409, "value_taken")] * 2


@pytest.mark.parametrize("held_by", ["jobs", "people", "locations"])
async def test_a_branch_that_is_not_empty_stays(
    office: httpx.AsyncClient, organisation: TestOrganisation, held_by: str
) -> None:
    id_, uuid = organisation.insert("branches", name="East")
    if held_by == "jobs":
        organisation.insert_job(branch_id=id_)
    else:
        organisation.execute(
            f"UPDATE {held_by} SET branch_id = :branch WHERE id = (SELECT min(id) FROM {held_by}"  # noqa: S608 (ours)
            " WHERE organisation_id = :o AND branch_id IS DISTINCT FROM :branch)",
            branch=id_,
            o=organisation.id,
        )

    reply = await office.delete(f"{BRANCHES}/{uuid}")

    assert refusal(reply) == (409, "in_use")
    assert f"({held_by}: 1)" in reply.json()["detail"]


async def test_a_branch_that_agents_see_stays(office: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    id_, uuid = organisation.insert("branches", name="East")
    organisation.execute(
        "INSERT INTO person_branches (organisation_id, person_id, branch_id) VALUES (:o, :p, :b)",
        o=organisation.id,
        p=organisation["agent1"].id,
        b=id_,
    )

    assert refusal(await office.delete(f"{BRANCHES}/{uuid}")) == (409, "in_use")


async def test_a_branchs_time_zone_lets_no_open_job_end_before_it_begins(
    office: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    organisation.insert_job(scheduled_at="2030-01-15T22:00:00Z", works_end_on="2030-01-15")
    north, south = await branch(office, "North"), await branch(office, "South")
    tokyo = {"time_zone": "Asia/Tokyo"}

    refused = await office.patch(f"{BRANCHES}/{north['uuid']}", json=tokyo)
    moved = await office.patch(f"{BRANCHES}/{south['uuid']}", json=tokyo)

    assert refusal(refused) == (409, "organisations.dates_would_cross")
    assert (moved.status_code, (await branch(office, "North"))["time_zone"]) == (204, None)


async def test_a_strangers_branch_is_not_there(
    office: httpx.AsyncClient, browse: Browse, make_organisation: MakeOrganisation
) -> None:
    stranger = await browse(make_organisation(), "admin")
    north = await branch(office, "North")
    path = f"{BRANCHES}/{north['uuid']}"

    replies = [await stranger.patch(path, json={"name": "Mine"}), await stranger.delete(path)]

    assert [refusal(reply) for reply in replies] == [(404, "not_found")] * 2
    assert await branch(office, "North") == north
