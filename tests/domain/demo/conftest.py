"""A database with the demonstration, made once."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import Struct
from sqlalchemy import Connection, Engine, create_engine, text

from firstfix.domain.demo.commands import fill_demo
from firstfix.domain.demo.views import DemoOrganisation
from firstfix.kit.sealing import KeyRing
from tests.factories.databases import OWNER, TestDatabases

NOW = datetime(2026, 3, 18, 14, 20, 5, tzinfo=UTC)  # a Wednesday afternoon
JOBS = 400

Read = Callable[..., list[Any]]


class Demo(Struct, frozen=True):
    """A filled database, and what was told of it."""

    engine: Engine
    organisations: list[DemoOrganisation]
    progress: list[tuple[int, int]]

    def read(self, statement: str, **parameters: object) -> list[Any]:
        """Run a statement as the owner, who sees both organisations."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(statement), parameters))


@pytest.fixture(scope="session")
def demo(databases: TestDatabases, keys: KeyRing) -> Iterator[Demo]:
    """The demonstration with 400 jobs. For reading: what a test writes it rolls back."""
    databases.create("demo")
    engine = create_engine(databases.sqlalchemy_url(OWNER, "demo"))
    progress: list[tuple[int, int]] = []
    with engine.begin() as connection:
        organisations = fill_demo(
            connection, keys, JOBS, now=NOW, progress=lambda made, total: progress.append((made, total))
        )
    yield Demo(engine, organisations, progress)
    engine.dispose()
    databases.drop("demo")


@pytest.fixture
def undone(demo: Demo) -> Iterator[Connection]:
    """A connection of the owner to the demonstration; what is done on it is undone."""
    with demo.engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def empty(databases: TestDatabases) -> Iterator[Connection]:
    """A connection of the owner to a migrated database that holds nothing."""
    databases.create("demo_empty")
    engine = create_engine(databases.sqlalchemy_url(OWNER, "demo_empty"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()
    databases.drop("demo_empty")
