"""Every refusal in its place: who is at fault in several ways is told of the first."""

from typing import Any

import httpx
import pytest

from firstfix.api.operations import Operation
from firstfix.app.web import APIS
from tests.api.manage.conftest import JOBS, Enter, Office, make_credential, new_job
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

PIN = "/api/jobs/toggle-pin"
SIGNED_IN = [one for _, _, table in APIS for one in table if not one.is_public]
READS = [one for one in SIGNED_IN if one.api == "manage" and one.method == "GET"]


def told(reply: httpx.Response) -> tuple[int, str, str]:
    """The status, the sentence and the code of a refusal, after a look at its form."""
    body = reply.json()
    assert body["success"] is False
    assert body["request_id"] == reply.headers["X-Request-ID"]
    return reply.status_code, body["error"], body["code"]


async def test_refusals_of_a_change_come_in_the_contracts_order(
    office: Office, enter: Enter, organisation: TestOrganisation
) -> None:
    landlord = enter(organisation, "landlord1")
    too_long = b"x" * (1 << 20) + b"x"
    json_type = {"Content-Type": "application/json"}
    send = office.client.post

    nobody = await send(JOBS, content=too_long, headers={"Content-Type": "text/plain", "Authorization": "Bearer no"})
    wrong_type = await send(JOBS, content=too_long, headers={"Content-Type": "text/plain"})
    too_large = await send(JOBS, content=too_long, headers=json_type)
    no_json = await send(JOBS, content=b"{", headers=json_type)
    no_action = await landlord.client.post(JOBS, json={})
    no_key = await landlord.client.post(JOBS, json={"action": "delete"})
    no_token = await send(JOBS, json={"action": "delete"})
    bad_token = await send(JOBS, json={"action": "delete", "csrf_token": "0" * 64})
    no_field = await office.post(JOBS, {"action": "delete"})
    no_job = await office.post(JOBS, {"action": "delete", "uuid": "00000000-0000-4000-8000-000000000000"})

    assert told(nobody) == (401, "Authentication required. Please log in.", "auth.required")
    assert told(wrong_type) == (415, "The body must be JSON or a form.", "request.unsupported_type")
    assert told(too_large) == (413, "The body is larger than 1 MiB.", "request.too_large")
    assert told(no_json) == (400, "The body is not valid JSON.", "request.malformed")
    assert told(no_action) == (400, "Invalid or missing required parameter: action", "request.invalid")
    assert told(no_key) == (403, "You do not have permission to perform this action", "auth.permission_missing")
    assert told(no_token) == (403, "Invalid or missing CSRF token", "csrf.missing")
    assert told(bad_token) == (403, "Invalid or missing CSRF token", "csrf.invalid")
    assert told(no_field) == (400, "Invalid or missing required parameter: uuid", "request.invalid")
    assert told(no_job) == (404, "Job not found", "jobs.not_found")


