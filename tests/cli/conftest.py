"""What tests of the command line share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from msgspec import Struct
from sqlalchemy import Engine, create_engine

from firstfix.adapters.bootstrap import DatabaseUrls
from firstfix.cli.commands import run
from tests.factories.databases import APP, OWNER, TestDatabases


class Outcome(Struct, frozen=True):
    """What a command left."""

    code: int
    out: str
    err: str


Firstfix = Callable[..., Outcome]


@pytest.fixture
def urls(databases: TestDatabases) -> Iterator[DatabaseUrls]:
    """A migrated database of this test's own."""
    name = f"own_{uuid4().hex[:12]}"
    databases.create(name)
    yield DatabaseUrls(app=databases.url(APP, name), owner=databases.url(OWNER, name))
    databases.drop(name)


@pytest.fixture
def owner(urls: DatabaseUrls) -> Iterator[Engine]:
    """The same database as its owner."""
    engine = create_engine(urls.required_owner.replace("postgresql:", "postgresql+psycopg:", 1))
    yield engine
    engine.dispose()


@pytest.fixture
def firstfix(
    urls: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Firstfix:
    """Run a command on that database, in this process."""
    monkeypatch.setenv("FIRSTFIX_DATABASE_URL", urls.app)
    monkeypatch.setenv("FIRSTFIX_OWNER_DATABASE_URL", urls.required_owner)
    monkeypatch.setenv("FIRSTFIX_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> Outcome:
        capfd.readouterr()
        code = run(list(arguments))
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call
