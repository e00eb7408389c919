"""What a real server answers before and beside the APIs."""

import re
import socket

import pytest

from tests.factories.servers import TestServer
from tests.factories.waiting import PATIENCE_SECONDS


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_server_that_is_well_says_so(server: TestServer, path: str) -> None:
    async with server.client() as client:
        reply = await client.get(path)

    assert (reply.status_code, reply.json()) == (200, {"status": "ok"})


async def test_the_numbers_are_prometheus_own_form(server: TestServer) -> None:
    async with server.client() as client:
        await client.get("/auth/whoami")
        reply = await client.get("/metrics")

    assert re.fullmatch(r"text/plain; version=[0-9.]+; charset=utf-8", reply.headers["content-type"])
    assert 'firstfix_requests_total{api="field",operation="whoami",status="401"}' in reply.text
    assert 'firstfix_database_connections{pool="reads",state="idle"}' in reply.text
    assert "firstfix_longest_overdue_seconds " in reply.text


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PROPFIND", "POST"])
async def test_a_method_that_an_address_does_not_have_is_refused_with_those_it_has(
    server: TestServer, method: str
) -> None:
    async with server.client() as client:
        reply = await client.request(method, "/auth/whoami")

    assert (reply.status_code, reply.headers["allow"]) == (405, "GET")


async def test_each_api_refuses_an_unknown_address_in_its_own_form(server: TestServer) -> None:
    async with server.client() as client:
        field = await client.get("/nothing/here")
        manage = await client.get("/api/nothing/here")
        web = await client.get("/web/nothing/here")

    assert [reply.status_code for reply in (field, manage, web)] == [404, 404, 404]
    assert field.json()["error"]["name"] == "NotFoundError"
    assert manage.json()["success"] is False
    assert web.headers["content-type"] == "application/problem+json"
    assert all(reply.headers["x-request-id"] for reply in (field, manage, web))


async def test_headers_that_name_another_method_are_ignored(server: TestServer) -> None:
    async with server.client() as client:
        headers = {"X-HTTP-Method-Override": "GET", "X-Method-Override": "GET", "X-HTTP-Method": "GET"}
        reply = await client.post("/auth/whoami", headers=headers)

    assert reply.status_code == 405


async def test_a_host_that_is_none_is_refused(server: TestServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: jobs.example.com evil\r\n\r\n")
        reply = connection.recv(65536)

    assert reply.startswith(b"HTTP/1.1 400 ")


async def test_every_api_forbids_keeping_its_replies(server: TestServer) -> None:
    async with server.client() as client:
        replies = [await client.get(path) for path in ("/", "/auth/whoami", "/api/x", "/web/me", "/readyz")]

    assert {reply.headers["cache-control"] for reply in replies} == {"no-store"}
