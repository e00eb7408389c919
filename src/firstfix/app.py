"""The composition root: the only place that wires parts together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.config.app import AppConfig  # noqa: F401 (re-exported for tests)

from firstfix.adapters.database import Database, Limits
from firstfix.api.field import service as _field_service  # noqa: F401 (registers its operations)
from firstfix.api.field.edge import FieldEdge
from firstfix.api.field.operations import FIELD
from firstfix.api.services import Origin, Services
from firstfix.api.serving import routes_of
from firstfix.kit.sealing import load_key_ring
from firstfix.settings import Settings, load_settings
from firstfix.worker.run import SESSION_SETTINGS, make_queue, run_worker


def create_app() -> Litestar:
    """Make the app from the environment: what each web process runs."""
    return build_app(load_settings())


async def work_in_background(settings: Settings) -> None:
    """Run the background worker: what its process runs.

    Raises:
        SettingsError: A setting is missing.
        SealingError: The key ring cannot be used.
    """
    database = Database(settings.app_url, keys=load_key_ring(settings.keys), session_settings=SESSION_SETTINGS)
    try:
        await run_worker(make_queue(settings.app_url, database), database)
    finally:
        await database.close()


def build_app(settings: Settings) -> Litestar:
    """Make the app.

    Raises:
        SettingsError: A setting is missing.
        SealingError: The key ring cannot be used.
    """
    database = Database(
        settings.app_url,
        keys=load_key_ring(settings.keys),
        limits=Limits(transactions=settings.transaction_connections, reads=settings.read_connections),
    )
    origin = Origin(
        public_url=settings.public_url,
        trusted_proxies=settings.proxies,
        require_https=settings.require_https,
    )
    services = Services(database=database, origin=origin)

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        await database.open()
        try:
            yield
        finally:
            await database.close()

    return Litestar(
        route_handlers=[*routes_of(FieldEdge(services), FIELD)],
        lifespan=[lifespan],
        openapi_config=None,
    )
