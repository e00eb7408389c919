"""Single-use tokens: whose they are, how long they live and how often they open."""

import asyncio
from typing import Any

import pytest

from firstfix.kit.secrets import hash_secret
from tests.api.manage.conftest import JOBS, Enter, Office, make_credential, new_job
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

TOKENS = "/api/security/csrf-token"


def count_tokens(organisation: TestOrganisation) -> int:
    statement = "SELECT count(*) FROM csrf_tokens WHERE organisation_id = :id"
    return int(organisation.execute(statement, id=organisation.id)[0].count)


async def test_a_token_is_64_hex_digits_and_only_its_hash_is_kept(
    office: Office, organisation: TestOrganisation
) -> None:
    reply = await office.get(TOKENS)

    token = reply.json()["data"]["token"]
    assert reply.json() == {"success": True, "data": {"token": token}, "message": "CSRF token issued"}
    assert len(bytes.fromhex(token)) == 32
    rows = organisation.execute(
        "SELECT secret_hash, expires_at - now() AS lasts FROM csrf_tokens WHERE organisation_id = :id",
        id=organisation.id,
    )
    assert [bytes(row.secret_hash) for row in rows] == [hash_secret(token)]
    assert 7100 < rows[0].lasts.total_seconds() <= 7200


async def test_of_fifty_requests_with_one_token_one_gets_through(
    office: Office, organisation: TestOrganisation
) -> None:
    token = await office.csrf_token()

    replies = await asyncio.gather(
        *(office.client.post(JOBS, json=new_job(organisation, csrf_token=token)) for _ in range(50))
    )

    assert sorted(reply.status_code for reply in replies) == [201, *[403] * 49]
    assert {reply.json()["code"] for reply in replies if reply.status_code == 403} == {"csrf.invalid"}
    assert (await office.get(JOBS)).json()["count"] == 1


@pytest.mark.parametrize("way", ["json", "form", "multipart", "header"])
async def test_a_token_may_come_in_the_body_or_in_a_header(
    office: Office, organisation: TestOrganisation, way: str
) -> None:
    _, uuid = organisation.insert_job()
    token = await office.csrf_token()
    fields = {"action": "delete", "uuid": str(uuid)}
    ways: dict[str, dict[str, Any]] = {
        "json": {"json": fields | {"csrf_token": token}},
        "form": {"data": fields | {"csrf_token": token}},
        "multipart": {"files": {name: (None, value) for name, value in (fields | {"csrf_token": token}).items()}},
        "header": {"json": fields, "headers": {"X-CSRF-Token": token}},
    }

    assert (await office.client.post(JOBS, **ways[way])).status_code == 200


async def test_a_token_is_spent_also_when_the_request_is_refused_afterwards(
    office: Office, organisation: TestOrganisation
) -> None:
    token = await office.csrf_token()

    refused = await office.client.post(JOBS, json={"action": "create", "csrf_token": token})
    again = await office.client.post(JOBS, json=new_job(organisation, csrf_token=token))

    assert refused.status_code == 400
    assert again.json()["code"] == "csrf.invalid"


async def test_a_token_is_not_spent_by_who_may_not_ask(enter: Enter, organisation: TestOrganisation) -> None:
    office = enter(organisation, "tenant1")
    token = await office.csrf_token()
    _, uuid = organisation.insert_job()
    organisation.execute(
        "INSERT INTO job_contacts (job_id, contact_id, position) SELECT id, :contact, 0 FROM jobs WHERE uuid = :uuid",
        contact=organisation.contact_id,
        uuid=uuid,
    )

    refused = await office.client.post(JOBS, json={"action": "delete", "csrf_token": token})
    pinned = await office.client.post("/api/jobs/toggle-pin", json={"job_uuid": str(uuid), "csrf_token": token})

    assert refused.json()["code"] == "auth.permission_missing"
    assert pinned.status_code == 200


async def test_a_token_opens_for_the_credential_alone_that_fetched_it(
    server: TestServer, enter: Enter, organisation: TestOrganisation
) -> None:
    first, second, other = (enter(organisation, label) for label in ("admin", "admin", "manager"))
    session = make_credential(organisation, "admin", kind="session")
    token = await first.csrf_token()

    for office in (second, other):
        reply = await office.client.post(JOBS, json=new_job(organisation, csrf_token=token))
        assert reply.json()["code"] == "csrf.invalid"
    async with server.client(Cookie=f"firstfix_session={session}") as client:
        reply = await client.post(JOBS, json=new_job(organisation, csrf_token=token))
        assert reply.json()["code"] == "csrf.invalid"
    reply = await first.client.post(JOBS, json=new_job(organisation, csrf_token=token))
    assert reply.status_code == 201


async def test_a_token_lives_for_two_hours(office: Office, organisation: TestOrganisation) -> None:
    token = await office.csrf_token()
    organisation.execute("UPDATE csrf_tokens SET expires_at = now() - interval '1 second'")

    reply = await office.client.post(JOBS, json=new_job(organisation, csrf_token=token))

    assert reply.json()["code"] == "csrf.invalid"


async def test_of_a_hundred_tokens_fetched_at_once_64_live_and_the_oldest_are_gone(
    office: Office, organisation: TestOrganisation
) -> None:
    oldest = await office.csrf_token()
    await asyncio.gather(*(office.csrf_token() for _ in range(100)))
    newest = await office.csrf_token()

    assert count_tokens(organisation) == 64
    refused = await office.client.post(JOBS, json=new_job(organisation, csrf_token=oldest))
    taken = await office.client.post(JOBS, json=new_job(organisation, csrf_token=newest))
    assert refused.json()["code"] == "csrf.invalid"
    assert taken.status_code == 201


@pytest.mark.parametrize("token", [5, [], {}, "", None, "x" * 64, "\0" * 64])
async def test_what_is_no_token_is_refused(office: Office, organisation: TestOrganisation, token: object) -> None:
    reply = await office.client.post(JOBS, json=new_job(organisation, csrf_token=token))

    assert reply.status_code == 403
    assert reply.json()["error"] == "Invalid or missing CSRF token"


async def test_another_site_cannot_use_a_session_even_with_a_token(
    server: TestServer, organisation: TestOrganisation
) -> None:
    session = make_credential(organisation, "admin", kind="session")
    async with server.client(Cookie=f"firstfix_session={session}") as client:
        for headers, status in (
            ({"Origin": "https://evil.example"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Origin": server.base_url, "Sec-Fetch-Site": "same-origin"}, 201),
        ):
            token = (await client.get(TOKENS)).json()["data"]["token"]
            reply = await client.post(JOBS, json=new_job(organisation, csrf_token=token), headers=headers)
            assert reply.status_code == status


async def test_signing_out_ends_the_tokens_of_a_credential(office: Office, organisation: TestOrganisation) -> None:
    await office.csrf_token()
    await office.post("/api/auth/logout")

    assert count_tokens(organisation) == 0
