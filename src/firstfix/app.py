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


def create_app() -> Litestar:
    """Make the app from the environment: what each web process runs."""
    return build_app(load_settings())


def build_app(settings: Settings) -> Litestar:
    """Make the app.

    Raises:
        SettingsError: A setting is missing.
        SealingError: The key ring cannot be used.
    """
    assert settings.database_url
    database = Database(
        settings.database_url,
        keys=load_key_ring(settings.keys),
        limits=Limits(transactions=settings.transaction_connections, reads=settings.read_connections),
    )
    origin = Origin(
        public_url=settings.public_url,
        trusted_proxies=tuple(filter(None, settings.trusted_proxies.split(","))),
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
