"""The one-time link of a first start, on a database in which nothing is founded yet."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import msgspec
import psycopg
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError

from firstfix.adapters.database import Database
from firstfix.domain.errors import Refusal
from firstfix.domain.founding.accounts import BadAddress, WeakPassword
from firstfix.domain.founding.commands import found_organisation
from firstfix.domain.founding.links import open_set_up
from firstfix.domain.founding.set_up import (
    BadSetting,
    SetUp,
    SetUpLinkWorthless,
    check_set_up,
    require_open_set_up,
    set_up,
)
from firstfix.kit.key_file import KeyFile
from firstfix.kit.secrets import hash_secret
from tests.factories.databases import APP, OWNER, TestDatabases
from tests.factories.waiting import until

CHOICE = SetUp(
    organisation_name="Acme Repairs",
    time_zone="Europe/Paris",
    currency="EUR",
    first_name="Ann",
    last_name="Archer",
    email="ann@example.com",
    password="a password for tests",
)
_numbers = count(1)


@pytest.fixture
def empty(databases: TestDatabases) -> Iterator[str]:
    name = f"set_up_{next(_numbers)}"
    databases.create(name)
    yield name
    databases.drop(name)


@pytest.fixture
def owner(databases: TestDatabases, empty: str) -> Iterator[Engine]:
    engine = create_engine(databases.sqlalchemy_url(OWNER, empty))
    yield engine
    engine.dispose()


@pytest.fixture
async def database(databases: TestDatabases, empty: str, tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(databases.url(APP, empty), keys=KeyFile(tmp_path / "keys.json"))
    yield database
    await database.close()


def make_link(owner: Engine) -> str:
    with owner.begin() as connection:
        secret = open_set_up(connection)
    assert secret is not None
    return secret


async def use(database: Database, secret: str, choice: SetUp = CHOICE) -> None:
    async with database.session() as session:
        await set_up(session, secret, choice, password_hash="made up")


async def is_open(database: Database, secret: str) -> bool:
    async with database.session() as session:
        try:
            await require_open_set_up(session, secret)
        except SetUpLinkWorthless:
            return False
        return True


def read(owner: Engine, statement: str) -> list[tuple[object, ...]]:
    with owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


async def test_a_link_founds_the_organisation_with_its_administrator(owner: Engine, database: Database) -> None:
    secret = make_link(owner)
    assert await is_open(database, secret)

    await use(database, secret)

    assert read(owner, "SELECT name, slug, time_zone, currency FROM organisations") == [
        ("Acme Repairs", "main", "Europe/Paris", "EUR")
    ]
    assert read(owner, "SELECT name FROM branches") == [("Head office",)]
    assert read(
        owner,
        "SELECT p.first_name, p.last_name, p.email, p.password_hash, r.is_administrator"
        " FROM people p JOIN roles r ON r.id = p.role_id",
    ) == [("Ann", "Archer", "ann@example.com", "made up", True)]
    assert read(owner, "SELECT count(*) > 3 FROM statuses") == [(True,)]
    assert read(owner, "SELECT entity, action, source FROM events") == [("person", "created", "web")]


async def test_of_fifty_who_use_a_link_at_once_one_wins(owner: Engine, database: Database) -> None:
    secret = make_link(owner)
    choices = [msgspec.structs.replace(CHOICE, email=f"founder{number}@example.com") for number in range(50)]

    outcomes = await asyncio.gather(*(use(database, secret, choice) for choice in choices), return_exceptions=True)

    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, SetUpLinkWorthless) for outcome in outcomes) == 49
    assert read(owner, "SELECT count(*) FROM organisations") == [(1,)]
    assert read(owner, "SELECT email FROM people") == [(f"founder{outcomes.index(None)}@example.com",)]
    assert not await is_open(database, secret)


async def test_a_link_ends_after_a_day(owner: Engine, database: Database) -> None:
    secret = make_link(owner)
    assert read(owner, "SELECT expires_at - now() BETWEEN '23:59' AND '24:00' FROM set_up_links") == [(True,)]
    with owner.begin() as connection:
        connection.execute(text("UPDATE set_up_links SET expires_at = now()"))

    assert not await is_open(database, secret)
    with pytest.raises(SetUpLinkWorthless):
        await use(database, secret)


async def test_a_new_link_ends_the_one_before(owner: Engine, database: Database) -> None:
    earlier, later = make_link(owner), make_link(owner)

    assert [await is_open(database, secret) for secret in (earlier, later, "0" * 64)] == [False, True, False]


async def test_a_link_is_worth_nothing_where_an_organisation_is(owner: Engine, database: Database) -> None:
    secret = make_link(owner)
    with owner.begin() as connection:
        found_organisation(connection, name="First", slug="first", branches=["Office"])

    assert not await is_open(database, secret)
    with pytest.raises(SetUpLinkWorthless):
        await use(database, secret)
    with owner.begin() as connection:
        assert open_set_up(connection) is None


async def test_a_link_waits_for_who_founds_in_another_way(owner: Engine, database: Database) -> None:
    secret = make_link(owner)
    is_awaited = text("SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))")

    with owner.begin() as connection:
        found_organisation(connection, name="First", slug="first", branches=["Office"])
        using = asyncio.create_task(use(database, secret))
        await until(lambda: connection.execute(is_awaited).all())
    with pytest.raises(SetUpLinkWorthless):
        await using

    assert read(owner, "SELECT name FROM organisations") == [("First",)]


async def test_only_the_hash_is_kept_and_the_apps_role_sees_no_link(
    owner: Engine, database: Database, databases: TestDatabases, empty: str
) -> None:
    secret = make_link(owner)

    assert read(owner, "SELECT secret_hash FROM set_up_links") == [(hash_secret(secret),)]
    with psycopg.connect(databases.url(APP, empty)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM set_up_links")
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with database.session() as session:
            await session.execute(text("INSERT INTO organisations (name, slug) VALUES ('Mine', 'mine')"))


@pytest.mark.parametrize(
    ("change", "refusal", "field"),
    [
        ({"organisation_name": " \u3000"}, BadSetting, "organisation_name"),
        ({"organisation_name": "x" * 201}, BadSetting, "organisation_name"),
        ({"first_name": ""}, BadSetting, "first_name"),
        ({"last_name": "\t"}, BadSetting, "last_name"),
        ({"last_name": "A\0"}, BadSetting, "last_name"),
        ({"time_zone": "Europe/Nowhere"}, BadSetting, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, BadSetting, "time_zone"),
        ({"currency": "gbp"}, BadSetting, "currency"),
        ({"currency": "POUND"}, BadSetting, "currency"),
        ({"email": "ann"}, BadAddress, "email"),
        ({"email": "ann@"}, BadAddress, "email"),
        ({"email": "a n@example.com"}, BadAddress, "email"),
        ({"password": "eleven char"}, WeakPassword, "password"),
    ],
)
def test_what_cannot_be_founded_is_told_by_its_field(
    change: dict[str, str], refusal: type[Refusal], field: str
) -> None:
    with pytest.raises(refusal) as refused:
        check_set_up(msgspec.structs.replace(CHOICE, **change))

    assert refused.value.field == field


def test_blanks_around_names_are_dropped() -> None:
    given = msgspec.structs.replace(CHOICE, organisation_name=" Acme Repairs ", email=" ann@example.com\n")

    assert check_set_up(given) == CHOICE
