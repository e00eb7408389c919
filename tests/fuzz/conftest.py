"""Generated requests by an administrator. `short` runs with all tests, `long` with `make fuzz`."""

import pytest
from hypothesis import HealthCheck, settings

from tests.conftest import MakeOrganisation
from tests.factories.servers import TestServer
from tests.fuzz.caller import Caller

_SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]

settings.register_profile("short", max_examples=8, derandomize=True, database=None, suppress_health_check=_SLOW)
settings.register_profile("long", max_examples=300, suppress_health_check=_SLOW)


@pytest.fixture(scope="session")
def caller(server: TestServer, make_organisation: MakeOrganisation) -> Caller:
    """The administrator of an organisation whose jobs may come to harm."""
    return Caller(server, make_organisation())
