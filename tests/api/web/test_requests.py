"""What stands before every operation: the order of refusals, and the form of problems."""

from typing import Any

import httpx
import pytest

from tests.api.web.conftest import COOKIE, OWN_PAGE, Browse
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

LARGE = b'{"filter": {"search": "' + b"x" * (1 << 20) + b'"}}'
DEEP = b"[" * 40 + b"]" * 40


async def test_a_problem_has_the_form_of_rfc_9457(browser: httpx.AsyncClient) -> None:
    reply = await browser.get("/web/me")

    assert reply.status_code == 401
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Authentication required. Please log in.",
        "code": "auth.required",
        "request_id": reply.headers["X-Request-ID"],
    }


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/web/jobs/query", "POST"),
        ("POST", "/web/me", "GET"),
        ("HEAD", "/web/me", "GET"),
        ("OPTIONS", "/web/session", "DELETE, POST"),
    ],
)
async def test_another_method_is_refused_before_all_else(
    browser: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    reply = await browser.request(method, path)

    assert reply.status_code == 405
    assert reply.headers["Allow"] == allowed


async def test_an_address_that_there_is_not_is_a_problem_too(browser: httpx.AsyncClient) -> None:
    reply = await browser.get("/web/nonsense")

    assert (reply.status_code, reply.json()["code"]) == (404, "request.unknown_path")


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"headers": {"X-Firstfix": "0"}, "content": LARGE}, 403, "request.cross_site"),
        ({"cookies": {}, "content": LARGE}, 401, "auth.required"),
        ({"cookies": {COOKIE: "0" * 64}, "content": LARGE}, 401, "auth.required"),
        ({"cookies": {COOKIE: "0" * 64}, "content": b'{"nonsense": 1}'}, 401, "auth.required"),
        ({"content": LARGE, "headers": {"Content-Type": "text/plain"}}, 415, "request.unsupported_type"),
        ({"content": b"filter=1", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 415, None),
        ({"content": b"{}", "headers": {"Content-Type": ""}}, 415, "request.unsupported_type"),
        ({"content": LARGE}, 413, "request.too_large"),
        ({"content": b"{"}, 400, "request.malformed"),
        ({"content": b""}, 400, "request.malformed"),
        ({"content": b"[]"}, 400, "request.malformed"),
        ({"content": b'{"filter": ' + DEEP + b"}"}, 400, "request.malformed"),
        ({"content": b'"\xff"'}, 400, "request.malformed"),
        ({"content": b"{}", "headers": {"Idempotency-Key": "x" * 256}}, 400, "request.invalid"),
        ({"content": b'{"nonsense": 1}'}, 422, "request.invalid"),
        ({"content": b"{}"}, 200, None),
    ],
)
async def test_refusals_come_in_their_order(
    browse: Browse, organisation: TestOrganisation, given: dict[str, Any], status: int, code: str | None
) -> None:
    office = await browse(organisation, "admin")
    if "cookies" in given:
        office.cookies.clear()
        office.cookies.update(given["cookies"])
    headers = {"Content-Type": "application/json", **given.get("headers", {})}

    reply = await office.post("/web/jobs/query", content=given["content"], headers=headers)

    assert reply.status_code == status, reply.text
    assert code is None or reply.json()["code"] == code


async def test_a_missing_permission_is_told_after_the_form_and_before_the_fields(
    browse: Browse, organisation: TestOrganisation
) -> None:
    browser = await browse(organisation, "manager")
    organisation.execute(
        "UPDATE people SET denied_keys = '{api.jobs.manage.list,api.jobs.manage.manage}' WHERE id = :id",
        id=organisation["manager"].id,
    )
    bodies = [b"{", b'{"nonsense": 1}', b"{}"]

    replies = [
        await browser.post("/web/jobs/query", content=body, headers={"Content-Type": "application/json"})
        for body in bodies
    ]

    assert [reply.status_code for reply in replies] == [400, 403, 403]
    assert [reply.json()["code"] for reply in replies[1:]] == ["auth.permission_missing"] * 2
    assert (await browser.get("/web/me")).status_code == 200


async def test_over_https_the_cookie_is_this_hosts_alone(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, organisation: TestOrganisation
) -> None:
    admin = organisation["admin"]
    folder = tmp_path_factory.mktemp("behind_a_proxy")
    server = TestServer(folder, database_url, trusted_proxies="127.0.0.1", public_url="https://jobs.example.com")
    credentials = {"email": admin.email, "password": admin.password}
    try:
        async with server.client(**OWN_PAGE, **{"X-Forwarded-Proto": "https"}) as browser:
            reply = await browser.post("/web/session", json=credentials)
            name, _, secret = reply.headers["set-cookie"].partition(";")[0].partition("=")
            secure = await browser.get("/web/me", headers={"Cookie": f"__Host-firstfix_session={secret}"})
            planted = await browser.get("/web/me", headers={"Cookie": f"{COOKIE}={secret}"})
            by_origin = await browser.delete(
                "/web/session", headers={"Sec-Fetch-Site": "same-origin", "Origin": "https://jobs.example.com"}
            )
    finally:
        server.close()

    assert name == "__Host-firstfix_session"
    assert "Secure" in reply.headers["set-cookie"].split("; ")
    assert (secure.status_code, planted.status_code, by_origin.status_code) == (200, 401, 204)
