"""The OpenAPI document at `/openapi.json`, and a page that shows it at `/docs/`, with nothing from elsewhere."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from litestar import Response
from litestar.handlers import HTTPRouteHandler

DOCS_PREFIX = "/docs/"
DOCS_FOLDER = Path(__file__).with_name("docs_page")


def document_route(write: Callable[[], bytes]) -> HTTPRouteHandler:
    """Make the route that serves the document.

    Args:
        write: Writes it, which takes most of a second: once, in a thread, and not before somebody asks for it.
    """
    writing: asyncio.Task[bytes] | None = None

    async def get_document() -> Response[bytes]:
        nonlocal writing
        writing = writing or asyncio.create_task(asyncio.to_thread(write))
        document = await asyncio.shield(writing)  # others may wait for it when this caller has gone
        return Response(document, media_type="application/json", headers={"Cache-Control": "no-cache"})

    return HTTPRouteHandler("/openapi.json", http_method=["GET"], include_in_schema=False)(get_document)
