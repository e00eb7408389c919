"""Browsers of the web API, with a cookie jar of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from firstfix.kit.secrets import hash_secret, new_secret
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer

COOKIE = "firstfix_session"
OWN_PAGE = {"X-Firstfix": "1", "Sec-Fetch-Site": "same-origin"}
"""What our own pages send."""

Browse = Callable[[TestOrganisation, str], Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def browser(server: TestServer) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on one of our pages, signed in nowhere."""
    async with server.client(**OWN_PAGE) as client:
        yield client


@pytest.fixture
async def browse(server: TestServer) -> AsyncIterator[Browse]:
    """Open a browser with somebody's session, past the password and its Argon2."""
    async with AsyncExitStack() as stack:

        async def open_browser(organisation: TestOrganisation, label: str) -> httpx.AsyncClient:
            client = await stack.enter_async_context(server.client(**OWN_PAGE))
            client.cookies.set(COOKIE, make_session(organisation, label), domain="127.0.0.1", path="/")
            return client

        yield open_browser


def make_session(organisation: TestOrganisation, label: str) -> str:
    """Make somebody a session and return its secret."""
    secret = new_secret()
    organisation.insert(
        "credentials", kind="session", secret_hash=hash_secret(secret), person_id=organisation[label].id
    )
    return secret
