"""What tests of the field API share."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.servers import TestServer


@pytest.fixture
async def field(server: TestServer, organisation: TestOrganisation) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator's client."""
    async with server.field(organisation["admin"].api_key) as client:
        yield client


@pytest.fixture
async def stranger(server: TestServer, make_organisation: MakeOrganisation) -> AsyncIterator[httpx.AsyncClient]:
    """The client of another organisation's administrator."""
    async with server.field(make_organisation()["admin"].api_key) as client:
        yield client
