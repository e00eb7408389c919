"""Amendments over HTTP: the wire of asking, listing and deciding."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.api.manage.conftest import Enter, Office
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation

REQUESTS = "/api/jobs/amend-request"
FIELDS = "/api/jobs/amendable-fields"
ITEM = [
    *("id", "uuid", "job_uuid", "job_ref", "field_name", "current_value", "requested_value", "reason", "status"),
    *("requested_by_name", "requested_at", "decided_by_name", "decided_at", "decision_note"),
]


def new_job(organisation: TestOrganisation, **values: Any) -> UUID:  # noqa: ANN401 (whatever a column takes)
    """Make a job that agent and contractor see."""
    usual = {"contractor_id": organisation["contractor1"].id, "scheduled_at": "2024-06-01T09:30:00Z"}
    return organisation.insert_job(**{**usual, **values})[1]


async def submit(office: Office, job: UUID, field_name: str, value: object, **more: object) -> httpx.Response:
    asked = {"job_uuid": str(job), "field_name": field_name, "requested_value": value, "reason": "Because.", **more}
    return await office.post(REQUESTS, asked)


async def ask(office: Office, job: UUID, field_name: str = "date_works_end_date", value: object = "2024-06-03") -> Any:  # noqa: ANN401
    reply = await submit(office, job, field_name, value)
    assert reply.status_code == 201, reply.text
    return reply.json()["data"]


async def decide(office: Office, uuid: str, status: str, **more: object) -> httpx.Response:
    body = {"uuid": uuid, "status": status, "csrf_token": await office.csrf_token(), **more}
    return await office.client.patch(REQUESTS, json=body)


async def listed(office: Office, **filters: object) -> list[str]:
    reply = await office.get(REQUESTS, **filters)
    assert reply.status_code == 200, reply.text
    assert reply.json()["count"] == len(reply.json()["data"])
    return [item["uuid"] for item in reply.json()["data"]]


async def test_a_request_tells_what_who_and_when(enter: Enter, organisation: TestOrganisation) -> None:
    job = new_job(organisation, contractor_budget=Decimal(180))

    reply = await submit(enter(organisation, "contractor1"), job, "contractor_budget", 212.5)

    assert reply.status_code == 201
    data = reply.json()["data"]
    assert list(data) == ITEM
    assert data | {"id": 0, "uuid": "", "job_ref": "", "requested_at": ""} == {
        "id": 0,
        "uuid": "",
        "job_uuid": str(job),
        "job_ref": "",
        "field_name": "contractor_budget",
        "current_value": 180,
        "requested_value": 212.5,
        "reason": "Because.",
        "status": "pending",
        "requested_by_name": organisation["contractor1"].name,
        "requested_at": "",
        "decided_by_name": None,
        "decided_at": None,
        "decision_note": None,
    }
    assert '"requested_value":212.50' in reply.text
    assert data["requested_at"].endswith("Z")


@pytest.mark.parametrize("action", ["approve", "reject"])
@pytest.mark.parametrize("way", ["patch", "uuid", "amend_request_id", "both"])
async def test_every_way_to_decide_comes_to_the_same(
    office: Office, enter: Enter, organisation: TestOrganisation, action: str, way: str
) -> None:
    job = new_job(organisation, contractor_budget=Decimal(180))
    asked = await ask(enter(organisation, "contractor1"), job, "contractor_budget", "200.00")
    status = f"{action}d" if action == "approve" else f"{action}ed"

    if way == "patch":
        reply = await decide(office, asked["uuid"], status, decision_note="Well.")
    else:
        names = {"uuid": asked["uuid"].replace("-", ""), "amend_request_id": asked["id"]}
        chosen = names if way == "both" else {way: names[way]}
        reply = await office.post(REQUESTS, {"action": action, "decision_note": "Well.", **chosen})

    assert reply.status_code == 200
    data = reply.json()["data"]
    assert (data["uuid"], data["status"], data["decision_note"]) == (asked["uuid"], status, "Well.")
    assert data["decided_by_name"] == organisation["admin"].name
    read = await office.read(str(job))
    budget, total = (200, 240) if action == "approve" else (180, 216)
    assert (read["contractor_budget"], read["total_amount"]) == (budget, total)
    again = await decide(office, asked["uuid"], status)
    assert (again.status_code, again.json()["code"]) == (409, "amendments.decided")


async def test_values_have_the_types_of_their_fields(office: Office, organisation: TestOrganisation) -> None:
    job = new_job(organisation)
    given = {
        "job_total_budget": 250,
        "vat_percentage": 5,
        "date_works_start_date": "2024-06-02",
        "priority_id": organisation.ids["priorities"]["High"],
        "contractor_id": organisation["contractor2"].id,
    }

    asked = [await ask(office, job, name, value) for name, value in given.items()]

    assert {one["field_name"]: one["requested_value"] for one in asked} == given
    assert [one["current_value"] for one in asked] == [
        *(None, 20, "2024-06-01"),
        organisation.ids["priorities"]["Medium"],
        organisation["contractor1"].id,
    ]


async def test_forms_say_the_same(office: Office, organisation: TestOrganisation) -> None:
    job = new_job(organisation)
    for name, value in (("vat_percentage", "5.00"), ("priority_id", str(organisation.ids["priorities"]["High"]))):
        form = {
            "job_uuid": str(job),
            "field_name": name,
            "requested_value": value,
            "reason": "Because.",
            "action": "create",
        }
        form["csrf_token"] = await office.csrf_token()

        reply = await office.client.post(REQUESTS, data=form)

        assert reply.status_code == 201, reply.text
        assert reply.json()["data"]["requested_value"] == float(value)


@pytest.mark.parametrize(
    ("field_name", "value"),
    [
        ("job_total_budget", 1.005),
        ("job_total_budget", "much"),
        ("job_total_budget", None),
        ("job_total_budget", [1]),
        ("job_total_budget", True),
        ("contractor_budget", -1),
        ("vat_percentage", 101),
        ("vat_percentage", ""),
        ("date_works_start_date", "soon"),
        ("date_works_start_date", "2024-02-30"),
        ("date_works_start_date", 20240601),
        ("priority_id", "High"),
        ("priority_id", 1.5),
        ("priority_id", 2**62),
        ("priority_id", 2**70),
        ("contractor_id", -1),
    ],
)
async def test_a_value_of_another_type_is_refused_at_once(
    office: Office, organisation: TestOrganisation, field_name: str, value: object
) -> None:
    reply = await submit(office, new_job(organisation), field_name, value)

    assert (reply.status_code, reply.json()["field"]) == (400, "requested_value")


@pytest.mark.parametrize("left_out", ["job_uuid", "field_name", "requested_value", "reason"])
async def test_what_a_request_must_have_is_asked_for(
    office: Office, organisation: TestOrganisation, left_out: str
) -> None:
    asked = {
        "job_uuid": str(new_job(organisation)),
        "field_name": "vat_percentage",
        "requested_value": 5,
        "reason": "So.",
    }
    del asked[left_out]

    reply = await office.post(REQUESTS, asked)

    assert (reply.status_code, reply.json()["error"]) == (400, f"Invalid or missing required parameter: {left_out}")


async def test_refusals_of_a_request(office: Office, enter: Enter, organisation: TestOrganisation) -> None:
    job = new_job(organisation)
    contractor = enter(organisation, "contractor1")
    await ask(contractor, job)

    for reply, status, code in (
        (await submit(office, job, "job_title", "Else"), 400, "bad_request"),
        (await submit(office, job, "client_budget", 5), 400, "bad_request"),
        (await submit(office, job, "vat_percentage", 5, reason=" "), 400, "bad_request"),
        (await submit(contractor, job, "job_total_budget", 5), 403, "amendments.field_not_yours"),
        (await submit(enter(organisation, "tenant1"), job, "vat_percentage", 5), 403, "auth.permission_missing"),
        (await submit(office, uuid4(), "vat_percentage", 5), 404, "jobs.not_found"),
        (await submit(enter(organisation, "contractor2"), job, "contractor_budget", 5), 404, "jobs.not_found"),
        (await submit(office, job, "date_works_end_date", "2024-06-04"), 409, "amendments.pending"),
    ):
        assert (reply.status_code, reply.json()["success"]) == (status, False)
        assert reply.json()["code"] == code or code == "bad_request"


async def test_who_has_authority_and_handles_no_requests_is_told_so_before_all_else(
    enter: Enter, organisation: TestOrganisation
) -> None:
    request = await ask(enter(organisation, "agent1"), new_job(organisation))
    organisation.execute(
        "UPDATE people SET denied_keys = '{api.jobs.amend_request.manage}' WHERE id = :id",
        id=organisation["manager"].id,
    )
    manager = enter(organisation, "manager")

    for reply in (
        await decide(manager, request["uuid"], "approved"),
        await decide(manager, request["uuid"], "pending"),
        await decide(manager, str(uuid4()), "approved"),
        await manager.post(REQUESTS, {"action": "approve"}),
        await manager.post(REQUESTS, {"action": "reject", "uuid": str(uuid4())}),
    ):
        assert (reply.status_code, reply.json()["code"]) == (403, "auth.permission_missing")


async def test_refusals_of_a_decision(office: Office, enter: Enter, organisation: TestOrganisation) -> None:
    job = new_job(organisation)
    own = await ask(office, job)
    other = await ask(enter(organisation, "agent1"), job, "job_total_budget", 5)
    agent, missing = enter(organisation, "agent1"), str(uuid4())

    async def act(who: Office, action: str, **body: object) -> httpx.Response:
        return await who.post(REQUESTS, {"action": action, **body})

    for reply, status, code in (
        (await decide(agent, other["uuid"], "approved"), 403, "auth.permission_missing"),
        (await act(agent, "approve"), 403, "auth.permission_missing"),
        (await decide(office, other["uuid"], "pending"), 400, None),
        (await act(office, "approve"), 400, None),
        (await act(office, "approve", uuid="x"), 400, None),
        (await act(office, "approve", uuid=other["uuid"], amend_request_id=own["id"]), 400, None),
        (await decide(office, missing, "approved"), 404, "amendments.not_found"),
        (await act(office, "reject", amend_request_id=2**62), 404, "amendments.not_found"),
        (await decide(office, own["uuid"], "approved"), 403, "amendments.own"),
    ):
        assert reply.status_code == status, reply.text
        assert code is None or reply.json()["code"] == code
    assert (await decide(office, missing, "approved")).json()["error"] == "Amendment request not found"
    stranger = await office.client.patch(REQUESTS, json={"uuid": other["uuid"], "status": "approved"})
    assert stranger.json()["code"] == "csrf.missing"


async def test_a_field_that_has_moved_on_is_a_conflict(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    job = new_job(organisation)
    asked = await ask(enter(organisation, "agent1"), job, "job_total_budget", 5)
    await office.post("/api/jobs/manage", {"action": "update", "uuid": str(job), "job_total_budget": 7})

    reply = await decide(office, asked["uuid"], "approved")

    assert (reply.status_code, reply.json()["code"]) == (409, "amendments.field_moved_on")
    assert (await listed(office, status="pending")) == [asked["uuid"]]
    assert (await office.read(str(job)))["job_total_budget"] == 7


async def test_the_list_is_filtered_and_paged_newest_first(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    first, second = new_job(organisation), new_job(organisation)
    agent = enter(organisation, "agent1")
    asked = [await ask(agent, first), await ask(agent, second), await ask(agent, first, "job_total_budget", 5)]
    await decide(office, asked[0]["uuid"], "rejected")
    uuids = [one["uuid"] for one in asked]

    assert await listed(office) == uuids[::-1]
    assert await listed(office, job_uuid=first) == [uuids[2], uuids[0]]
    assert await listed(office, status="pending") == [uuids[2], uuids[1]]
    assert await listed(office, status="rejected", job_uuid=first.hex) == [uuids[0]]
    assert await listed(office, status="approved") == []
    assert await listed(office, uuid=uuids[1]) == [uuids[1]]
    for unknown in ({"uuid": uuid4()}, {"job_uuid": uuid4()}, {"uuid": uuids[1], "job_uuid": first}):
        assert await listed(office, **unknown) == []
    page = (await office.get(REQUESTS, limit=1, offset=1)).json()
    assert ([item["uuid"] for item in page["data"]], page["count"]) == ([uuids[1]], 3)
    for wrong in ({"uuid": "x"}, {"job_uuid": "x"}, {"status": "open"}, {"limit": 201}):
        assert (await office.get(REQUESTS, **wrong)).status_code == 400


async def test_everybody_sees_requests_about_what_they_see(
    office: Office, enter: Enter, organisation: TestOrganisation, make_organisation: MakeOrganisation
) -> None:
    ours, south = new_job(organisation), new_job(organisation, branch_id=organisation.ids["branches"]["South"])
    end = await ask(office, ours)
    budget = await ask(enter(organisation, "agent1"), ours, "job_total_budget", 5)
    successor = await ask(office, ours, "contractor_id", organisation["contractor2"].id)
    price = await ask(enter(organisation, "contractor1"), south, "contractor_budget", 5)
    every = [one["uuid"] for one in (price, successor, budget, end)]

    for label, seen in (
        ("admin", every),
        ("agent1", every[1:]),
        ("agent2", every[:1]),
        ("contractor1", [every[0], every[3]]),
        ("contractor2", []),
    ):
        assert await listed(enter(organisation, label)) == seen, label
    organisation.execute(
        "UPDATE jobs SET contractor_id = :id WHERE uuid = :job", id=organisation["contractor2"].id, job=south
    )
    assert await listed(enter(organisation, "contractor2")) == []  # what another asked for it
    assert await listed(enter(make_organisation(), "admin")) == []


async def test_the_history_hides_an_approved_budget_from_contractors(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    job = new_job(organisation)
    asked = await ask(enter(organisation, "agent1"), job, "job_total_budget", 5)
    await decide(office, asked["uuid"], "approved")

    def told(reply: httpx.Response) -> list[Any]:
        return [(commit["by_name"], commit["changes"]) for commit in reply.json()["data"]]

    query = {"action": "list_commits", "uuid": job}
    shown = told(await office.get("/api/jobs/manage", **query))
    assert shown == [(organisation["admin"].name, [{"field": "job_total_budget", "from": None, "to": 5}])]
    hidden = told(await enter(organisation, "contractor1").get("/api/jobs/manage", **query))
    assert hidden == [(organisation["admin"].name, [])]


async def test_amendable_fields_are_ones_own_with_what_there_is_to_choose(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    job = new_job(organisation, contractor_budget=Decimal(180))

    reply = await enter(organisation, "contractor1").get(FIELDS, job_uuid=job)

    ranges = [{"id": id_, "name": name} for name, id_ in organisation.ids["time_ranges"].items()]
    assert reply.json()["data"] == [
        {"field_name": name, "label": label, "type": type_, "current_value": current, "options": options}
        for name, label, type_, current, options in (
            ("contractor_budget", "Contractor budget", "money", 180, []),
            ("date_works_start_date", "Works start", "date", "2024-06-01", []),
            ("date_works_end_date", "Works end", "date", None, []),
            ("time_range_id", "Time range", "choice", organisation.ids["time_ranges"]["Morning"], ranges),
        )
    ]
    assert reply.json()["count"] == 4
    assert len((await office.get(FIELDS, job_uuid=job)).json()["data"]) == 9


async def test_fields_show_what_the_job_object_shows(office: Office, organisation: TestOrganisation) -> None:
    job = new_job(organisation, contractor_budget=Decimal(180), client_budget=Decimal("99.95"))
    organisation.execute(
        "INSERT INTO time_slots (job_id, starts_at, minutes) SELECT id, scheduled_at, 1440 FROM jobs WHERE uuid = :job",
        job=job,
    )

    fields = (await office.get(FIELDS, job_uuid=job)).json()["data"]

    read = await office.read(str(job))
    assert {field["field_name"]: field["current_value"] for field in fields} == {
        field["field_name"]: read[field["field_name"]] for field in fields
    }
    assert read["date_works_end_date"] == "2024-06-02"


@pytest.mark.parametrize("status", ["Archived", "Cancelled"])
async def test_nothing_of_an_archived_or_cancelled_job_is_amended(
    office: Office, organisation: TestOrganisation, status: str
) -> None:
    job = new_job(organisation, status_id=organisation.ids["statuses"][status])

    assert (await office.get(FIELDS, job_uuid=job)).json()["data"] == []
    reply = await submit(office, job, "vat_percentage", 5)
    assert (reply.status_code, reply.json()["code"]) == (409, "amendments.job_not_amendable")


async def test_who_does_not_see_a_job_is_told_of_none(enter: Enter, organisation: TestOrganisation) -> None:
    job = new_job(organisation)

    assert (await enter(organisation, "contractor2").get(FIELDS, job_uuid=job)).status_code == 404
    assert (await enter(organisation, "tenant1").get(FIELDS, job_uuid=job)).status_code == 403
    assert (await enter(organisation, "admin").get(FIELDS)).status_code == 400


async def test_a_deletion_is_told_how_many_requests_and_links_it_takes(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    job, south = new_job(organisation), new_job(organisation, branch_id=organisation.ids["branches"]["South"])
    agent = enter(organisation, "agent1")
    await ask(agent, job, "job_total_budget", 5)
    await ask(agent, job)
    for parent, remedial in ((south, job), (job, new_job(organisation))):
        body = {"action": "link", "parent_job_uuid": str(parent), "remedial_job_uuid": str(remedial)}
        assert (await office.post("/api/jobs/remedials", body)).status_code == 201

    async def previewed(who: Office) -> tuple[int, int]:
        data = (await who.get("/api/jobs/manage", action="preview_delete", uuid=job)).json()["data"]
        return data["amendments"], data["remedial_links"]

    assert await previewed(office) == (2, 2)
    assert await previewed(agent) == (2, 1)
    assert await previewed(enter(organisation, "contractor1")) == (1, 2)
    await office.post("/api/jobs/manage", {"action": "delete", "uuid": str(job)})
    for table in ("amendments", "remedial_links"):
        assert organisation.execute(f"SELECT 1 FROM {table} WHERE organisation_id = :o", o=organisation.id) == []  # noqa: S608


async def test_what_a_job_was_called_before_its_dispatch_finds_its_requests(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    job = new_job(organisation, notification_delta=2, notification_minutes=120)
    asked = await ask(enter(organisation, "agent1"), job)
    async with office.client as client:
        field = {"Authorization": f"Token {organisation['admin'].api_key}"}
        dispatched = await client.post(f"/job/{job.hex}/dispatch/", headers=field)
    assert dispatched.status_code == 303

    other = enter(organisation, "admin")
    (item,) = (await other.get(REQUESTS, job_uuid=job)).json()["data"]
    assert (item["uuid"], item["job_uuid"] == str(job)) == (asked["uuid"], False)
