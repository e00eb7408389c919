"""A database is prepared once, and refused where it would not keep what it is given or keep organisations apart."""

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from firstfix.adapters.bootstrap import (
    DatabaseRefused,
    DatabaseUrls,
    check_database,
    check_keys,
    migrate,
    prepare_embedded,
)
from firstfix.adapters.embedded_postgres import EmbeddedPostgres
from firstfix.kit.sealing import KeyRing, SealingError, with_new_key
from firstfix.migrations import MigrationRefused
from tests.factories.databases import APP, OWNER, TestDatabases


@pytest.fixture
def urls(databases: TestDatabases) -> Iterator[DatabaseUrls]:
    """A migrated database of this test's own."""
    name = f"own_{uuid4().hex[:12]}"
    databases.create(name)
    yield DatabaseUrls(app=databases.url(APP, name), owner=databases.url(OWNER, name))
    databases.drop(name)


@pytest.fixture
def role(databases: TestDatabases) -> Iterator[str]:
    """A role that owns nothing."""
    name = f"role_{uuid4().hex[:12]}"
    as_superuser(databases, f"CREATE ROLE {name} LOGIN")
    yield name
    as_superuser(databases, f"DROP OWNED BY {name}")
    as_superuser(databases, f"DROP ROLE {name}")


def as_superuser(databases: TestDatabases, statement: str) -> None:
    with psycopg.connect(databases.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(statement))


def of_role(urls: DatabaseUrls, role: str) -> str:
    return urls.app.replace(f"user={APP}", f"user={role}")


def test_an_embedded_database_is_prepared_twice_with_the_same_outcome(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path)
    address = postgres.start()
    try:
        urls = [prepare_embedded(address) for _ in range(2)]
        migrate(urls[0])
        migrate(urls[1])
        check_database(urls[0].app)
    finally:
        postgres.stop()

    assert urls[0] == urls[1]


def test_two_migrations_at_once_are_both_done(databases: TestDatabases) -> None:
    name = f"empty_{uuid4().hex[:12]}"
    as_superuser(databases, f"CREATE DATABASE {name} OWNER {OWNER}")
    urls = DatabaseUrls(app=databases.url(APP, name), owner=databases.url(OWNER, name))
    failures: list[Exception] = []

    def run() -> None:
        try:
            migrate(urls)
        except Exception as error:  # noqa: BLE001 (told below)
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    check_database(urls.app)
    databases.drop(name)


def test_a_good_database_is_accepted(urls: DatabaseUrls) -> None:
    check_database(urls.app)


def test_a_superuser_is_refused(urls: DatabaseUrls) -> None:
    with pytest.raises(DatabaseRefused, match="postgres is a superuser"):
        check_database(of_role(urls, "postgres"))


def test_the_owner_is_refused(urls: DatabaseUrls) -> None:
    with pytest.raises(DatabaseRefused, match="owns tables"):
        check_database(urls.required_owner)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("GRANT postgres TO {role}", "may become one"),
        (f"GRANT {OWNER} TO {{role}}", "may become their owner"),
        ("ALTER ROLE {role} BYPASSRLS", "bypasses row-level security"),
        ("ALTER ROLE {role} SET synchronous_commit = off", "synchronous_commit off"),
    ],
)
def test_a_role_that_is_not_bound_is_refused(
    databases: TestDatabases, urls: DatabaseUrls, role: str, change: str, reason: str
) -> None:
    as_superuser(databases, change.format(role=role))

    with pytest.raises(DatabaseRefused, match=reason):
        check_database(of_role(urls, role))


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_a_server_that_may_lose_data_is_refused(tmp_path: Path, name: str) -> None:
    postgres = EmbeddedPostgres(tmp_path, settings={name: "off"})
    address = postgres.start()
    try:
        with pytest.raises(DatabaseRefused, match=f"{name} off"):
            check_database(address.url("postgres", "postgres"))
    finally:
        postgres.stop()


def test_an_empty_database_is_refused(databases: TestDatabases, role: str) -> None:
    with pytest.raises(DatabaseRefused, match="no schema yet"):
        check_database(databases.url(role, "postgres"))


def test_an_older_schema_is_refused_and_a_newer_one_is_not_migrated(urls: DatabaseUrls) -> None:
    set_revision(urls, "0000")
    with pytest.raises(DatabaseRefused, match="older than this program"):
        check_database(urls.app)

    set_revision(urls, "9999")
    with pytest.raises(MigrationRefused, match="newer Firstfix"):
        migrate(urls)


def set_revision(urls: DatabaseUrls, revision: str) -> None:
    with psycopg.connect(urls.required_owner) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", (revision,))


def test_a_database_that_is_not_there_is_told_in_a_sentence(databases: TestDatabases) -> None:
    with pytest.raises(DatabaseRefused, match=r"cannot be reached: .*does not exist"):
        check_database(databases.url(APP, "nowhere"))


def test_a_migration_gives_the_role_of_requests_its_time_outs(
    databases: TestDatabases, urls: DatabaseUrls, role: str
) -> None:
    migrate(DatabaseUrls(app=of_role(urls, role), owner=urls.owner))

    with psycopg.connect(databases.url(role, "postgres")) as connection:
        row = connection.execute("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        assert row.fetchone() == ("5s", "2s")


def test_a_ring_fits_until_a_key_is_lost_or_exchanged(urls: DatabaseUrls) -> None:
    first = with_new_key(None)
    both = with_new_key(first)
    check_keys(urls.app, first)
    check_keys(urls.app, both)
    check_keys(urls.app, both)

    with pytest.raises(SealingError, match="lacks the key k2"):
        check_keys(urls.app, first)
    with pytest.raises(SealingError, match="k1 of the ring is another one"):
        check_keys(urls.app, KeyRing(writer="k1", keys=with_new_key(None).keys | {"k2": both.keys["k2"]}))


def test_the_role_of_requests_cannot_forget_a_key(urls: DatabaseUrls) -> None:
    check_keys(urls.app, with_new_key(None))

    with psycopg.connect(urls.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM sealing_keys")
