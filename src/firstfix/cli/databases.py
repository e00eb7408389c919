"""The database that a command works on, whether a server runs or not."""

from collections.abc import Iterator
from contextlib import contextmanager

from firstfix.adapters.bootstrap import DatabaseUrls, prepare_embedded, urls_of
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
    """Use the database of a running server, or else keep it running for the duration."""
    if settings.database_url is None and (address := find_running(settings.data)) is not None:
        yield urls_of(address)
        return
    with serving_database(settings) as urls:
        yield urls
