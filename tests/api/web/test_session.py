"""Signing in and out, and what our own pages alone may do."""

import httpx
import pytest

from tests.api.web.conftest import COOKIE, OWN_PAGE, Browse, make_session
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer


async def test_signing_in_gives_a_session_and_tells_who_it_is(
    browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    agent = organisation["agent1"]

    reply = await browser.post("/web/session", json={"email": agent.email.upper(), "password": agent.password})

    assert reply.status_code == 200
    me = reply.json()
    assert me == (await browser.get("/web/me")).json()
    assert me["person_id"] == agent.id
    assert me["uuid"] == str(agent.uuid)
    assert (me["name"], me["first_name"], me["last_name"]) == (agent.name, "Agent1", "Tester")
    assert me["account_type"] == "agent"
    assert me["role"] == {"name": "Agent"}
    assert me["branch_ids"] == list(agent.branch_ids)
    assert me["organisation"]["name"] == organisation.name
    assert me["organisation"]["timezone"] == "Europe/London"
    assert "api.jobs.manage.list" in me["permissions"]
    assert "api.jobs.amend_request.decide" not in me["permissions"]
    assert me["permissions"] == sorted(me["permissions"])


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    admin = organisation["admin"]

    reply = await browser.post("/web/session", json={"email": admin.email, "password": admin.password})

    value, *attributes = reply.headers["set-cookie"].split("; ")
    name, _, secret = value.partition("=")
    assert name == COOKIE
    assert len(secret) == 64
    assert attributes == ["Path=/", "HttpOnly", "SameSite=Lax"]
    assert secret not in reply.text


async def test_a_remembered_session_outlasts_the_browser(
    browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    admin = organisation["admin"]

    reply = await browser.post(
        "/web/session", json={"email": admin.email, "password": admin.password, "remember": True}
    )

    assert f"Max-Age={30 * 24 * 3600}" in reply.headers["set-cookie"].split("; ")


async def test_signing_in_again_ends_the_session_that_the_browser_came_with(
    browser: httpx.AsyncClient, server: TestServer, organisation: TestOrganisation
) -> None:
    admin, manager = organisation["admin"], organisation["manager"]
    await browser.post("/web/session", json={"email": admin.email, "password": admin.password})
    first = browser.cookies[COOKIE]

    await browser.post("/web/session", json={"email": manager.email, "password": manager.password})

    assert browser.cookies[COOKIE] != first
    assert (await browser.get("/web/me")).json()["name"] == manager.name
    async with server.client(Cookie=f"{COOKIE}={first}") as thief:
        assert (await thief.get("/web/me")).status_code == 401


async def test_a_session_that_somebody_planted_does_not_become_mine(
    browser: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    admin = organisation["admin"]
    planted = "0" * 64
    browser.cookies.set(COOKIE, planted, domain="127.0.0.1", path="/")

    await browser.post("/web/session", json={"email": admin.email, "password": admin.password})

    assert planted not in [cookie.value for cookie in browser.cookies.jar]


async def test_other_browsers_stay_signed_in(browse: Browse, organisation: TestOrganisation) -> None:
    first, second = await browse(organisation, "admin"), await browse(organisation, "admin")

    await second.delete("/web/session")

    assert (await first.get("/web/me")).status_code == 200


async def test_signing_out_ends_the_session_and_may_be_repeated(
    browse: Browse, server: TestServer, organisation: TestOrganisation
) -> None:
    browser = await browse(organisation, "admin")
    secret = browser.cookies[COOKIE]

    replies = [await browser.delete("/web/session") for _ in range(2)]

    assert [reply.status_code for reply in replies] == [204, 204]
    assert COOKIE not in browser.cookies
    assert (await browser.get("/web/me")).status_code == 401
    async with server.client(Cookie=f"{COOKIE}={secret}") as thief:
        assert (await thief.get("/web/me")).status_code == 401


@pytest.mark.parametrize("email", ["nobody@example.com", "", "a\0b@example.com", "ø@example.com"])
async def test_an_unknown_account_is_refused_like_a_wrong_password(
    browser: httpx.AsyncClient, organisation: TestOrganisation, email: str
) -> None:
    unknown = await browser.post("/web/session", json={"email": email.replace("\0", ""), "password": "wrong"})
    wrong = await browser.post("/web/session", json={"email": organisation["admin"].email, "password": "wrong"})

    assert unknown.status_code == wrong.status_code == 401
    for reply in (unknown, wrong):
        problem = reply.json()
        assert "set-cookie" not in reply.headers
        assert problem.pop("request_id") == reply.headers["X-Request-ID"]
        assert problem["code"] == "auth.invalid_credentials"
    assert unknown.json()["detail"] == wrong.json()["detail"]


async def test_too_many_failures_are_told_to_wait(browser: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    email = organisation["engineer1"].email

    statuses = [
        (await browser.post("/web/session", json={"email": email, "password": "wrong"})).status_code for _ in range(10)
    ]
    reply = await browser.post("/web/session", json={"email": email, "password": organisation["engineer1"].password})

    assert statuses == [401] * 10
    assert reply.status_code == 429
    assert reply.json()["code"] == "rate_limited"
    assert 1 <= int(reply.headers["Retry-After"]) <= 60


FOREIGN = [
    {"X-Firstfix": "1", "Sec-Fetch-Site": "cross-site"},
    {"X-Firstfix": "1", "Sec-Fetch-Site": "same-site"},
    {"X-Firstfix": "1", "Sec-Fetch-Site": "none"},
    {"X-Firstfix": "1", "Origin": "https://evil.example"},
    {"X-Firstfix": "1", "Origin": "null"},
    {"X-Firstfix": "1", "Origin": "http://["},
    {"X-Firstfix": "1", "Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    {"X-Firstfix": "1"},
    {"X-Firstfix": "2", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_only_our_own_pages_sign_in_or_change_anything(
    server: TestServer, organisation: TestOrganisation, headers: dict[str, str]
) -> None:
    admin = organisation["admin"]
    _, job_uuid = organisation.insert_job()
    session = make_session(organisation, "admin")

    async with server.client(**headers) as foreign:
        signed_in = await foreign.post("/web/session", json={"email": admin.email, "password": admin.password})
        foreign.cookies.set(COOKIE, session)
        pinned = await foreign.put(f"/web/jobs/{job_uuid}/pin", json={"pinned": True})
        signed_out = await foreign.delete("/web/session")
        still_there = await foreign.get("/web/me")

    for reply in (signed_in, pinned, signed_out):
        assert reply.status_code == 403
        assert reply.json()["code"] == "request.cross_site"
        assert "set-cookie" not in reply.headers
    assert still_there.status_code == 200


async def test_a_page_over_plain_http_is_told_by_its_origin(server: TestServer, organisation: TestOrganisation) -> None:
    admin = organisation["admin"]
    async with server.client(**{"X-Firstfix": "1", "Origin": server.base_url}) as browser:
        reply = await browser.post("/web/session", json={"email": admin.email, "password": admin.password})

    assert reply.status_code == 200


async def test_api_keys_and_tokens_do_not_open_the_web_api(server: TestServer, organisation: TestOrganisation) -> None:
    async with server.client(Authorization=f"Token {organisation['admin'].api_key}", **OWN_PAGE) as client:
        assert (await client.get("/web/me")).status_code == 401


async def test_a_disabled_account_is_out_at_once(browse: Browse, organisation: TestOrganisation) -> None:
    browser = await browse(organisation, "manager")

    organisation.execute("UPDATE people SET archived_at = now() WHERE id = :id", id=organisation["manager"].id)

    assert (await browser.get("/web/me")).status_code == 401
    assert (await browser.post("/web/jobs/query", json={})).status_code == 401
