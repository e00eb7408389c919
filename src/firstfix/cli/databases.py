"""The database that a command works on, whether a server runs or not."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import OperationalError

from firstfix.adapters.bootstrap import DatabaseRefused, DatabaseUrls, check_schema, prepare_embedded, urls_of
from firstfix.adapters.embedded_postgres import EmbeddedPostgres, find_running
from firstfix.settings import Settings


@contextmanager
def serving_database(settings: Settings) -> Iterator[DatabaseUrls]:
    """Keep the database running for a server: the embedded one, unless another is set."""
    if settings.database_url is not None:
        yield DatabaseUrls(app=settings.database_url, owner=settings.owner_database_url)
        return
    postgres = EmbeddedPostgres(settings.data)
    address = postgres.start()
    try:
        yield prepare_embedded(address)
    finally:
        postgres.stop()


@contextmanager
def any_database(settings: Settings) -> Iterator[DatabaseUrls]:
    """Use the database of a running server, or else keep it running for the duration.

    Raises:
        DatabaseRefused: The database went away meanwhile.
    """
    running = find_running(settings.data) if settings.database_url is None else None
    try:
        if running is not None:
            yield urls_of(running)
        else:
            with serving_database(settings) as urls:
                yield urls
    except (psycopg.OperationalError, OperationalError) as error:
        cause = error.orig if isinstance(error, OperationalError) else error
        raise DatabaseRefused(f"The database gave up: {str(cause).strip().partition(chr(10))[0]}") from error


@contextmanager
def migrated_database(settings: Settings) -> Iterator[DatabaseUrls]:
    """Use any database, where its tables are those that this program asks.

    Raises:
        DatabaseRefused: Its schema is older, or it has none yet.
    """
    with any_database(settings) as urls:
        check_schema(urls.owner or urls.app)
        yield urls
