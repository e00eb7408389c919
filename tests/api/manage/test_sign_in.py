"""Signing in and out over HTTP: what is told, what is limited, and what ends when."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest

from firstfix.kit.sealing import load_key_ring
from firstfix.kit.secrets import hash_secret
from tests.api.manage.conftest import JOBS, Enter, make_credential
from tests.factories.organisations import TestAccount, TestOrganisation
from tests.factories.servers import TestServer

LOGIN = "/api/auth/login"
LOGOUT = "/api/auth/logout"


@pytest.fixture
async def visitor(server: TestServer) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has not signed in."""
    async with server.client() as client:
        yield client


def credentials(account: TestAccount, **more: str) -> dict[str, str]:
    return {"email": account.email, "password": account.password, **more}


async def test_a_login_gives_a_token_for_ninety_days(
    visitor: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    admin = organisation["admin"]

    reply = await visitor.post(LOGIN, json=credentials(admin))

    body = reply.json()
    assert reply.status_code == 200
    assert set(body) == {"success", "token", "token_type", "expires_at", "user", "usage"}
    assert re.fullmatch(r"[0-9a-f]{64}", body["token"])
    assert body["token_type"] == "Bearer"
    assert body["user"] == {"name": "Admin Tester", "email": admin.email, "account_type": 1}
    lasts = datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89, hours=23) < lasts <= timedelta(days=90)
    headers = {"Authorization": f"Bearer {body['token']}"}
    assert (await visitor.get(JOBS, headers=headers)).status_code == 200


