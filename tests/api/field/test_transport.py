"""How the field API is spoken: keys, addresses, types, errors."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

WINDOW = "start=2000-01-01&end=2060-01-01"


async def test_the_service_tells_what_it_is(server: TestServer) -> None:
    async with server.client() as client:
        replies = [await client.get("/", headers=headers) for headers in ({}, {"Accept": "*/*"})]
        browser = await client.get("/", headers={"Accept": "text/html,application/xhtml+xml"})

    for reply in replies:
        assert (reply.status_code, reply.json()["api"], reply.json()["service"]) == (200, "1.0", "firstfix")
        assert set(reply.json()) == {"api", "version", "service"}
    assert (browser.status_code, browser.headers["location"]) == (302, "/app/")


@pytest.mark.parametrize(("who", "role"), [("admin", "admin"), ("manager", "employee"), ("contractor1", "employee")])
async def test_a_key_tells_whose_it_is(server: TestServer, organisation: TestOrganisation, who: str, role: str) -> None:
    async with server.field(organisation[who].api_key) as client:
        reply = await client.get("/auth/whoami")

    assert reply.json() == {
        "user_url": f"{server.base_url}/user/{organisation[who].uuid.hex}",
        "uuid": organisation[who].uuid.hex,
        "roles": [role],
        "email": organisation[who].email,
    }


@pytest.mark.parametrize("scheme", ["Token", "token", "TOKEN", "Token  "])
async def test_the_scheme_is_written_in_any_case(
    server: TestServer, organisation: TestOrganisation, scheme: str
) -> None:
    async with server.client(Authorization=f"{scheme} {organisation['admin'].api_key}") as client:
        assert (await client.get("/auth/whoami")).status_code == 200


async def test_a_key_may_stand_in_the_query_of_a_get(server: TestServer, organisation: TestOrganisation) -> None:
    key = organisation["admin"].api_key
    async with server.client() as client:
        got = await client.get(f"/job/?{WINDOW}&api_key={key}")
        posted = await client.post(f"/job/?api_key={key}", json={})

    assert got.status_code == 200
    assert f"{WINDOW}&api_key={key}&page=0&pageSize=20" in got.headers["link"]
    assert posted.status_code == 401


async def test_a_key_is_the_same_in_either_case_wherever_it_stands(
    server: TestServer, organisation: TestOrganisation
) -> None:
    key = organisation["admin"].api_key.upper()
    async with server.client() as client:
        in_query = [
            await client.get("/auth/whoami", params={"api_key": given}) for given in (key, f" {key}", f"{key}0")
        ]
        in_header = await client.get("/auth/whoami", headers={"Authorization": f"token  {key}"})

    assert [reply.status_code for reply in in_query] == [200, 401, 401]
    assert in_header.status_code == 200


async def test_the_header_beats_the_query(server: TestServer, organisation: TestOrganisation) -> None:
    async with server.field("0" * 32) as client:
        assert (await client.get(f"/auth/whoami?api_key={organisation['admin'].api_key}")).status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Token",
        "Token 123",
        f"Token {'0' * 32}",
        f"Token {'g' * 32}",
        f"Bearer {'0' * 32}",
        f"Token {'0' * 31}é",
    ],
)
async def test_nobody_else_gets_in(server: TestServer, header: str | None) -> None:
    async with server.client() as client:
        if header is not None:
            client.headers["Authorization"] = header
        replies = [
            await client.get("/auth/whoami"),
            await client.get(f"/job/?{WINDOW}"),
            await client.get("/job/J1"),
            await client.post("/job/", json={}),
            await client.delete("/job/J1"),
        ]

    for reply in replies:
        assert reply.status_code == 401
        assert reply.json() == {
            "error": {"name": "AuthenticationError", "message": "Authentication required. Please log in."}
        }


async def test_a_bearer_of_a_good_key_is_refused(server: TestServer, organisation: TestOrganisation) -> None:
    async with server.client(Authorization=f"Bearer {organisation['admin'].api_key}") as client:
        assert (await client.get("/auth/whoami")).status_code == 401


async def test_archived_people_are_out_at_once(server: TestServer, organisation: TestOrganisation) -> None:
    async with server.field(organisation["engineer1"].api_key) as client:
        assert (await client.get("/auth/whoami")).status_code == 200
        organisation.execute("UPDATE people SET archived_at = now() WHERE id = :id", id=organisation["engineer1"].id)
        assert (await client.get("/auth/whoami")).status_code == 401
        assert (await client.get(f"/job/?{WINDOW}")).status_code == 401


@pytest.mark.parametrize("path", ["/job", "/job/"])
async def test_collections_answer_with_and_without_a_slash(field: httpx.AsyncClient, path: str) -> None:
    reply = await field.get(f"{path}?{WINDOW}")

    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    assert f"/job/?{WINDOW}&page=0&pageSize=20>; rel=first" in reply.headers["link"]


async def test_single_things_do_too(field: httpx.AsyncClient, organisation: TestOrganisation) -> None:
    _, uuid = organisation.insert_job()

    assert (await field.get(f"/job/{uuid.hex}/")).json() == (await field.get(f"/job/{uuid.hex}")).json()
    assert (await field.post(f"/job/{uuid.hex}/", json={})).status_code == 204
    assert (await field.get("/auth/whoami/")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("HEAD", "/job/", "GET, POST"),
        ("PUT", "/job/", "GET, POST"),
        ("DELETE", "/job/", "GET, POST"),
        ("HEAD", "/job/J1", "DELETE, GET, POST"),
        ("PATCH", "/job/J1", "DELETE, GET, POST"),
        ("POST", "/auth/whoami", "GET"),
    ],
)
async def test_other_methods_are_told_which_there_are(
    field: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    reply = await field.request(method, path)

    assert (reply.status_code, reply.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        assert reply.json()["error"]["name"] == "MethodNotAllowed"


async def test_an_unknown_address_is_not_found(field: httpx.AsyncClient) -> None:
    reply = await field.get("/nothing/")

    assert (reply.status_code, reply.json()["error"]["name"]) == (404, "NotFoundError")


async def test_an_address_that_is_none_is_not_found(server: TestServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    reply = await reader.read()
    writer.close()

    assert reply.startswith(b"HTTP/1.1 404 ")
    assert reply.endswith(b'{"error":{"name":"NotFoundError","message":"There is nothing at this address."}}')


# Bodies


async def test_a_body_needs_a_content_type(field: httpx.AsyncClient) -> None:
    reply = await field.post("/job/", content=b"{}")

    assert (reply.status_code, reply.json()["error"]["name"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"null", b'"text"', b"\xff", b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", b"{} {}", b"nonsense"]
)
async def test_a_body_is_a_json_object(field: httpx.AsyncClient, body: bytes) -> None:
    reply = await field.post("/job/", content=body, headers={"Content-Type": "application/json"})

    assert (reply.status_code, reply.json()["error"]["name"]) == (400, "BadRequest")


async def test_a_body_is_no_larger_than_a_mebibyte(field: httpx.AsyncClient) -> None:
    reply = await field.post("/job/", json={"description": "x" * (1 << 20)})

    assert (reply.status_code, reply.json()["error"]["name"]) == (413, "PayloadTooLarge")


async def test_the_same_post_with_one_key_makes_one_job(
    field: httpx.AsyncClient, organisation: TestOrganisation
) -> None:
    body = {"scheduledOn": "2030-01-02", "location": {"uuid": organisation.location_uuid.hex}}
    headers = {"Idempotency-Key": "first"}

    first, again = [await field.post("/job/", json=body, headers=headers) for _ in range(2)]
    other = await field.post("/job/", json={**body, "description": "Other"}, headers=headers)

    assert (again.status_code, again.json(), again.headers["location"]) == (
        201,
        first.json(),
        first.headers["location"],
    )
    assert other.status_code == 422
    assert (await field.get(f"/job/?{WINDOW}")).json()["count"] == 1


async def test_plain_http_is_refused_where_https_is_required(
    tmp_path: Path, database_url: str, organisation: TestOrganisation
) -> None:
    server = TestServer(tmp_path / "https", database_url, require_https="true", trusted_proxies="127.0.0.1")
    try:
        async with server.field(organisation["admin"].api_key) as client:
            plain = await client.get("/auth/whoami")
            job = await client.get("/job/J1")
            behind_proxy = await client.get("/auth/whoami", headers={"X-Forwarded-Proto": "https"})
            service = await client.get("/")
    finally:
        server.close()

    for refused in (plain, job):
        assert (refused.status_code, refused.json()["error"]["name"]) == (400, "InvalidProtocolError")
    assert behind_proxy.status_code == 200
    assert behind_proxy.json()["user_url"].startswith("https://")
    assert service.status_code == 200
