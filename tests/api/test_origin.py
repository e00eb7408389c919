"""Which host links name: ours, whatever a caller writes into `Host`."""

import socket

import pytest

from firstfix.adapters.own_hosts import find_own_hosts
from firstfix.api.services import Origin
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

ORIGIN = Origin(own_hosts=frozenset({"192.0.2.7", "fd00::7", "box"}), listens_on="192.0.2.7:8000")
FORGED = [
    "evil.example.com",
    "evil.example.com:8000",
    "127.0.0.1.evil.example.com",
    "localhost.evil.example.com",
    "localhost@evil.example.com",
    "evil.example.com#localhost",
    "203.0.113.5",
    "[fd00::8]:8000",
    "[localhost]",
    "box:x",
    "box:123456",
    "localhost\n",
    "localhost/",
    "\uff11\uff12\uff17.0.0.1",
    "",
    "[",
]


def host_of(origin: Origin, host: str, peer: str = "203.0.113.9", **headers: str) -> str:
    _, found, _ = origin.of(scheme="http", host=host, peer=peer, headers=headers)
    return found


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:9000", "127.0.0.1:8000", "127.3.2.1", "[::1]:80", "192.0.2.7:9000", "[fd00::7]", "Box"],
)
def test_our_own_hosts_stay_as_they_were_asked_for(host: str) -> None:
    assert host_of(ORIGIN, host) == host


@pytest.mark.parametrize("host", FORGED)
def test_a_host_that_is_not_ours_is_not_repeated(host: str) -> None:
    assert host_of(ORIGIN, host) == "192.0.2.7:8000"


def test_only_a_trusted_proxy_names_another_host() -> None:
    origin = Origin(listens_on="127.0.0.1:8000", trusted_proxies=("10.0.0.1",))
    forwarded = {"x-forwarded-host": "jobs.example.com"}

    assert host_of(origin, "evil.example.com", "10.0.0.1", **forwarded) == "jobs.example.com"
    assert host_of(origin, "evil.example.com", "10.0.0.1") == "127.0.0.1:8000"
    assert host_of(origin, "localhost", "10.0.0.2", **forwarded) == "localhost"


def test_a_machine_that_listens_everywhere_knows_its_numbers() -> None:
    everywhere, here = find_own_hosts("0.0.0.0"), find_own_hosts("192.0.2.7")  # noqa: S104 (what somebody may ask for)

    assert {"127.0.0.1", socket.gethostname().lower()} <= everywhere
    assert "192.0.2.7" in here
    assert "127.0.0.1" not in here


async def test_no_link_names_a_forged_host(server: TestServer, organisation: TestOrganisation) -> None:
    organisation.insert_job(scheduled_at="2030-01-01")
    async with server.field(organisation["admin"].api_key) as client:
        replies = [
            await client.get(address, headers={"Host": "evil.example.com"})
            for address in ("/job/?start=2029-01-01&end=2031-01-01", "/auth/whoami", "/job/?page=0", "/", "/app")
        ]
        ours = await client.get("/auth/whoami")

    for reply in replies:
        assert "evil" not in reply.text
        assert "evil" not in str(reply.headers)
    assert "http://127.0.0.1:8000/job/" in replies[0].headers["Link"]
    assert ours.json()["user_url"].startswith(f"{server.base_url}/user/")


@pytest.mark.parametrize(("origin", "status"), [("http://jobs.lan:8000", 200), ("http://evil.example.com", 403)])
async def test_a_browser_may_sign_in_under_a_name_that_links_do_not_repeat(
    server: TestServer, organisation: TestOrganisation, origin: str, status: int
) -> None:
    admin = organisation["admin"]
    headers = {"Host": "jobs.lan:8000", "Origin": origin, "X-Firstfix": "1"}  # no Sec-Fetch-Site: it is plain http

    async with server.client() as browser:
        reply = await browser.post(
            "/web/session", json={"email": admin.email, "password": admin.password}, headers=headers
        )

    assert reply.status_code == status
