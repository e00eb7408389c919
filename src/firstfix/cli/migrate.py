"""`firstfix migrate`: the schema, brought up to date."""

from firstfix.adapters import bootstrap
from firstfix.cli.databases import any_database
from firstfix.cli.options import DataFolder
from firstfix.cli.output import say
from firstfix.migrations import latest_revision
from firstfix.settings import load_settings


def migrate(*, data: DataFolder = None) -> None:
    """Bring the schema up to date, as the role that owns it. Two at once are safe; servers may run meanwhile."""
    with any_database(load_settings(data=data)) as urls:
        bootstrap.migrate(urls)
        bootstrap.check_database(urls.app)
    say(f"The database is up to date (revision {latest_revision()}).")
