"""From an address to a database that may be served from: roles, schema, and what must hold before anybody is let in."""

import time

import psycopg
import structlog
from msgspec import Struct
from psycopg import sql
from psycopg.rows import class_row
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from firstfix.adapters.embedded_postgres import EmbeddedAddress
from firstfix.domain.sealing.keys import require_fitting_ring
from firstfix.kit.faults import Fault
from firstfix.kit.sealing import KeyRing
from firstfix.migrations import latest_revision, run_migrations

DATABASE = "firstfix"
OWNER_ROLE = "firstfix_owner"
APP_ROLE = "firstfix_app"
OLDEST_SERVER = 180000
APP_ROLE_SETTINGS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "15s",
}
CONNECT_SECONDS = 3
_MIGRATION_LOCK = 0x46697273746669  # any number that nobody else takes; this one spells the name
_LOCK_WAIT = "10s"
_TRIES = 6
_DURABILITY = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")

_log = structlog.get_logger(__name__)


class DatabaseRefused(Fault):
    """The database cannot be reached or must not be served from; the message is for people."""


class DatabaseUrls(Struct, frozen=True):
    """One database as its roles. `owner` is `None` where it was not given, `superuser` where it is not embedded."""

    app: str
    owner: str | None
    superuser: str | None = None

    @property
    def required_owner(self) -> str:
        """The owner's address.

        Raises:
            DatabaseRefused: It was not given.
        """
        if self.owner is None:
            raise DatabaseRefused("Set FIRSTFIX_OWNER_DATABASE_URL: this needs the role that owns the schema.")
        return self.owner


def urls_of(address: EmbeddedAddress) -> DatabaseUrls:
    """Give the embedded database's addresses."""
    return DatabaseUrls(
        app=address.url(APP_ROLE, DATABASE),
        owner=address.url(OWNER_ROLE, DATABASE),
        superuser=address.url("postgres", DATABASE),
    )


def prepare_embedded(address: EmbeddedAddress) -> DatabaseUrls:
    """Make the roles and the database where they are missing; each step may have been done by a start that crashed."""
    with psycopg.connect(address.url("postgres", "postgres"), autocommit=True) as connection:
        for role in (OWNER_ROLE, APP_ROLE):
            if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).rowcount:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", (DATABASE,)).rowcount:
            create = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)))
    return urls_of(address)


def plain_engine(url: str) -> Engine:
    """Make an engine for one command's work, without a pool."""
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )


def migrate(urls: DatabaseUrls) -> None:
    """Bring the schema up to date as the owner, and the app role's time-outs to what they should be.

    Two at once are safe: the second waits, and finds nothing to do. Where the schema's own locks do not come free, the
    whole is undone and tried again, so that requests never queue behind a migration for long.

    Raises:
        DatabaseRefused: It cannot be reached, or stays locked.
        MigrationRefused: Its schema is newer than this program.
    """
    engine = plain_engine(urls.required_owner)
    app_role = _settle_app_role(urls.app)
    for left in reversed(range(_TRIES)):
        try:
            with engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
                connection.execute(text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": _LOCK_WAIT})
                if _find_revision(connection) != latest_revision():
                    run_migrations(connection, app_role=app_role)
        except DBAPIError as error:
            if left and isinstance(error.orig, psycopg.errors.LockNotAvailable):
                _log.warning("migration.waiting", tries_left=left)
                time.sleep(1)
                continue
            raise DatabaseRefused(f"The database cannot be migrated: {_first_line(error.orig)}") from error
        return


def _find_revision(connection: Connection) -> str | None:
    if connection.scalar(text("SELECT to_regclass('public.alembic_version')")) is None:
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def check_database(app_url: str) -> None:
    """Refuse a database that could lose what it acknowledged, or an app role that row-level security does not bind.

    Raises:
        DatabaseRefused: The sentence says what is wrong and what to do.
    """
    with _connect(app_url) as connection:
        version = connection.info.server_version
        if version < OLDEST_SERVER:
            raise DatabaseRefused(f"PostgreSQL 18 or newer is needed; this is {version // 10000}.")
        for name in _DURABILITY:
            row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            if row == ("off",):
                raise DatabaseRefused(f"PostgreSQL runs with {name} off, and could lose what was saved: turn it on.")
        _check_app_role(connection)
        _check_schema(connection)


def check_schema(url: str) -> None:
    """Refuse a database whose schema is older than this program.

    Raises:
        DatabaseRefused: It is, or it has none.
    """
    with _connect(url) as connection:
        _check_schema(connection)


def check_keys(app_url: str, ring: KeyRing) -> None:
    """Refuse a key ring that does not fit the database.

    Raises:
        SealingError: The sentence says which key is wrong.
    """
    with plain_engine(app_url).begin() as connection:
        require_fitting_ring(connection, ring)


def _check_schema(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    try:
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        revision = None
    if revision is None or str(revision[0]) < latest_revision():
        raise DatabaseRefused("The database's schema is older than this program: run `firstfix migrate`.")


class _AppRole(Struct, frozen=True):
    """What row-level security would not bind."""

    name: str
    is_superuser: bool
    bypasses: bool
    is_owner: bool
    is_migrated: bool


_APP_ROLE = """
SELECT current_user AS name,
       EXISTS (SELECT FROM pg_roles r WHERE r.rolsuper AND pg_has_role(r.oid, 'MEMBER')) AS is_superuser,
       EXISTS (SELECT FROM pg_roles r WHERE r.rolbypassrls AND pg_has_role(r.oid, 'MEMBER')) AS bypasses,
       EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
               AND pg_has_role(c.relowner, 'MEMBER')) AS is_owner,
       to_regclass('public.alembic_version') IS NOT NULL AS is_migrated
"""


def _check_app_role(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    (role,) = connection.cursor(row_factory=class_row(_AppRole)).execute(_APP_ROLE)
    if not role.is_migrated:
        raise DatabaseRefused("The database has no schema yet: run `firstfix migrate` with the owner's URL.")
    for wrong, reason in (
        (role.is_superuser, "is a superuser or may become one"),
        (role.bypasses, "bypasses row-level security or may become a role that does"),
        (role.is_owner, "owns tables or may become their owner"),
    ):
        if wrong:
            raise DatabaseRefused(
                f"The app's role {role.name} {reason}, so organisations would not be kept apart: give"
                " FIRSTFIX_DATABASE_URL a role of its own, as docs/operating.md describes."
            )


def _settle_app_role(url: str) -> str:
    """Set the app role's time-outs, which a role may do for itself, and return its name."""
    with _connect(url) as connection:
        for name, value in APP_ROLE_SETTINGS.items():
            if connection.execute("SELECT current_setting(%s)", (name,)).fetchone() != (value,):
                change = sql.SQL("ALTER ROLE CURRENT_USER SET {} = {}")
                connection.execute(change.format(sql.Identifier(name), sql.Literal(value)))
        return connection.info.user


def _connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    try:
        return psycopg.connect(url, connect_timeout=CONNECT_SECONDS, autocommit=True)
    except psycopg.OperationalError as error:
        raise DatabaseRefused(f"The database cannot be reached: {_first_line(error)}") from error


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0]
