"""The set-up link over HTTP, on a server on which nothing is founded yet."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from firstfix.domain.founding.links import open_set_up
from tests.api.web.conftest import OWN_PAGE
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.servers import TestServer

CHOICE = {
    "organisation_name": "Acme Repairs",
    "time_zone": "Europe/London",
    "currency": "GBP",
    "first_name": "Ann",
    "last_name": "Archer",
    "email": "ann@example.com",
    "password": "a password for tests",
}


@pytest.fixture
def new_server(databases: TestDatabases, tmp_path: Path) -> Iterator[TestServer]:
    databases.create("set_up_over_http")
    server = TestServer(tmp_path, databases.url(APP, "set_up_over_http"), log_requests="true")
    yield server
    server.close()
    databases.drop("set_up_over_http")


@pytest.fixture
def secret(databases: TestDatabases, new_server: TestServer) -> str:  # noqa: ARG001 (its database must exist)
    engine = create_engine(databases.sqlalchemy_url(OWNER, "set_up_over_http"))
    with engine.begin() as connection:
        secret = open_set_up(connection)
    engine.dispose()
    assert secret is not None
    return secret


async def test_a_link_sets_up_once_and_signs_in(new_server: TestServer, secret: str) -> None:
    async with new_server.client(**OWN_PAGE) as browser:
        bad = [
            await browser.post("/web/set-up", json={**CHOICE, "secret": secret, **change})
            for change in ({"organisation_name": " "}, {"email": "ann"}, {"password": "short"}, {"time_zone": "Mars"})
        ]
        assert [(reply.status_code, reply.json()["fields"][0]["path"]) for reply in bad] == [
            (422, "organisation_name"),
            (422, "email"),
            (422, "password"),
            (422, "time_zone"),
        ]
        assert (await browser.post("/web/set-up/check", json={"secret": secret})).status_code == 204

        made = await asyncio.gather(*(browser.post("/web/set-up", json={**CHOICE, "secret": secret}) for _ in range(8)))

        assert sorted(reply.status_code for reply in made) == [200] + [404] * 7
        assert {reply.json()["code"] for reply in made if reply.status_code == 404} == {"founding.link_worthless"}
        founder = next(reply for reply in made if reply.status_code == 200)
        assert founder.json()["name"] == "Ann Archer"
        assert (await browser.get("/web/me")).json()["organisation"]["name"] == "Acme Repairs"
        gone = await browser.post("/web/set-up/check", json={"secret": secret})
        assert gone.status_code == 404
    assert secret not in new_server.log.read_text()
    assert "/web/set-up" in new_server.log.read_text()


async def test_another_sites_page_cannot_use_a_link(new_server: TestServer, secret: str) -> None:
    async with new_server.client(**OWN_PAGE | {"Sec-Fetch-Site": "cross-site"}) as browser:
        reply = await browser.post("/web/set-up", json={**CHOICE, "secret": secret})

    assert (reply.status_code, reply.json()["code"]) == (403, "request.cross_site")