async def test_refusals_of_a_read_come_in_the_contracts_order(office: Office, organisation: TestOrganisation) -> None:
    organisation.execute(
        "UPDATE people SET denied_keys = '{api.jobs.manage.list}' WHERE id = :id", id=organisation["tenant1"].id
    )
    denied = {"Authorization": f"Bearer {make_credential(organisation, 'tenant1', kind='bearer')}"}
    nobody = {"Authorization": "Bearer no"}

    async def read(headers: dict[str, str] | None = None, **query: str) -> httpx.Response:
        return await office.client.get(JOBS, params=query, headers=headers)

    assert told(await read(nobody, action="no such"))[0] == 401
    assert told(await read(nobody, limit="no number"))[0] == 401
    assert told(await read(denied, action="no such"))[0] == 400
    assert told(await read(denied, limit="no number"))[0] == 403
    assert told(await read(limit="no number"))[0] == 400
    assert told(await read(action="get", uuid="no uuid"))[0] == 400
    assert told(await read(action="get", uuid="0" * 32))[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        f"{JOBS}?action=get&uuid=none",
        f"{JOBS}?action=preview_delete",
        f"{JOBS}?action=list_commits",
        f"{JOBS}?date_from=2024-06-02&date_to=2024-06-01",
        "/api/jobs/remedials",
        "/api/jobs/amend-request?uuid=none",
        "/api/jobs/amendable-fields",
        "/api/jobs/sla-status?job_uuid=none",
        "/api/calendar-jobs",
    ],
)
async def test_who_may_not_ask_is_told_so_before_what_they_asked(
    office: Office, organisation: TestOrganisation, path: str
) -> None:
    organisation.execute(
        "UPDATE people SET denied_keys = (SELECT array_agg(DISTINCT key) FROM roles, unnest(permission_keys) AS key)"
        " WHERE id = :id",
        id=organisation["tenant1"].id,
    )
    denied = make_credential(organisation, "tenant1", kind="bearer")

    nobody = await office.client.get(path, headers={"Authorization": f"Bearer {'0' * 64}"})
    without_key = await office.client.get(path, headers={"Authorization": f"Bearer {denied}"})

    assert told(nobody) == (401, "Authentication required. Please log in.", "auth.required")
    assert told(without_key)[0::2] == (403, "auth.permission_missing")


@pytest.mark.parametrize("operation", READS, ids=lambda one: one.operation_id)
async def test_a_made_up_token_opens_no_read(server: TestServer, operation: Operation) -> None:
    query = {} if operation.action is None else {"action": operation.action}
    async with server.client(Authorization=f"Bearer {'0' * 64}") as client:
        reply = await client.get(operation.path, params=query)

    assert told(reply)[0] == 401


@pytest.mark.parametrize("operation", SIGNED_IN, ids=lambda one: one.name)
def test_every_operation_can_know_who_asks(operation: Operation) -> None:
    assert not operation.takes.isdisjoint({"work", "reads", "claim"})


@pytest.mark.parametrize("path", [JOBS, PIN, "/api/jobs/statuses", "/api/auth/login"])
async def test_heads_and_unknown_methods_are_told_which_ones_there_are(office: Office, path: str) -> None:
    for method in ("HEAD", "PUT", "PROPFIND"):
        reply = await office.client.request(method, path)

        assert reply.status_code == 405
        assert set(reply.headers["Allow"].split(", ")) <= {"GET", "POST"}


@pytest.mark.parametrize("path", ["//api/nothing", "//api//nothing/"])
async def test_an_unknown_path_is_refused_in_this_form_however_many_slashes(office: Office, path: str) -> None:
    reply = await office.get(f"{str(office.client.base_url).rstrip('/')}{path}")

    assert told(reply) == (404, "There is nothing at this address.", "request.unknown_path")


async def test_an_unknown_path_is_not_found(office: Office) -> None:
    assert told(await office.get("/api/jobs/nothing"))[0] == 404


@pytest.mark.parametrize("action", ["delete", "create", "update", "LIST", ""])
async def test_a_read_changes_nothing_whatever_it_calls_itself(
    office: Office, organisation: TestOrganisation, action: str
) -> None:
    _, uuid = organisation.insert_job()

    reply = await office.get(JOBS, action=action, uuid=uuid)

    assert told(reply) == (400, "Invalid or missing required parameter: action", "request.invalid")
    assert (await office.get(JOBS)).json()["count"] == 1


