"""What tests of promises share: an organisation that works round the clock, so that an hour is an hour."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from firstfix.domain.founding.commands import work_for
from tests.conftest import MakeOrganisation
from tests.factories.organisations import TestOrganisation
from tests.factories.promises import promise, work_round_the_clock


@pytest.fixture
def office(make_organisation: MakeOrganisation, owner_engine: Engine) -> TestOrganisation:
    """An organisation that works round the clock: a job is answered within an hour and done within four."""
    office = make_organisation(time_zone="UTC")
    work_round_the_clock(owner_engine, office)
    promise(office)
    return office


@pytest.fixture
def connection(owner_engine: Engine, office: TestOrganisation) -> Iterator[Connection]:
    """A transaction of the owner in the organisation. Its time stands still."""
    with owner_engine.connect() as connection, connection.begin() as outer:
        work_for(connection, office.id)
        yield connection
        outer.rollback()