async def test_an_address_is_taken_in_any_case_and_a_form_will_do(
    visitor: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    content = credentials(organisation["agent1"]) | {"email": f" {organisation['agent1'].email.upper()} "}

    assert (await visitor.post(LOGIN, data=content)).status_code == 200


async def test_a_new_token_takes_the_place_of_the_accounts_earlier_one_alone(
    visitor: httpx.AsyncClient, organisation: TestOrganisation, enter: Enter
) -> None:
    other = enter(organisation, "agent2")
    session = make_credential(organisation, "agent1", kind="session")
    first = (await visitor.post(LOGIN, json=credentials(organisation["agent1"]))).json()["token"]
    second = (await visitor.post(LOGIN, json=credentials(organisation["agent1"]))).json()["token"]

    async def works(**headers: str) -> bool:
        return (await visitor.get(JOBS, headers=headers)).status_code == 200

    assert not await works(Authorization=f"Bearer {first}")
    assert await works(Authorization=f"Bearer {second}")
    assert await works(Cookie=f"firstfix_session={session}")
    assert (await other.get(JOBS)).status_code == 200


async def test_of_logins_at_once_one_token_is_left(
    server: TestServer, visitor: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    async with server.client() as client:
        replies = await asyncio.gather(*(client.post(LOGIN, json=credentials(organisation["admin"])) for _ in range(8)))
    assert {reply.status_code for reply in replies} == {200}
    tokens = [reply.json()["token"] for reply in replies]

    answers = [await visitor.get(JOBS, headers={"Authorization": f"Bearer {token}"}) for token in tokens]

    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 7]


async def test_nobody_learns_why_a_login_is_refused(visitor: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    organisation.execute("UPDATE people SET archived_at = now() WHERE id = :id", id=organisation["agent1"].id)
    organisation.execute("UPDATE people SET email_verified_at = NULL WHERE id = :id", id=organisation["agent2"].id)
    organisation.execute("UPDATE people SET password_hash = NULL WHERE id = :id", id=organisation["landlord1"].id)
    refusals = [
        credentials(organisation["agent1"]),
        credentials(organisation["agent2"]),
        credentials(organisation["landlord1"]),
        credentials(organisation["admin"]) | {"password": "wrong"},
        credentials(organisation["admin"]) | {"email": "nobody@example.com"},
        credentials(organisation["admin"]) | {"password": "x" * 100_000},
    ]

    told = [await visitor.post(LOGIN, json=content) for content in refusals[:5]]

    assert {reply.status_code for reply in told} == {401}
    assert {(reply.json()["error"], reply.json()["code"]) for reply in told} == {
        ("The e-mail address, the password or the code is not right.", "auth.invalid_credentials")
    }
    assert (await visitor.post(LOGIN, json=refusals[5])).status_code == 400  # a text of more than 64 KiB


async def test_nobody_learns_from_the_time_whether_an_account_exists(
    visitor: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    async def seconds(email: str) -> float:
        best = 60.0
        for _ in range(4):
            began_at = time.perf_counter()
            reply = await visitor.post(LOGIN, json={"email": email, "password": "wrong"})
            assert reply.status_code == 401
            best = min(best, time.perf_counter() - began_at)
        return best

    known, unknown = await seconds(organisation["engineer1"].email), await seconds("nobody@nowhere.example")

    # Without Argon2 it would be some milliseconds, a tenth of it.
    assert known / 3 < unknown < known * 3


async def test_what_a_login_needs_is_asked_for(visitor: httpx.AsyncClient) -> None:
    for content, field in (({}, "email"), ({"email": "a@example.com"}, "password"), ({"email": 5}, "email")):
        reply = await visitor.post(LOGIN, json=content)
        assert reply.status_code == 400
        assert reply.json()["field"] == field
    assert (await visitor.post(LOGIN, content=b"a=b", headers={"Content-Type": "text/plain"})).status_code == 415
    assert (await visitor.get(LOGIN)).status_code == 405


async def test_another_site_cannot_sign_somebody_in(visitor: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://["},
    ):
        reply = await visitor.post(LOGIN, json=credentials(organisation["admin"]), headers=headers)
        assert reply.status_code == 403
        assert reply.json()["code"] == "auth.foreign_site"


async def test_the_eleventh_failure_of_a_minute_waits_and_so_does_the_right_password(
    visitor: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    agent = organisation["agent1"]
    wrong = credentials(agent) | {"password": "wrong"}
    for _ in range(10):
        assert (await visitor.post(LOGIN, json=wrong)).status_code == 401

    for content in (wrong, credentials(agent), wrong | {"email": agent.email.upper()}):
        reply = await visitor.post(LOGIN, json=content)
        assert reply.status_code == 429
        assert reply.json()["code"] == "rate_limited"
        seconds = int(reply.headers["Retry-After"])
        assert 1 <= seconds <= 60
        assert reply.json()["error"] == f"Too many requests. Try again in {seconds} seconds."

    assert (await visitor.post(LOGIN, json=credentials(organisation["agent2"]))).status_code == 200
    organisation.execute("UPDATE sign_in_failures SET failed_at = failed_at - interval '61 seconds'")
    assert (await visitor.post(LOGIN, json=credentials(agent))).status_code == 200


async def test_of_many_guesses_at_once_ten_learn_something(server: TestServer, organisation: TestOrganisation) -> None:
    wrong = credentials(organisation["contractor1"]) | {"password": "wrong"}
    async with server.client() as client:
        replies = await asyncio.gather(*(client.post(LOGIN, json=wrong) for _ in range(30)))

    counts = {status: sum(reply.status_code == status for reply in replies) for status in (401, 429)}
    assert counts == {401: 10, 429: 20}
    organisation.execute("DELETE FROM sign_in_failures")


async def test_a_second_factor_is_asked_for_and_each_code_opens_once(
    server: TestServer, visitor: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    agent = organisation["agent2"]
    secret = pyotp.random_base32()
    keys = load_key_ring(server.log.parent / "keys.json")
    sealed = keys.seal(secret, record=agent.uuid, field="people.second_factor")
    organisation.execute("UPDATE people SET second_factor_sealed = :sealed WHERE id = :id", sealed=sealed, id=agent.id)
    generator = pyotp.TOTP(secret)
    (seconds,) = organisation.execute("SELECT extract(epoch FROM clock_timestamp())::bigint")[0]

    without = await visitor.post(LOGIN, json=credentials(agent))
    wrong = await visitor.post(LOGIN, json=credentials(agent, otp="000000"))
    wrong_password = await visitor.post(LOGIN, json=credentials(agent) | {"password": "wrong"})
    right = await visitor.post(LOGIN, json=credentials(agent, otp=generator.at(seconds)))
    again = await visitor.post(LOGIN, json=credentials(agent, otp=generator.at(seconds)))
    drifted = await visitor.post(LOGIN, json=credentials(agent, otp=generator.at(seconds + 30)))
    too_old = await visitor.post(LOGIN, json=credentials(agent, otp=generator.at(seconds - 120)))

    assert (without.status_code, without.json()["code"]) == (401, "auth.second_factor_required")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "auth.invalid_credentials")
    assert wrong_password.json()["code"] == "auth.invalid_credentials"
    assert right.status_code == 200
    assert again.status_code == 401
    assert drifted.status_code == 200
    assert too_old.status_code == 401


async def test_a_logout_ends_the_token_it_is_called_with(organisation: TestOrganisation, enter: Enter) -> None:
    first, second = enter(organisation, "agent1"), enter(organisation, "agent1")

    reply = await first.post(LOGOUT)

    assert reply.json() == {"success": True, "message": "Signed out"}
    assert (await first.get(JOBS)).status_code == 401
    assert (await second.get(JOBS)).status_code == 200


async def test_a_logout_ends_a_session_and_takes_its_cookie_away(
    server: TestServer, organisation: TestOrganisation
) -> None:
    session = make_credential(organisation, "admin", kind="session")
    async with server.client(Cookie=f"firstfix_session={session}") as client:
        token = (await client.get("/api/security/csrf-token")).json()["data"]["token"]
        reply = await client.post(LOGOUT, headers={"X-CSRF-Token": token})

        assert reply.status_code == 200
        assert reply.headers["Set-Cookie"] == "firstfix_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        assert (await client.get(JOBS)).status_code == 401


async def test_a_logout_needs_a_token_of_its_own(enter: Enter, organisation: TestOrganisation) -> None:
    reply = await enter(organisation, "admin").client.post(LOGOUT)

    assert reply.json()["code"] == "csrf.missing"


@pytest.mark.parametrize(
    ("change", "is_let_in"),
    [
        ("expires_at = now() + interval '5 seconds'", True),
        ("expires_at = now() - interval '1 second'", False),
        ("idle_seconds = 1800, last_used_at = now() - interval '29 minutes'", True),
        ("idle_seconds = 1800, last_used_at = now() - interval '31 minutes'", False),
        ("idle_seconds = NULL, last_used_at = now() - interval '29 days'", True),
    ],
)
async def test_a_session_ends_by_age_and_by_rest(
    server: TestServer, organisation: TestOrganisation, *, change: str, is_let_in: bool
) -> None:
    session = make_credential(organisation, "admin", kind="session")
    organisation.execute(
        f"UPDATE credentials SET {change} WHERE secret_hash = :hash",  # noqa: S608 (ours)
        hash=hash_secret(session),
    )
    async with server.client(Cookie=f"firstfix_session={session}") as client:
        assert ((await client.get(JOBS)).status_code == 200) is is_let_in


async def test_each_request_keeps_a_session_awake(server: TestServer, organisation: TestOrganisation) -> None:
    session = make_credential(organisation, "admin", kind="session")
    organisation.execute(
        "UPDATE credentials SET idle_seconds = 1800, last_used_at = now() - interval '20 minutes'"
        " WHERE secret_hash = :hash",
        hash=hash_secret(session),
    )
    async with server.client(Cookie=f"firstfix_session={session}") as client:
        await client.get(JOBS)
    (rested,) = organisation.execute(
        "SELECT now() - last_used_at FROM credentials WHERE secret_hash = :hash", hash=hash_secret(session)
    )[0]

    assert rested < timedelta(minutes=1)


async def test_a_closed_account_and_a_lowered_role_count_at_once(enter: Enter, organisation: TestOrganisation) -> None:
    office = enter(organisation, "manager")
    assert (await office.get(JOBS)).status_code == 200
    organisation.execute(
        "UPDATE people SET denied_keys = '{api.jobs.manage.list,api.jobs.manage.manage}' WHERE id = :id",
        id=organisation["manager"].id,
    )
    assert (await office.get(JOBS)).status_code == 403
    organisation.execute("UPDATE people SET archived_at = now() WHERE id = :id", id=organisation["manager"].id)
    assert (await office.get(JOBS)).status_code == 401
