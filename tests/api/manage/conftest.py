"""Clients of the manage API, who fetch a single-use token for each change."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from firstfix.kit.secrets import hash_secret, new_secret
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

JOBS = "/api/jobs/manage"


class Office:
    """Somebody's programs: requests with a bearer token."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client = client
        self.token = token

    async def get(self, path: str, **query: object) -> httpx.Response:
        return await self.client.get(path, params={name: str(value) for name, value in query.items()})

    async def csrf_token(self) -> str:
        reply = await self.client.get("/api/security/csrf-token")
        assert reply.status_code == 200, reply.text
        token = reply.json()["data"]["token"]
        assert isinstance(token, str)
        return token

    async def post(self, path: str, content: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        body = {"csrf_token": await self.csrf_token(), **(content or {})}
        return await self.client.post(path, json=body, headers=headers)

    async def create(self, organisation: TestOrganisation, **fields: object) -> dict[str, Any]:
        reply = await self.post(JOBS, new_job(organisation, **fields))
        assert reply.status_code == 201, reply.text
        data = reply.json()["data"]
        assert isinstance(data, dict)
        return data

    async def read(self, uuid: str) -> dict[str, Any]:
        reply = await self.get(JOBS, action="get", uuid=uuid)
        assert reply.status_code == 200, reply.text
        data = reply.json()["data"]
        assert isinstance(data, dict)
        return data


Enter = Callable[[TestOrganisation, str], Office]


@pytest.fixture
async def enter(server: TestServer) -> AsyncIterator[Enter]:
    """Make a client with somebody's bearer token, past the password and its Argon2."""
    async with AsyncExitStack() as stack:
        clients: list[httpx.AsyncClient] = []

        def enter_office(organisation: TestOrganisation, label: str) -> Office:
            token = make_credential(organisation, label, kind="bearer")
            client = server.client(Authorization=f"Bearer {token}")
            clients.append(client)
            return Office(client, token)

        stack.push_async_callback(_close, clients)
        yield enter_office


@pytest.fixture
def office(enter: Enter, organisation: TestOrganisation) -> Office:
    """The administrator's programs."""
    return enter(organisation, "admin")


async def _close(clients: list[httpx.AsyncClient]) -> None:
    for client in clients:
        await client.aclose()


def make_credential(organisation: TestOrganisation, label: str, *, kind: str) -> str:
    """Make somebody a credential and return its secret."""
    secret = new_secret()
    organisation.insert("credentials", kind=kind, secret_hash=hash_secret(secret), person_id=organisation[label].id)
    return secret


def new_job(organisation: TestOrganisation, **fields: object) -> dict[str, Any]:
    """Say what a job must have."""
    return {
        "action": "create",
        "job_title": "Boiler not firing",
        "job_description": "No hot water since Monday.",
        "priority_id": organisation.ids["priorities"]["Medium"],
        "status_id": organisation.ids["statuses"]["New"],
        "job_type_id": organisation.ids["job_types"]["Gas & Heating"],
        "address_id": organisation.location_id,
    } | fields
