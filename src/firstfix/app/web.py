"""What each web process runs."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

import psycopg
from litestar import Litestar
from litestar.types import ASGIApp

from firstfix.adapters.database import Database, Limits, PoolExhausted
from firstfix.adapters.lifeline import end_with_parent
from firstfix.adapters.logs import set_up_logging
from firstfix.adapters.own_hosts import find_own_hosts
from firstfix.adapters.readiness import find_fault
from firstfix.adapters.screening.inspector import ChildInspector
from firstfix.adapters.storage import make_storage
from firstfix.api import openapi
from firstfix.api.docs import DOCS_FOLDER, DOCS_PREFIX, document_route
from firstfix.api.edge import Edge
from firstfix.api.field import asset_attachments as _field_asset_attachments  # noqa: F401 (registers its operations)
from firstfix.api.field import assets as _field_assets  # noqa: F401 (registers its operations)
from firstfix.api.field import changes as _field_changes  # noqa: F401 (registers its operations)
from firstfix.api.field import contacts as _field_contacts  # noqa: F401 (registers its operations)
from firstfix.api.field import custom_fields as _field_custom_fields  # noqa: F401 (registers its operations)
from firstfix.api.field import customers as _field_customers  # noqa: F401 (registers its operations)
from firstfix.api.field import invoices as _field_invoices  # noqa: F401 (registers its operations)
from firstfix.api.field import job_tasks as _field_job_tasks  # noqa: F401 (registers its operations)
from firstfix.api.field import job_types as _field_job_types  # noqa: F401 (registers its operations)
from firstfix.api.field import jobs as _field_jobs  # noqa: F401 (registers its operations)
from firstfix.api.field import locations as _field_locations  # noqa: F401 (registers its operations)
from firstfix.api.field import office as _field_office  # noqa: F401 (registers its operations)
from firstfix.api.field import price_book as _field_price_book  # noqa: F401 (registers its operations)
from firstfix.api.field import rates as _field_rates  # noqa: F401 (registers its operations)
from firstfix.api.field import service as _field_service  # noqa: F401 (registers its operations)
from firstfix.api.field import signatures as _field_signatures  # noqa: F401 (registers its operations)
from firstfix.api.field import task_attachments as _field_task_attachments  # noqa: F401 (registers its operations)
from firstfix.api.field import users as _field_users  # noqa: F401 (registers its operations)
from firstfix.api.field.edge import FieldEdge
from firstfix.api.field.operations import FIELD
from firstfix.api.front import Front
from firstfix.api.health import health_routes
from firstfix.api.manage import amendments as _manage_amendments  # noqa: F401
from firstfix.api.manage import auth as _manage_auth  # noqa: F401
from firstfix.api.manage import branches as _manage_branches  # noqa: F401
from firstfix.api.manage import calendar as _manage_calendar  # noqa: F401
from firstfix.api.manage import case_notes as _manage_case_notes  # noqa: F401
from firstfix.api.manage import dashboard as _manage_dashboard  # noqa: F401
from firstfix.api.manage import documents as _manage_documents  # noqa: F401
from firstfix.api.manage import gates as _manage_gates  # noqa: F401
from firstfix.api.manage import job_history as _manage_job_history  # noqa: F401
from firstfix.api.manage import job_list as _manage_job_list  # noqa: F401
from firstfix.api.manage import job_reads as _manage_job_reads  # noqa: F401
from firstfix.api.manage import job_writes as _manage_job_writes  # noqa: F401
from firstfix.api.manage import lookups as _manage_lookups  # noqa: F401
from firstfix.api.manage import people as _manage_people  # noqa: F401
from firstfix.api.manage import photos as _manage_photos  # noqa: F401
from firstfix.api.manage import pins as _manage_pins  # noqa: F401
from firstfix.api.manage import recalls as _manage_recalls  # noqa: F401
from firstfix.api.manage import remedials as _manage_remedials  # noqa: F401
from firstfix.api.manage import sla as _manage_sla  # noqa: F401
from firstfix.api.manage import tenants as _manage_tenants  # noqa: F401
from firstfix.api.manage import video_variants as _manage_video_variants  # noqa: F401
from firstfix.api.manage.edge import ManageEdge
from firstfix.api.manage.operations import MANAGE
from firstfix.api.metrics import gauge_connections, gauge_overdue
from firstfix.api.operations import Operation, OperationTable
from firstfix.api.routing_errors import error_handlers
from firstfix.api.services import MailSetUp, Origin, Services
from firstfix.api.serving import routes_of
from firstfix.api.static import StaticApp
from firstfix.api.web import activity as _web_activity  # noqa: F401
from firstfix.api.web import dashboard as _web_dashboard  # noqa: F401
from firstfix.api.web import dispatching as _web_dispatching  # noqa: F401
from firstfix.api.web import films as _web_films  # noqa: F401
from firstfix.api.web import job_detail as _web_job_detail  # noqa: F401
from firstfix.api.web import job_history as _web_job_history  # noqa: F401
from firstfix.api.web import job_lists as _web_job_lists  # noqa: F401
from firstfix.api.web import job_notes as _web_job_notes  # noqa: F401
from firstfix.api.web import lookups as _web_lookups  # noqa: F401
from firstfix.api.web import mail as _web_mail  # noqa: F401
from firstfix.api.web import me as _web_me  # noqa: F401
from firstfix.api.web import permissions as _web_permissions  # noqa: F401
from firstfix.api.web import pins as _web_pins  # noqa: F401
from firstfix.api.web import quarantine as _web_quarantine  # noqa: F401
from firstfix.api.web import scheduling as _web_scheduling  # noqa: F401
from firstfix.api.web import session as _web_session  # noqa: F401
from firstfix.api.web import set_up as _web_set_up  # noqa: F401
from firstfix.api.web import settings_choices as _web_settings_choices  # noqa: F401
from firstfix.api.web import settings_limits as _web_settings_limits  # noqa: F401
from firstfix.api.web import settings_office as _web_settings_office  # noqa: F401
from firstfix.api.web import settings_people as _web_settings_people  # noqa: F401
from firstfix.api.web import settings_sla as _web_settings_sla  # noqa: F401
from firstfix.api.web.edge import WebEdge
from firstfix.api.web.operations import WEB
from firstfix.app.builds import OFFICE_APP
from firstfix.domain.access.rate_limits import EVERYTHING, RateLimiter
from firstfix.domain.files.sweeping import GRACE
from firstfix.kit.key_file import KeyFile
from firstfix.settings import PREFIX, Settings, SettingsError, load_settings

APIS: tuple[tuple[str, type[Edge], OperationTable], ...] = (
    ("/api/", ManageEdge, MANAGE),
    ("/web/", WebEdge, WEB),
    ("/", FieldEdge, FIELD),  # last: everything else is its
)
_GAUGE_EVERY_SECONDS = 5
_KEEP_REFUSALS_EVERY_SECONDS = 1
_REFRESH_EVERY_SECONDS = 2


def create_app() -> ASGIApp:
    """Make the app from the environment."""
    end_with_parent()
    set_up_logging()
    return build_app(load_settings())


def build_app(settings: Settings) -> ASGIApp:
    """Make the app.

    Raises:
        SettingsError: A setting is missing.
        SealingError: The key ring cannot be used.
    """
    database = Database(
        settings.app_url,
        keys=KeyFile(settings.keys),
        limits=Limits(transactions=settings.transaction_connections, reads=settings.read_connections),
        mail_domain=settings.mail_domain,
    )
    origin = Origin(
        public_url=settings.public_url,
        own_hosts=find_own_hosts(settings.host),
        listens_on=settings.address.partition("://")[2],
        trusted_proxies=settings.proxies,
        require_https=settings.require_https,
    )
    storage = make_storage(settings, database)
    operations = tuple(operation for _, _, table in APIS for operation in table)
    limiter = RateLimiter(database, address_limits=_address_limits(settings, operations))
    mail = MailSetUp(
        is_configured=settings.smtp_url is not None, mail_from=settings.mail_from, reply_domain=settings.reply_domain
    )
    services = Services(
        mail=mail,
        database=database,
        storage=storage,
        inspector=ChildInspector(),
        origin=origin,
        limiter=limiter,
        operations=operations,
    )
    edges = [(prefix, edge(services), table) for prefix, edge, table in APIS]

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        await database.open()
        await storage.drop_stale_drafts(older_than=GRACE)  # on a machine without worker nobody else does
        beside = [
            asyncio.create_task(_gauge_for_ever(database)),
            asyncio.create_task(_keep_refusals_for_ever(services)),
            asyncio.create_task(_refresh_for_ever(limiter)),
        ]
        try:
            yield
        finally:
            for task in beside:
                task.cancel()
            with suppress(psycopg.Error, *PoolExhausted):
                await services.refusals.keep(database, everything=True)
            await database.close()

    async def fault() -> str | None:
        return await find_fault(database)

    framework = Litestar(
        route_handlers=[
            *(route for _, edge, table in edges for route in routes_of(edge, table)),
            *health_routes(fault),
            document_route(openapi_document),
        ],
        exception_handlers=error_handlers([(prefix, edge) for prefix, edge, _ in edges]),
        lifespan=[lifespan],
        logging_config=None,
        openapi_config=None,
        request_max_body_size=None,  # the edges count for themselves: uploads may be larger than the rest
    )
    return Front(
        framework,
        mounts={
            "/app/": StaticApp("/app/", OFFICE_APP),
            DOCS_PREFIX: StaticApp(DOCS_PREFIX, DOCS_FOLDER),
        },
        origin=origin,
        log_requests=settings.log_requests,
    )


def openapi_document() -> bytes:
    """Describe all APIs, as JSON. Needs neither settings nor a database."""
    return openapi.openapi_document(table for _, _, table in APIS)


def _address_limits(settings: Settings, operations: Iterable[Operation]) -> dict[str, int]:
    limits = settings.limits_of_addresses
    unknown = limits.keys() - {operation.name for operation in operations}
    if unknown:
        raise SettingsError(f"{PREFIX}ADDRESS_LIMITS cannot be used: there is no operation {min(unknown)}.")
    return {EVERYTHING: settings.address_requests, **limits}


async def _refresh_for_ever(limiter: RateLimiter) -> None:
    while True:
        with suppress(psycopg.Error, *PoolExhausted):  # until then what was read last goes on
            await limiter.refresh()
        await asyncio.sleep(_REFRESH_EVERY_SECONDS)


async def _gauge_for_ever(database: Database) -> None:
    while True:
        for pool, (used, idle) in database.usage().items():
            gauge_connections(pool, used=used, idle=idle)
        with suppress(psycopg.Error, *PoolExhausted):  # told again as soon as the database answers
            gauge_overdue(await database.longest_overdue_seconds())
        await asyncio.sleep(_GAUGE_EVERY_SECONDS)


async def _keep_refusals_for_ever(services: Services) -> None:
    while True:
        await asyncio.sleep(_KEEP_REFUSALS_EVERY_SECONDS)
        with suppress(psycopg.Error, *PoolExhausted):  # they stay for the next time
            await services.refusals.keep(services.database)
