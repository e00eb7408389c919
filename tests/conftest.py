"""Fixtures that all tests share: a real PostgreSQL, committed organisations, a real server."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]  # it has none

from firstfix.adapters.database import Database, Limits
from firstfix.domain.people.permissions import DEFAULT_ROLES
from firstfix.domain.work import AccountType, Actor, Work
from firstfix.kit.key_file import KeyFile
from firstfix.kit.sealing import KeyRing, load_key_ring
from tests.factories.cinemas import Cinema
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.organisations import OrganisationOptions, TestOrganisation, make_committed_organisation
from tests.factories.races import Run
from tests.factories.s3 import Bucket, serve_s3
from tests.factories.servers import TestServer

MakeOrganisation = Callable[..., TestOrganisation]

# How long an example takes says how busy the machine is, and nothing else.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

_BROWSERS = "tests/e2e/"
_FIRST = (_BROWSERS, "tests/faults/", "tests/cli/", "tests/test_wheel.py", "tests/docs/", "tests/mail/")
"""Where files take longest. They begin first, so that at the end no process works on alone."""


class WholeFiles(LoadScopeScheduling):  # type: ignore[misc]  # as above
    """Gives a file to one process, for what it shares is made once in each; all with a browser share a server."""

    def add_node_collection(self, node: object, collection: list[str]) -> None:
        """Tell tests apart by their place too: those made from the OpenAPI document share one name."""
        super().add_node_collection(node, [f"{nodeid}::{place}" for place, nodeid in enumerate(collection)])

    def _split_scope(self, nodeid: str) -> str:
        return _BROWSERS if nodeid.startswith(_BROWSERS) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> WholeFiles:
    """Share the tests out among processes."""
    config.option.loadscopereorder = False
    return WholeFiles(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes longest begin first."""
    ranks = {item: [item.nodeid.startswith(place) for place in _FIRST] for item in items}
    items.sort(key=lambda item: ranks[item].index(True) if any(ranks[item]) else len(_FIRST))


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestDatabases]:
    """The PostgreSQL of this test worker."""
    databases = TestDatabases(tmp_path_factory.mktemp("postgres"))
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def database_url(databases: TestDatabases) -> str:
    """A migrated database, as the app's role. Tests keep apart by organisation."""
    databases.create("firstfix")
    return databases.url(APP, "firstfix")


@pytest.fixture(scope="session")
def owner_engine(databases: TestDatabases, database_url: str) -> Iterator[Engine]:  # noqa: ARG001 (it must exist)
    """The same database as its owner."""
    engine = create_engine(databases.sqlalchemy_url(OWNER, "firstfix"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
async def app_engine(databases: TestDatabases, database_url: str) -> AsyncIterator[AsyncEngine]:  # noqa: ARG001
    """The same database as the app's role, asynchronous."""
    engine = create_async_engine(databases.sqlalchemy_url(APP, "firstfix"))
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
def make_organisation(owner_engine: Engine) -> MakeOrganisation:
    """Found a committed organisation with an account of each kind; options as `OrganisationOptions` has them."""

    def make(**options: object) -> TestOrganisation:
        return make_committed_organisation(owner_engine, OrganisationOptions(**options))  # type: ignore[arg-type]

    return make


@pytest.fixture
def organisation(make_organisation: MakeOrganisation) -> TestOrganisation:
    """A new organisation for this test alone."""
    return make_organisation()


@pytest.fixture(scope="session")
def home(make_organisation: MakeOrganisation) -> TestOrganisation:
    """The organisation of domain tests, whose changes are rolled back."""
    return make_organisation()


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    """A key ring."""
    return load_key_ring(tmp_path_factory.mktemp("keys") / "keys.json")


@pytest.fixture
async def work(app_engine: AsyncEngine, home: TestOrganisation, keys: KeyRing) -> AsyncIterator[Work]:
    """A work of the administrator in an outer transaction that is rolled back."""
    async with app_engine.connect() as connection:
        outer = await connection.begin()
        session = AsyncSession(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        set_organisation = text("SELECT now() FROM set_config('firstfix.organisation', :id, true)")
        now = (await session.execute(set_organisation, {"id": str(home.id)})).scalar_one()
        yield Work(session, actor=actor_of(home, "admin"), now=now, keys=keys, source="web", request_id="test")
        await session.close()
        await outer.rollback()


@pytest.fixture
async def run(database_url: str, tmp_path: Path, organisation: TestOrganisation) -> AsyncIterator[Run]:
    """Run commands in works of their own, on real connections: for races."""
    database = Database(database_url, keys=KeyFile(tmp_path / "keys.json"), limits=Limits(transactions=8, reads=2))
    yield Run(database, organisation)
    await database.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[TestServer]:
    """A real server on this worker's database."""
    server = TestServer(tmp_path_factory.mktemp("server"), database_url)
    yield server
    server.close()


@pytest.fixture
async def cinema(server: TestServer, database_url: str, organisation: TestOrganisation) -> AsyncIterator[Cinema]:
    """Makes films of this test's organisation, in that server's store."""
    database = Database(database_url, keys=KeyFile(server.folder / "keys.json"))
    yield Cinema(database, server, organisation)
    await database.close()


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """A real S3-compatible store."""
    with serve_s3(tmp_path_factory.mktemp("s3")) as bucket:
        yield bucket


def actor_of(organisation: TestOrganisation, label: str) -> Actor:
    """Make the actor of one of the accounts, with the keys of its default role."""
    account = organisation[label]
    role = "Administrator" if label == "admin" else label.rstrip("0123456789").capitalize()
    account_type, held = DEFAULT_ROLES[role]
    return Actor(
        organisation_id=organisation.id,
        person_id=account.id,
        person_uuid=account.uuid,
        account_type=AccountType(account_type),
        is_administrator=label == "admin",
        branch_ids=account.branch_ids,
        keys=frozenset(held),
    )