async def test_an_action_may_come_twice_but_not_with_two_values(office: Office, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job()
    in_both = await office.post(f"{JOBS}?action=update", {"action": "delete", "uuid": str(uuid)})
    in_query_twice = await office.client.get(f"{JOBS}?action=list&action=get&uuid={uuid}")
    same = await office.post(f"{JOBS}?action=delete", {"action": "delete", "uuid": str(uuid)})

    assert told(in_both)[0] == 400
    assert told(in_query_twice)[0] == 400
    assert same.status_code == 200


async def test_an_action_in_the_query_counts_when_the_body_has_none(
    office: Office, organisation: TestOrganisation
) -> None:
    _, uuid = organisation.insert_job()

    reply = await office.post(f"{JOBS}?action=delete", {"uuid": str(uuid)})

    assert reply.status_code == 200


@pytest.mark.parametrize("action", [1, None, [], "archive"])
async def test_an_action_that_there_is_not_is_refused(office: Office, action: object) -> None:
    reply = await office.post(JOBS, {"action": action})

    assert told(reply) == (400, "Invalid or missing required parameter: action", "request.invalid")


@pytest.mark.parametrize("scheme", ["Token {}", "Bearer {}0", "Bearer", "Basic {}", "{}", "Bearer  x{}"])
async def test_a_bad_bearer_is_nobody_even_with_a_good_cookie(
    server: TestServer, organisation: TestOrganisation, scheme: str
) -> None:
    session = make_credential(organisation, "admin", kind="session")
    bearer = make_credential(organisation, "admin", kind="bearer")
    async with server.client(Cookie=f"firstfix_session={session}") as client:
        with_cookie = await client.get(JOBS)
        with_both = await client.get(JOBS, headers={"Authorization": scheme.format(bearer)})

    assert with_cookie.status_code == 200
    assert told(with_both)[0] == 401


async def test_an_api_key_is_no_bearer_token(server: TestServer, organisation: TestOrganisation) -> None:
    async with server.client(Authorization=f"Bearer {organisation['admin'].api_key * 2}") as client:
        assert told(await client.get(JOBS))[0] == 401


async def test_a_bearer_wins_over_a_cookie(server: TestServer, organisation: TestOrganisation) -> None:
    session = make_credential(organisation, "admin", kind="session")
    bearer = make_credential(organisation, "tenant1", kind="bearer")
    async with server.client(Cookie=f"firstfix_session={session}", Authorization=f"bearer {bearer.upper()}") as client:
        reply = await client.get("/api/users/permissions")

    assert reply.json()["data"]["role"] == "Tenant"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "1.5"}, "limit"),
        ({"offset": -1}, "offset"),
        ({"offset": "1e99"}, "offset"),
        ({"status_id": "one"}, "status_id"),
        ({"status_id": str(2**63)}, "status_id"),
        ({"has_photos": "perhaps"}, "has_photos"),
        ({"sort": "uuid"}, "sort"),
        ({"direction": "sideways"}, "direction"),
        ({"date_from": "01/06/2024"}, "date_from"),
        ({"date_to": "2024-02-30"}, "date_to"),
        ({"sla_status": "late"}, "sla_status"),
        ({"search": "a\0b"}, "search"),
        ({"search": "a " * 501}, "search"),
    ],
)
async def test_a_filter_that_cannot_be_read_is_named(office: Office, query: dict[str, Any], field: str) -> None:
    reply = await office.get(JOBS, **query)

    assert told(reply) == (400, f"Invalid or missing required parameter: {field}", "request.invalid")
    assert reply.json()["field"] == field


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"job_title": None}, "job_title"),
        ({"job_title": ""}, "job_title"),
        ({"job_title": 5}, "job_title"),
        ({"job_title": "a\0b"}, "job_title"),
        ({"job_title": "x" * 65_537}, "job_title"),
        ({"priority_id": "urgent"}, "priority_id"),
        ({"priority_id": 2**70}, "priority_id"),
        ({"tenants_ids": 5}, "tenants_ids"),
        ({"tenants_ids": ["x"]}, "tenants_ids"),
        ({"job_total_budget": -1}, "job_total_budget"),
        ({"job_total_budget": 1.005}, "job_total_budget"),
        ({"job_total_budget": "NaN"}, "job_total_budget"),
        ({"job_total_budget": 1e300}, "job_total_budget"),
        ({"contractor_budget": "a lot"}, "contractor_budget"),
        ({"vat_percentage": 101}, "vat_percentage"),
        ({"date_works_start_date": "soon"}, "date_works_start_date"),
        (
            {"date_works_start_date": "2024-06-02", "date_works_end_date": "2024-06-01"},
            "date_works_end_date",
        ),
    ],
)
async def test_a_field_that_cannot_be_used_is_named(
    office: Office, organisation: TestOrganisation, content: dict[str, Any], field: str
) -> None:
    reply = await office.post(JOBS, new_job(organisation) | content)

    assert reply.status_code == 400, reply.text
    assert reply.json()["field"] == field


