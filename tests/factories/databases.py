"""A real PostgreSQL for each test worker, with a migrated template that databases are copied from."""

from pathlib import Path

import psycopg
from sqlalchemy import create_engine

from firstfix.adapters.embedded_postgres import EmbeddedAddress, EmbeddedPostgres
from firstfix.migrations import run_migrations

OWNER = "firstfix_owner"
APP = "firstfix_app"
_ROLES = f"""
CREATE ROLE {OWNER} LOGIN;
CREATE ROLE {APP} LOGIN;
ALTER ROLE {APP} SET statement_timeout = '5s';
ALTER ROLE {APP} SET lock_timeout = '2s';
ALTER ROLE {APP} SET idle_in_transaction_session_timeout = '15s';
"""


class TestDatabases:
    """The databases of one test worker."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._postgres = EmbeddedPostgres(folder)
        self.address: EmbeddedAddress = self._postgres.start()
        self._execute(_ROLES)
        self._execute(f"CREATE DATABASE template_firstfix OWNER {OWNER}")
        engine = create_engine(self.sqlalchemy_url(OWNER, "template_firstfix"))
        with engine.begin() as connection:
            run_migrations(connection, app_role=APP)
        engine.dispose()

    def create(self, name: str) -> None:
        """Copy the template."""
        self._execute(f"CREATE DATABASE {name} TEMPLATE template_firstfix OWNER {OWNER}")

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected."""
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, role: str, database: str) -> str:
        """The address for psycopg and for settings."""
        return self.address.url(role, database)

    def sqlalchemy_url(self, role: str, database: str) -> str:
        """The address for SQLAlchemy."""
        return self.address.url(role, database).replace("postgresql:", "postgresql+psycopg:", 1)

    def close(self) -> None:
        """Stop the server."""
        self._postgres.stop()

    def _execute(self, statements: str) -> None:
        with psycopg.connect(self.address.url("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(statements)
