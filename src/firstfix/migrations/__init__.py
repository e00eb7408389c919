"""The schema and its history. `run_migrations` brings a database up to date, as its owner."""

import re
from importlib import resources

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from firstfix.kit.tables import CURRENT_ORGANISATION

_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def run_migrations(connection: Connection, *, app_role: str, revision: str = "head") -> None:
    """Bring the schema up to date, in the connection's transaction.

    Args:
        connection: A connection of the role that owns the schema.
        app_role: The role that web and worker log in as; it is granted what it needs.
        revision: Where to stop; tests use it.
    """
    if not _ROLE.fullmatch(app_role):
        message = f"{app_role!r} is not a plain role name (lower-case letters, digits, underscore)."
        raise ValueError(message)
    config = Config()
    config.set_main_option("script_location", "firstfix:migrations")
    config.attributes["connection"] = connection
    config.attributes["app_role"] = app_role
    command.upgrade(config, revision)


def latest_revision() -> str:
    """Tell the revision that this program's schema has; revisions are numbered, and sort as text."""
    names = (entry.name for entry in resources.files(__name__).joinpath("versions").iterdir())
    return max(name.partition("_")[0] for name in names if name[:1].isdecimal())


def read_sql(name: str, *, app_role: str) -> str:
    """Read a script of `migrations/sql` with the role and the organisation's expression filled in."""
    script = resources.files(__name__).joinpath("sql", name).read_text()
    return script.replace("{app_role}", app_role).replace("{current_organisation}", CURRENT_ORGANISATION)