@pytest.mark.parametrize(
    "missing", ["job_title", "job_description", "priority_id", "status_id", "job_type_id", "address_id"]
)
async def test_what_a_new_job_must_have_is_asked_for(
    office: Office, organisation: TestOrganisation, missing: str
) -> None:
    content = new_job(organisation)
    del content[missing]

    reply = await office.post(JOBS, content)

    assert told(reply) == (400, f"Invalid or missing required parameter: {missing}", "request.invalid")


@pytest.mark.parametrize(
    "field",
    [
        "priority_id",
        "status_id",
        "job_type_id",
        "address_id",
        "branch_id",
        "agent_id",
        "contractor_id",
        "time_range_id",
        "payment_status_id",
    ],
)
async def test_an_unknown_id_in_a_body_is_not_found_by_name(
    office: Office, organisation: TestOrganisation, make_organisation: MakeOrganisation, field: str
) -> None:
    stranger = make_organisation()
    theirs = {
        "priority_id": stranger.ids["priorities"]["Medium"],
        "status_id": stranger.ids["statuses"]["New"],
        "job_type_id": stranger.ids["job_types"]["Plumbing"],
        "address_id": stranger.location_id,
        "branch_id": stranger.ids["branches"]["North"],
        "agent_id": stranger["agent1"].id,
        "contractor_id": stranger["contractor1"].id,
        "time_range_id": stranger.ids["time_ranges"]["Morning"],
        "payment_status_id": stranger.ids["payment_statuses"]["Paid"],
    }

    for unknown in (theirs[field], 2**62, 0, -1):
        reply = await office.post(JOBS, new_job(organisation) | {field: unknown})

        assert told(reply) == (404, f"Not found: {field}", "reference_not_found")
        assert reply.json()["field"] == field


async def test_unknown_tenants_are_not_found(office: Office, organisation: TestOrganisation) -> None:
    reply = await office.post(JOBS, new_job(organisation, tenants_ids=[organisation.contact_id, 2**62]))

    assert told(reply) == (404, "Not found: tenants_ids", "reference_not_found")


async def test_a_uuid_is_taken_without_dashes_and_in_upper_case(office: Office, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job()

    for written in (str(uuid), uuid.hex, str(uuid).upper()):
        assert (await office.read(written))["uuid"] == str(uuid)


async def test_two_names_must_mean_one_job(office: Office, organisation: TestOrganisation) -> None:
    job_id, uuid = organisation.insert_job()
    other_id, other_uuid = organisation.insert_job()

    async def get(**query: object) -> int:
        return (await office.get(JOBS, action="get", **query)).status_code

    assert await get(job_id=job_id) == 200
    assert await get(job_id=job_id, job_uuid=uuid) == 200
    assert await get(uuid=uuid, job_uuid=uuid.hex) == 200
    assert await get(job_id=other_id, job_uuid=uuid) == 400
    assert await get(uuid=uuid, job_uuid=other_uuid) == 400
    assert await get(job_id=2**62) == 404
    assert await get(job_id=-5) == 404
    reply = await office.post("/api/jobs/toggle-pin", {"job_id": other_id, "job_uuid": str(uuid)})
    assert told(reply)[0] == 400


async def test_https_asks_for_the_other_cookie_and_says_so_to_browsers(
    server: TestServer, organisation: TestOrganisation
) -> None:
    """Without a trusted proxy nobody can claim https, so the plain cookie goes on counting."""
    session = make_credential(organisation, "admin", kind="session")
    async with server.client(Cookie=f"__Host-firstfix_session={session}", **{"X-Forwarded-Proto": "https"}) as client:
        assert told(await client.get(JOBS))[0] == 401
