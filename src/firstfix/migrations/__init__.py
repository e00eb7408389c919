"""The schema and its history. `run_migrations` brings a database up to date, as its owner."""

import re
from importlib import resources

from sqlalchemy import Connection

from firstfix.kit.faults import Fault
from firstfix.kit.tables import CURRENT_ORGANISATION

_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class MigrationRefused(Fault):
    """The schema cannot be brought to this program's."""


def run_migrations(connection: Connection, *, app_role: str, revision: str = "head") -> None:
    """Bring the schema up to date, in the connection's transaction.

    Args:
        connection: A connection of the role that owns the schema.
        app_role: The role that web and worker log in as; it is granted what it needs.
        revision: Where to stop; tests use it.

    Raises:
        MigrationRefused: The schema is newer than this program, or the role has an odd name.
    """
    from alembic import command  # noqa: PLC0415 (takes a second and 20 MB, which only a migration needs)
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    if not _ROLE.fullmatch(app_role):
        raise MigrationRefused(f"{app_role!r} is not a plain role name (lower-case letters, digits, underscore).")
    config = Config()
    config.set_main_option("script_location", "firstfix:migrations")
    config.attributes["connection"] = connection
    config.attributes["app_role"] = app_role
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise MigrationRefused("The database was migrated by a newer Firstfix: install that version.") from error


def latest_revision() -> str:
    """Tell the revision that this program's schema has; revisions are numbered, and sort as text."""
    names = (entry.name for entry in resources.files(__name__).joinpath("versions").iterdir())
    return max(name.partition("_")[0] for name in names if name[:1].isdecimal())


def read_sql(name: str, *, app_role: str) -> str:
    """Read a script of `migrations/sql` with the role and the organisation's expression filled in."""
    script = resources.files(__name__).joinpath("sql", name).read_text()
    return script.replace("{app_role}", app_role).replace("{current_organisation}", CURRENT_ORGANISATION)
