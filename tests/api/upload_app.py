"""A small application made of the parts that uploads and downloads have, for tests over real HTTP.

A file belongs to a thing, which is nothing but a word: `absent` is not there, `shut` takes no files once they have
come, `slow` takes its time before it commits.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.types import ASGIApp
from sqlalchemy import select

from firstfix.adapters.database import Database
from firstfix.adapters.screening.inspector import ChildInspector
from firstfix.adapters.storage import make_storage
from firstfix.api.downloads import answer_with_file
from firstfix.api.exchange import Answer, Exchange
from firstfix.api.field.edge import FieldEdge
from firstfix.api.front import Front
from firstfix.api.operations import SIGNED_IN, OperationTable
from firstfix.api.routing_errors import error_handlers
from firstfix.api.services import Origin, Services
from firstfix.api.serving import routes_of
from firstfix.domain import tables as _tables  # noqa: F401 (what files refer to)
from firstfix.domain.access.rate_limits import RateLimiter
from firstfix.domain.errors import Conflict, NotFound
from firstfix.domain.files.commands import add_files
from firstfix.domain.files.models import File
from firstfix.domain.files.queries import content_of, view_of
from firstfix.domain.files.views import FileView, GivenFile
from firstfix.domain.work import Work
from firstfix.kit.ids import find_uuid
from firstfix.kit.key_file import KeyFile
from firstfix.settings import load_settings

TABLE = OperationTable("field")


class ThingNotFound(NotFound):
    code = "things.not_found"


class ThingShut(Conflict):
    code = "things.shut"


async def check_thing(_: Work, *, thing: str) -> None:
    if thing == "absent":
        raise ThingNotFound("There is no such thing.")


@TABLE.operation(
    "POST", "/things/{thing:str}/files", key=SIGNED_IN, operation_id="uploadFiles", status=201, check=check_thing
)
async def upload_files(work: Work, thing: str, files: list[GivenFile]) -> list[FileView]:
    """Take files."""
    added = await add_files(work, files, purpose="attachment")
    if thing == "shut":
        raise ThingShut("It is shut.")
    if thing == "broken":
        raise RuntimeError("It is broken.")
    if thing == "slow":
        await asyncio.sleep(60)
    return [view_of(file) for file in added]


@TABLE.operation("GET", "/files/{file_uuid:str}", key=SIGNED_IN, operation_id="downloadFile")
async def download_file(work: Work, exchange: Exchange, file_uuid: str) -> Answer:
    """Send a file."""
    file = await work.session.scalar(select(File).where(File.uuid == find_uuid(file_uuid), File.archived_at.is_(None)))
    if file is None:
        raise ThingNotFound("There is no such file.")
    return answer_with_file(exchange, content_of(file))


def create_app() -> ASGIApp:
    """Make it from the environment, as the server does with the real one."""
    settings = load_settings()
    database = Database(settings.app_url, keys=KeyFile(settings.keys))
    origin = Origin()
    edge = FieldEdge(
        Services(
            database=database,
            storage=make_storage(settings, database),
            inspector=ChildInspector(),
            origin=origin,
            limiter=RateLimiter(database),
        )
    )

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        await database.open()
        try:
            yield
        finally:
            await database.close()

    framework = Litestar(
        route_handlers=[*routes_of(edge, TABLE)],
        exception_handlers=error_handlers([("/", edge)]),
        lifespan=[lifespan],
        logging_config=None,
        openapi_config=None,
        request_max_body_size=None,
    )
    return Front(framework, mounts={}, origin=origin)
